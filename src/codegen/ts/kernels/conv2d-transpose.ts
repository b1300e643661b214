// conv2d_transpose: for a few input pixels at a time, the matrix product of the weights (as [outputs · kernel, inputs]) with the pixels,
// added into planes of the result at the places the kernel reaches; a block of output channels at a time, so that its planes fit.
import type { conv2dTranspose } from "../../../ops/core/conv2d-transpose.ts";
import { lines, times } from "../../code.ts";
import { imageEpilogue } from "../epilogue.ts";
import { batchOf, index, kernelFunction, type CoreNode, type Kernel, type SchemaOf } from "../kernel.ts";
import { multiply, tileWidth } from "../routines/multiply.ts";
import { fixed, inPlaceOperands } from "../../operands.ts";

type Node = CoreNode<SchemaOf<typeof conv2dTranspose>>;

const PLANES = 262_144; // elements of result planes to have at hand: 2 MiB

function geometry(node: Node) {
  const [, channels, height, width] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
  const [, outputs, kh, kw] = node.inputs[1]!.type.shape as readonly [unknown, number, number, number];
  const [, allOutputs, rows, columns] = node.type.shape as readonly [unknown, number, number, number];
  const inputs = channels / node.attrs.groups;
  const pixels = height * width;
  const tile = tileWidth(pixels);
  const most = Math.max(1, Math.min(outputs, Math.floor(PLANES / (rows * columns))));
  const block = Math.ceil(outputs / Math.ceil(outputs / most)); // output channels together
  const sums = inputs * tile;
  const planes = sums + block * kh * kw * tile;
  return { channels, width, inputs, outputs, allOutputs, kh, kw, taps: kh * kw, rows, columns, pixels, tile, block, sums, planes, total: planes + block * rows * columns };
}

export const conv2dTransposeKernel: Kernel<SchemaOf<typeof conv2dTranspose>> = {
  select: (node) => {
    const g = geometry(node);
    return { label: `upconv${g.kh}x${g.kw}_${g.channels}_${g.allOutputs}`, packs: [], scratch: fixed(geometry(node).total), inPlace: inPlaceOperands(node, 2) };
  },
  emit: (node, to) => {
    const { channels, width, inputs, outputs, allOutputs, kh, kw, taps, rows, columns, pixels, tile, block, sums, planes } = geometry(node);
    const { groups, stride, dilation, pad } = node.attrs;
    const plane = rows * columns;
    const epilogue = imageEpilogue(node, 2, to);
    const code = epilogue.value("s[q + p]", "p");
    const product = multiply(to, tile, inputs, { element: to.inputs[1]!, stride: outputs * taps });
    const body = lines(
      `for (let b = 0; b < ${batchOf(node)}; b++) {`,
      `for (let g = 0; g < ${groups}; g++) {`,
      `for (let first = 0; first < ${outputs}; first += ${block}) {`,
      `const many = Math.min(${block}, ${outputs} - first);`,
      `s.fill(0, so + ${planes}, so + ${planes} + many * ${plane});`,
      `for (let p = 0; p < ${pixels}; p += ${tile}) {`,
      times(tile, (j) => `const p${j} = xo + (b * ${channels} + g * ${inputs}) * ${pixels} + ${j === 0 ? "p" : `Math.min(p + ${j}, ${pixels - 1})`};`),
      `for (let i = 0; i < ${inputs}; i++) {`,
      times(tile, (j) => `s[so + i * ${tile} + ${j}] = x[p${j} + i * ${pixels}];`),
      `}`,
      `s.fill(0, so + ${sums}, so + ${planes});`,
      `${product}(many * ${taps}, ${inputs}, w, wo + (g * ${inputs * outputs} + first) * ${taps}, 1, s, so, s, so + ${sums});`,
      `const count = Math.min(${tile}, ${pixels} - p);`,
      `for (let j = 0; j < count; j++) {`,
      `const top = ((p + j) / ${width} | 0) * ${stride[0]} - ${pad[0]};`,
      `const left = ((p + j) % ${width}) * ${stride[1]} - ${pad[1]};`,
      `for (let o = 0; o < many; o++) {`,
      `for (let u = 0; u < ${kh}; u++) {`,
      `const r = top + u * ${dilation[0]};`,
      `if (r < 0 || r >= ${rows}) continue;`,
      `for (let t = 0; t < ${kw}; t++) {`,
      `const q = left + t * ${dilation[1]};`,
      `if (q >= 0 && q < ${columns}) s[so + ${planes} + o * ${plane} + r * ${columns} + q] += s[so + ${sums} + (o * ${taps} + u * ${kw} + t) * ${tile} + j];`,
      `}`,
      `}`,
      `}`,
      `}`,
      `}`,
      `for (let o = 0; o < many; o++) {`,
      `const q = ${index(`so + ${planes} + o * ${plane}`)};`,
      epilogue.channel("b", `g * ${outputs} + first + o`),
      `const r = ${index(`yo + (b * ${allOutputs} + g * ${outputs} + first + o) * ${plane}`)};`,
      `for (let p = 0; p < ${plane}; p++) {`,
      code.statements,
      `y[r + p] = ${code.value};`,
      `}`,
      `}`,
      `}`,
      `}`,
      `}`,
    );
    return kernelFunction(node, to, ["x", "w", ...epilogue.names], body);
  },
};
