// Convolution where a group makes few outputs (depthwise): nothing to share between outputs, so the sum is taken as it stands, four
// neighbouring pixels at a time, from a padded copy of the group's channels.
import { lines, product, sum, times } from "../../code.ts";
import { imageEpilogue } from "../epilogue.ts";
import { batchOf, index, kernelFunction, type Choice, type Emission } from "../kernel.ts";
import { convLabel, convolution, reach, type Convolution, type ConvNode } from "../../convolution.ts";
import { copyPadded } from "./copy-padded.ts";
import { fixed, inPlaceOperands } from "../../operands.ts";

const ACROSS = 4;
const LONGEST = 9; // kernel columns that are unrolled

interface Layout {
  readonly across: number; // pixels at a time
  readonly inputs: number; // channels of a group
  readonly outputs: number;
  readonly rows: number; // of a padded plane
  readonly columns: number;
  readonly result: number; // offset in scratch
}

function layoutOf(c: Convolution): Layout {
  const across = Math.min(ACROSS, c.columns);
  const [rows, columns] = reach(c, [c.rows, Math.ceil(c.columns / across) * across]);
  const inputs = c.inputs / c.groups;
  return { across, inputs, outputs: c.outputs / c.groups, rows, columns, result: inputs * rows * columns };
}

export function selectDirect(node: ConvNode): Choice {
  const c = convolution(node);
  const l = layoutOf(c);
  return { label: `${convLabel(c)}_direct`, packs: [], scratch: fixed(l.result + l.across), inPlace: inPlaceOperands(node, 2) };
}

export function emitDirect(node: ConvNode, to: Emission): string {
  const c = convolution(node);
  const l = layoutOf(c);
  const [kh, kw] = c.kernel;
  const epilogue = imageEpilogue(node, 2, to);
  const code = epilogue.value(`s[so + ${l.result} + j]`, `r * ${c.columns} + q`, "j");
  const pixels = times(l.across, (j) => j);
  const body = lines(
    `for (let b = 0; b < ${batchOf(node)}; b++) {`,
    `for (let g = 0; g < ${c.groups}; g++) {`,
    `for (let i = 0; i < ${l.inputs}; i++) {`,
    `${copyPadded(to, to.inputs[0]!)}(x, xo + (b * ${c.inputs} + g * ${l.inputs} + i) * ${c.height * c.width}, ${c.height}, ${c.width}, s, so + i * ${l.rows * l.columns}, ${-c.pad[0]}, ${-c.pad[1]}, ${l.rows}, ${l.columns});`,
    `}`,
    `for (let o = g * ${l.outputs}; o < (g + 1) * ${l.outputs}; o++) {`,
    epilogue.channel("b", "o"),
    `for (let r = 0; r < ${c.rows}; r++) {`,
    `for (let q = 0; q < ${c.columns}; q += ${l.across}) {`,
    `let ${pixels.map((j) => `c${j} = 0`).join(", ")};`,
    `let f = ${index(`wo + o * ${l.inputs * kh * kw}`)};`,
    `for (let i = 0; i < ${l.inputs}; i++) {`,
    `let at = ${index(`so + (i * ${l.rows} + r * ${c.stride[0]}) * ${l.columns} + q * ${c.stride[1]}`)};`,
    `for (let u = 0; u < ${kh}; u++) {`,
    `const p = ${index("at")};`,
    kw <= LONGEST
      ? unrolledRow(c, pixels)
      : lines(`for (let t = 0; t < ${kw}; t++) {`, `const w0 = w[f + t];`, pixels.map((j) => `c${j} += w0 * s[${sum("p", product("t", c.dilation[1]), j * c.stride[1])}];`), `}`),
    `f += ${kw};`,
    `at += ${c.dilation[0] * l.columns};`,
    `}`,
    `}`,
    pixels.map((j) => `s[so + ${l.result + j}] = c${j};`),
    `const count = Math.min(${l.across}, ${c.columns} - q);`,
    `for (let j = 0; j < count; j++) {`,
    code.statements,
    `y[yo + ((b * ${c.outputs} + o) * ${c.rows} + r) * ${c.columns} + q + j] = ${code.value};`,
    `}`,
    `}`,
    `}`,
    `}`,
    `}`,
    `}`,
  );
  return kernelFunction(node, to, ["x", "w", ...epilogue.names], body);
}

/** One kernel row: every input element that the pixels need is read once. */
function unrolledRow(c: Convolution, pixels: readonly number[]): string {
  const taps = times(c.kernel[1], (t) => t);
  const column = (j: number, t: number): number => j * c.stride[1] + t * c.dilation[1];
  const columns = [...new Set(pixels.flatMap((j) => taps.map((t) => column(j, t))))].sort((a, b) => a - b);
  return lines(
    `const ${columns.map((k) => `x${k} = s[${sum("p", k)}]`).join(", ")};`,
    taps.map((t) => lines(`const w${t} = w[${sum("f", t)}];`, pixels.map((j) => `c${j} += w${t} * x${column(j, t)};`).join(" "))),
  );
}
