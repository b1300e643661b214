// conv2d_transpose: an invocation per result asks each tap which pixel of the image reaches it, if one does.
import type { conv2dTranspose } from "../../../ops/core/conv2d-transpose.ts";
import { lines } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { Shader } from "../shader.ts";
import { imageOf, position } from "./image.ts";

export const conv2dTransposeKernel: Kernel<SchemaOf<typeof conv2dTranspose>> = {
  select: (node) => {
    const [, , kh, kw] = node.inputs[1]!.type.shape;
    return { label: `upconv${kh}x${kw}_${node.inputs[0]!.type.shape[3]}_${node.type.shape[3]}`, packs: [], scratch: fixed(0), inPlace: [] };
  },
  emit: (node, to) => {
    const from = imageOf(node.inputs[0]!);
    const image = imageOf(node);
    const [, outputs, kh, kw] = node.inputs[1]!.type.shape as readonly [number, number, number, number];
    const { stride, dilation, pad, groups } = node.attrs;
    const inputs = from.channels / groups;
    const epilogue = new Epilogue(node, 2, false);
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
    return [shader.each(image.total, body), ...epilogue.rest(to)];
  },
};
