// conv2d_transpose: as a product of the pixels that reach a result with the weights; in groups, an invocation per result asks each tap
// which pixel of the image reaches it, if one does.
import type { conv2dTranspose } from "../../../ops/core/conv2d-transpose.ts";
import { lines } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { packColumns, paddedColumns } from "../routines/columns.ts";
import { windowProduct } from "../routines/windows.ts";
import { Shader } from "../shader.ts";
import { imageOf, position } from "../routines/image.ts";

type Transposed = CoreNode<SchemaOf<typeof conv2dTranspose>>;

interface Sizes {
  /** Channels of the image, and of a group of results. */
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: readonly [number, number];
}

function sizesOf(node: Transposed): Sizes {
  const [inputs, outputs, kh, kw] = node.inputs[1]!.type.shape as readonly [number, number, number, number];
  return { inputs, outputs, kernel: [kh, kw] };
}

export const conv2dTransposeKernel: Kernel<SchemaOf<typeof conv2dTranspose>> = {
  select: (node) => {
    const { inputs, outputs, kernel } = sizesOf(node);
    const algorithm = node.attrs.groups === 1 ? "product" : "direct";
    const pack = { operand: 1, signature: `rows ${kernel.join()} ${inputs} ${outputs}`, label: "pack", size: kernel[0] * kernel[1] * inputs * paddedColumns(outputs) };
    return { label: `upconv${kernel.join("x")}_${inputs}_${node.type.shape[3]}`, packs: algorithm === "product" ? [pack] : [], scratch: fixed(0), inPlace: [], algorithm };
  },
  emit: (node, to) => {
    const isProduct = to.selection.algorithm === "product";
    const epilogue = new Epilogue(node, 2, isProduct && imageOf(node).channels % 4 === 0);
    const main = isProduct ? windowProduct(node, to, epilogue, { ...node.attrs, kernel: sizesOf(node).kernel }, true) : emitDirect(node, to, epilogue);
    return [main, ...epilogue.rest(to)];
  },
  pack: (node, _, to) => {
    const { inputs, outputs, kernel } = sizesOf(node);
    const taps = kernel[0] * kernel[1];
    return packColumns(to, { depth: taps * inputs, columns: outputs, inner: inputs, strides: { column: taps, outer: 1, inner: outputs * taps } });
  },
};

function emitDirect(node: Transposed, to: Emission, epilogue: Epilogue): Stage {
  const from = imageOf(node.inputs[0]!);
  const image = imageOf(node);
  const { outputs, kernel: [kh, kw] } = sizesOf(node);
  const { stride, dilation, pad, groups } = node.attrs;
  const inputs = from.channels / groups;
  const shader = new Shader(to, { x: 0, w: 1, ...epilogue.names, y: resultOf(node) });
  // Before the image the difference wraps around, to more than any pixel is away.
  const reach = (name: string, at: string, tap: string, axis: 0 | 1, count: number): readonly string[] => [
    `let ${name}_far = ${at} + ${pad[axis]} - ${tap} * ${dilation[axis]};`,
    `let ${name} = ${name}_far / ${stride[axis]};`,
    `if (${name} >= ${count}${stride[axis] === 1 ? "" : ` || ${name}_far % ${stride[axis]} != 0`}) { continue; }`,
  ];
  const body = lines(
    position(image, 1),
    `let channel = c / ${outputs} * ${inputs};`,
    `var v = 0f;`,
    `for (var u: u32 = 0; u < ${kh}; u++) {`,
    reach("h", "row", "u", 0, from.rows),
    `for (var t: u32 = 0; t < ${kw}; t++) {`,
    reach("b", "column", "t", 1, from.columns),
    `let p = ((image * ${from.rows} + h) * ${from.columns} + b) * ${from.channels} + channel;`,
    `let f = (channel * ${outputs} + c % ${outputs}) * ${kh * kw} + u * ${kw} + t;`,
    `for (var k: u32 = 0; k < ${inputs}; k++) { v += ${shader.one("x", "p + k")} * ${shader.one("w", `f + k * ${outputs * kh * kw}`)}; }`,
    `}`,
    `}`,
    epilogue.store(shader, "v", "i"),
  );
  return shader.each(image.total, body);
}
