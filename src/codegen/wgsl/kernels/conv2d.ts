// conv2d: as a matrix product of the image under its windows with the weights where they are shared by many outputs, else each result
// by itself (depthwise, grouped).
import type { conv2d } from "../../../ops/core/conv2d.ts";
import { lines } from "../../code.ts";
import { convLabel, convolution, type Convolution, type ConvNode } from "../../convolution.ts";
import { fixed } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type Choice, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { dividedBy } from "../loops.ts";
import { packColumns, paddedColumns } from "../routines/columns.ts";
import { windowProduct } from "../routines/windows.ts";
import { Shader } from "../shader.ts";
import { imageOf, position } from "../routines/image.ts";

type Algorithm = "product" | "depthwise" | "direct";

function algorithmOf(c: Convolution): Algorithm {
  if (c.groups === 1) return "product";
  return c.groups === c.inputs && c.groups === c.outputs && c.outputs % 4 === 0 ? "depthwise" : "direct";
}

function selectConvolution(node: ConvNode): Choice {
  const c = convolution(node);
  const algorithm = algorithmOf(c);
  const taps = c.kernel[0] * c.kernel[1];
  const size = algorithm === "product" ? taps * c.inputs * paddedColumns(c.outputs) : taps * c.outputs;
  const pack = { operand: 1, signature: `columns ${c.kernel.join()} ${c.inputs / c.groups} ${c.outputs}`, label: "pack", size };
  return { label: algorithm === "product" ? convLabel(c) : `${convLabel(c)}_${algorithm}`, packs: algorithm === "direct" ? [] : [pack], scratch: fixed(0), inPlace: [], algorithm };
}

export const conv2dKernel: Kernel<SchemaOf<typeof conv2d>> = {
  select: selectConvolution,
  emit: (node, to) => {
    const algorithm = to.selection.algorithm as Algorithm;
    const epilogue = new Epilogue(node, 2, algorithm !== "direct" && node.type.shape[3] as number % 4 === 0);
    return [{ product: emitProduct, depthwise: emitDepthwise, direct: emitDirect }[algorithm](node, to, epilogue), ...epilogue.rest(to)];
  },
  pack: (node, _, to) => {
    const c = convolution(node);
    const inputs = c.inputs / c.groups;
    const taps = c.kernel[0] * c.kernel[1];
    return packColumns(to, { depth: taps * inputs, columns: c.outputs, inner: inputs, strides: { column: inputs * taps, outer: 1, inner: taps } });
  },
};

function emitProduct(node: ConvNode, to: Emission, epilogue: Epilogue): Stage {
  return windowProduct(node, to, epilogue, convolution(node), false);
}

/** Four channels of a result at a time; weights as [tap, channel]. */
function emitDepthwise(node: ConvNode, to: Emission, epilogue: Epilogue): Stage {
  const c = convolution(node);
  const image = imageOf(node);
  const shader = new Shader(to, { x: 0, w: 1, ...epilogue.names, y: resultOf(node) }, ["x", "w", "y", ...epilogue.wide]);
  const across = c.outputs / 4;
  const body = lines(
    position(image, 4),
    `var v = vec4f(0f);`,
    taps(c, [
      `v += ${shader.four("x", `((image * ${c.height} + h) * ${c.width} + b) * ${across} + c`)} * ${shader.four("w", `(u * ${c.kernel[1]} + t) * ${across} + c`)};`,
    ]),
    epilogue.store(shader, "v", "i"),
  );
  return shader.each(dividedBy(image.total, 4), body);
}

function emitDirect(node: ConvNode, to: Emission, epilogue: Epilogue): Stage {
  const c = convolution(node);
  const image = imageOf(node);
  const shader = new Shader(to, { x: 0, w: 1, ...epilogue.names, y: resultOf(node) });
  const inputs = c.inputs / c.groups;
  const [kh, kw] = c.kernel;
  const body = lines(
    position(image, 1),
    `let channel = c / ${c.outputs / c.groups} * ${inputs};`,
    `var v = 0f;`,
    taps(c, [
      `let p = ((image * ${c.height} + h) * ${c.width} + b) * ${c.inputs} + channel;`,
      `let f = c * ${inputs * kh * kw} + u * ${kw} + t;`,
      `for (var k: u32 = 0; k < ${inputs}; k++) { v += ${shader.one("x", "p + k")} * ${shader.one("w", `f + k * ${kh * kw}`)}; }`,
    ]),
    epilogue.store(shader, "v", "i"),
  );
  return shader.each(image.total, body);
}

/** The taps (u, t) of the window at (row, column) that lie in the image, at (h, b). */
function taps({ kernel: [kh, kw], stride, dilation, pad, height, width }: Convolution, body: readonly string[]): string {
  return lines(
    `for (var u: u32 = 0; u < ${kh}; u++) {`,
    `let h = row * ${stride[0]} + u * ${dilation[0]} - ${pad[0]};`,
    `if (h >= ${height}) { continue; }`,
    `for (var t: u32 = 0; t < ${kw}; t++) {`,
    `let b = column * ${stride[1]} + t * ${dilation[1]} - ${pad[1]};`,
    `if (b >= ${width}) { continue; }`,
    body,
    `}`,
    `}`,
  );
}
