// A pad of 32×32 pixels, and what the network sees in it after every stroke. `npx vite examples/vite`; then edit glyphs.rn while the page runs.
import { glyphs } from "../glyphs.rn";
import weightsUrl from "../glyphs.safetensors?url";

/** The ten figures, in the order of the network's classes, as paths in a square of 24. */
const ring = "M21 12a9 9 0 1 1-18 0a9 9 0 1 1 18 0z";
const figures = {
  ring,
  gap: "M20.2 8.5A9 9 0 1 0 20.2 15.5",
  bar: `${ring}M12 3v18`,
  nested: `${ring}M16 12a4 4 0 1 1-8 0a4 4 0 1 1 8 0z`,
  eight: "M12 12a4.5 4.5 0 1 1-9 0a4.5 4.5 0 1 1 9 0zM21 12a4.5 4.5 0 1 1-9 0a4.5 4.5 0 1 1 9 0z",
  spiral: "M21 10.5a9 9 0 0 1-9 9a7.7 7.7 0 0 1-7.7-7.7a6.6 6.6 0 0 1 6.6-6.6a5.4 5.4 0 0 1 5.4 5.4a4.2 4.2 0 0 1-4.2 4.2a3 3 0 0 1-3-3",
  triangle: "M21 12L7.5 19.8V4.2z",
  square: "M18.4 18.4H5.6V5.6h12.8z",
  cross: "M3 12h18M12 3v18",
  zigzag: "M4 17l4-10l4 10l4-10l4 10",
};
const paper = "rgb(196, 199, 190)";
const ink = "rgb(78, 84, 102)";

const weights = await (await fetch(weightsUrl)).arrayBuffer();
const net = await glyphs.create({ weights });
const { parameters, macs, normalisation } = glyphs.info;

const element = (id) => document.getElementById(id);
const pad = element("pad");
const context = pad.getContext("2d", { willReadFrequently: true });
const rows = Object.entries(figures).map(([name, path]) => {
  const row = document.createElement("li");
  row.innerHTML = `<button><svg viewBox="0 0 24 24"><path d="${path}"/></svg>${name}</button><i></i>`;
  row.firstChild.addEventListener("click", () => show(path));
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

const pen = { strokeStyle: ink, lineWidth: 2.6, lineCap: "round", lineJoin: "round" };

function line(from, to) {
  Object.assign(context, pen);
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

function show(path) {
  clear();
  context.save();
  context.scale(32 / 24, 32 / 24);
  Object.assign(context, pen, { lineWidth: (2.6 * 24) / 32 });
  context.stroke(new Path2D(path));
  context.restore();
  return look();
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

await show(figures.spiral);
