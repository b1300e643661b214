// conv2d_weight: each weight is a sum over images, and over the pixels where its tap lies inside the image: two rows side by side.
import type { conv2dWeight } from "../../../ops/core/conv2d-weight.ts";
import { lines, product, sum } from "../../code.ts";
import { batchOf, index, kernelFunction, type CoreNode, type Kernel, type SchemaOf } from "../kernel.ts";
import { fixed } from "../../operands.ts";

type WeightNode = CoreNode<SchemaOf<typeof conv2dWeight>>;

export const conv2dWeightKernel: Kernel<SchemaOf<typeof conv2dWeight>> = {
  select: (node) => ({ label: `convweight${node.attrs.kernel.join("x")}_${node.inputs[0]!.type.shape[1]}_${node.type.shape[0]}`, packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const [, channels, height, width] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
    const [, outputs, rows, columns] = node.inputs[1]!.type.shape as readonly [unknown, number, number, number];
    const { kernel: [kh, kw], stride, groups } = node.attrs;
    const perGroup = channels / groups;
    const body = lines(
      `let to = yo;`,
      `for (let o = 0; o < ${outputs}; o++) {`,
      `for (let i = 0; i < ${perGroup}; i++) {`,
      `const channel = ${sum(product(`(o / ${outputs / groups} | 0)`, perGroup), "i")};`,
      `for (let u = 0; u < ${kh}; u++) {`,
      range(node, "u", 0, "top", "bottom", height, rows),
      `for (let t = 0; t < ${kw}; t++) {`,
      range(node, "t", 1, "left", "right", width, columns),
      `let v = 0;`,
      `for (let b = 0; b < ${batchOf(node.inputs[0]!)}; b++) {`,
      `for (let r = top; r < bottom; r++) {`,
      `const p = ${index(`dyo + ((b * ${outputs} + o) * ${rows} + r) * ${columns}`)};`,
      `const q = ${index(`xo + ((b * ${channels} + channel) * ${height} + ${sum(product("r", stride[0]), "row")}) * ${width} + column + left * ${stride[1]}`)};`,
      `for (let c = left; c < right; c++) v += dy[p + c] * x[${sum("q", product("(c - left)", stride[1]))}];`,
      `}`,
      `}`,
      `y[to++] = v;`,
      `}`,
      `}`,
      `}`,
      `}`,
    );
    return kernelFunction(node, to, ["x", "dy"], body);
  },
};

/** The results whose window has the tap inside the image: [from, to), and where the tap lies beside the window's place. */
function range(node: WeightNode, tap: string, axis: 0 | 1, from: string, to: string, size: number, results: number): string {
  const { stride, pad, dilation } = node.attrs;
  const offset = axis === 0 ? "row" : "column";
  return lines(
    `const ${offset} = ${product(tap, dilation[axis])} - ${pad[axis]};`,
    `const ${from} = Math.max(0, Math.ceil(-${offset} / ${stride[axis]}));`,
    `const ${to} = Math.min(${results}, Math.floor((${size - 1} - ${offset}) / ${stride[axis]}) + 1);`,
  );
}
