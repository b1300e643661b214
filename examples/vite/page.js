// A pad of 32×32 pixels, and what the network sees in it after every stroke. `npx vite examples/vite`; then edit glyphs.rn while the page runs.
import { glyphs } from "../glyphs.rn";
import weightsUrl from "../glyphs.safetensors?url";

const names = ["ring", "gap", "bar", "nested", "eight", "spiral", "triangle", "square", "cross", "zigzag"];
const paper = "rgb(196, 199, 190)";
const ink = "rgb(78, 84, 102)";

const weights = await (await fetch(weightsUrl)).arrayBuffer();
const net = await glyphs.create({ weights });
const { parameters, macs, normalisation } = glyphs.info;

const element = (id) => document.getElementById(id);
const pad = element("pad");
const context = pad.getContext("2d", { willReadFrequently: true });
const rows = names.map((name) => {
  const row = document.createElement("li");
  row.append(name, document.createElement("i"));
  element("classes").append(row);
  return row;
});
element("about").textContent = `A residual network of ${parameters.toLocaleString("en")} parameters; ${(macs / 1e6).toFixed(1)} million multiply-adds a look.`;

/** The pad as the network wants it: planes of red, green and blue, normalised as in training. */
function pixels() {
  const { data } = context.getImageData(0, 0, 32, 32);
  return Float32Array.from({ length: 3 * 1024 }, (_, i) => {
    const channel = Math.floor(i / 1024);
    return (data[4 * (i % 1024) + channel] / 255 - normalisation.mean[channel]) / normalisation.std[channel];
  });
}

async function look() {
  const image = pixels();
  const start = performance.now();
  const { logits } = await net.run({ image });
  const time = performance.now() - start;
  const powers = [...logits].map((v) => Math.exp(v - Math.max(...logits)));
  const sum = powers.reduce((a, b) => a + b);
  rows.forEach((row, i) => {
    const percent = `${(100 * powers[i] / sum).toFixed(1)} %`;
    row.dataset.percent = percent;
    row.lastChild.style.setProperty("--share", percent.replace(" ", ""));
    row.classList.toggle("best", powers[i] === 1);
  });
  element("time").textContent = `${time.toFixed(1)} ms`;
}

function clear() {
  context.fillStyle = paper;
  context.fillRect(0, 0, 32, 32);
}

function line(from, to) {
  Object.assign(context, { strokeStyle: ink, lineWidth: 2.6, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

const at = ({ offsetX, offsetY }) => [32 * offsetX / pad.clientWidth, 32 * offsetY / pad.clientHeight];
let last = null;
pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId);
  line(last = at(event), last);
});
pad.addEventListener("pointermove", (event) => {
  if (!last) return;
  line(last, last = at(event));
  look();
});
pad.addEventListener("pointerup", () => {
  last = null;
  look();
});
element("clear").addEventListener("click", () => {
  clear();
  look();
});
import.meta.hot?.on("vite:afterUpdate", look); // the same net, in the changed program

clear();
const corners = [[16, 5], [27, 25], [5, 25]];
corners.forEach((corner, i) => line(corner, corners[(i + 1) % 3]));
await look();
