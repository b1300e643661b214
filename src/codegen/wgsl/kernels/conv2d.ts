// conv2d: as a matrix product of the image under its windows with the weights where they are shared by many outputs, else each result
// by itself (depthwise, grouped).
import type { conv2d } from "../../../ops/core/conv2d.ts";
import { lines } from "../../code.ts";
import { convLabel, convolution, type Convolution, type ConvNode } from "../../convolution.ts";
import { fixed } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type Choice, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { dividedBy } from "../loops.ts";
import { packColumns, paddedColumns, storeColumns } from "../routines/columns.ts";
import { product } from "../routines/product.ts";
import { Shader } from "../shader.ts";
import { imageOf, position } from "./image.ts";

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
  const c = convolution(node);
  const fours = c.inputs % 4 === 0;
  const shader = new Shader(to, { x: 0, w: 1, ...epilogue.names, y: resultOf(node) }, [...(fours ? ["x"] : []), "w", ...(c.outputs % 4 === 0 ? ["y", ...epilogue.wide] : [])], true);
  const rows = [0, 1, 2, 3];
  return product(shader, {
    rows: dividedBy(imageOf(node).total, c.outputs),
    columns: c.outputs,
    fours,
    begin: [
      ...shader.named({ out_rows: c.rows, out_columns: c.columns, height: c.height, width: c.width, inputs: fours ? c.inputs / 4 : c.inputs }),
      ...geometry(shader, c),
      ...rows.flatMap((r) => [`let image${r} = m${r} / (out_rows * out_columns);`, `let top${r} = m${r} / out_columns % out_rows * stride_h - pad_h;`, `let left${r} = m${r} % out_columns * stride_w - pad_w;`]),
    ],
    walk: (step) => [
      `for (var u: u32 = 0; u < kernel_h; u++) {`,
      `for (var t: u32 = 0; t < kernel_w; t++) {`,
      ...rows.flatMap((r) => [
        `let h${r} = top${r} + u * dilation_h;`,
        `let w${r} = left${r} + t * dilation_w;`,
        `let inside${r} = h${r} < height && w${r} < width;`, // before the image they wrap around, to more than any
        `let from${r} = select(0, ((image${r} * height + h${r}) * width + w${r}) * inputs, inside${r});`,
      ]),
      `for (var q: u32 = 0; q < inputs; q++) {`,
      ...step,
      `}`,
      `}`,
      `}`,
    ],
    a: (r) => `select(${fours ? "vec4f(0f)" : "0f"}, ${shader.isWide("x") ? shader.four("x", `from${r} + q`) : shader.one("x", `from${r} + q`)}, inside${r})`,
    b: (k, column) => shader.four("w", `${k} * across + ${column}`),
    store: (m, column, value) => storeColumns(shader, epilogue, c.outputs, m, column, value),
  });
}

/** How windows lie, as numbers that the shader is told. */
function geometry(shader: Shader, { kernel, stride, dilation, pad }: Convolution): readonly string[] {
  return shader.named({ kernel_h: kernel[0], kernel_w: kernel[1], stride_h: stride[0], stride_w: stride[1], dilation_h: dilation[0], dilation_w: dilation[1], pad_h: pad[0], pad_w: pad[1] });
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
