// The product of weights with an image: under its windows (a convolution), or with the windows that reach a pixel (a transposed one).
// Shapes are told, so one shader serves all convolutions whose channels and epilogues are alike.
import { lines, times } from "../../code.ts";
import type { Node } from "../../../ir/op.ts";
import type { Epilogue } from "../epilogue.ts";
import { resultOf, type Emission, type Stage } from "../kernel.ts";
import { batchOf, imageOf } from "./image.ts";
import { Shader } from "../shader.ts";
import { storeColumns } from "./columns.ts";
import { product, ROWS } from "./product.ts";

export interface Windows {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Of the top and the left, at least. */
  readonly pad: readonly number[];
}

/** Weights are packed as [tap, channel, columns]. */
export function windowProduct(node: Node, to: Emission, epilogue: Epilogue, windows: Windows, transposed: boolean): Stage {
  const from = imageOf(node.inputs[0]!);
  const image = imageOf(node);
  const fours = from.channels % 4 === 0;
  const shader = new Shader(to, { x: 0, w: 1, ...epilogue.names, y: resultOf(node) }, [...(fours ? ["x"] : []), "w", ...(image.channels % 4 === 0 ? ["y", ...epilogue.wide] : [])], true);
  const line = Math.ceil(image.columns / ROWS) * ROWS; // an invocation's pixels lie in one
  return product(shader, {
    rows: { k: batchOf(node).k * image.rows * line, batched: batchOf(node).batched },
    columns: image.channels,
    fours,
    begin: [
      ...shader.named({ line, out_rows: image.rows, out_columns: image.columns, height: from.rows, width: from.columns, inputs: fours ? from.channels / 4 : from.channels }),
      ...windowNumbers(shader, windows),
      `let image = m0 / line / out_rows;`,
      start("top", "m0 / line % out_rows", "h", transposed),
      ...times(ROWS, (r) => start(`left${r}`, `(m0 % line + ${r})`, "w", transposed)),
    ],
    walk: (step) => [
      `for (var u: u32 = 0; u < kernel_h; u++) {`,
      ...under("h", "top", "u", "height", transposed),
      `for (var t: u32 = 0; t < kernel_w; t++) {`,
      ...times(ROWS, (r) => [
        ...under(`w${r}`, `left${r}`, "t", "width", transposed),
        `let inside${r} = inside_h && inside_w${r};`,
        `let from${r} = select(0, ((image * height + h) * width + w${r}) * inputs, inside${r});`,
      ]).flat(),
      `for (var q: u32 = 0; q < inputs; q++) {`,
      ...step,
      `}`,
      `}`,
      `}`,
    ],
    a: (r) => (fours ? `select(vec4f(0f), ${shader.four("x", `from${r} + q`)}, inside${r})` : `select(0f, ${shader.one("x", `from${r} + q`)}, inside${r})`),
    b: (k, column) => shader.four("w", `${k} * across + ${column}`),
    store: (m, column, value) => lines(
      `if (${m} % line < out_columns) {`,
      storeColumns(shader, epilogue, image.channels, `(${m} / line * out_columns + ${m} % line)`, column, value),
      `}`,
    ),
  });
}

/** How windows lie, by names. */
export function windowNumbers(shader: Shader, { kernel, stride, dilation, pad }: Windows): readonly string[] {
  return shader.named({ kernel_h: kernel[0], kernel_w: kernel[1], stride_h: stride[0], stride_w: stride[1], dilation_h: dilation[0], dilation_w: dilation[1], pad_h: pad[0]!, pad_w: pad[1]! });
}

/** Where the window of a result begins, or the last pixel whose window could. */
function start(name: string, place: string, axis: "h" | "w", transposed: boolean): string {
  return `let ${name} = ${transposed ? `${place} + pad_${axis}` : `${place} * stride_${axis} - pad_${axis}`};`;
}

/** The row or column under a tap, or whose window has the tap there, and whether there is one. Before the image they wrap around, to more than any. */
function under(name: string, from: string, tap: "u" | "t", size: "height" | "width", transposed: boolean): readonly string[] {
  const axis = tap === "u" ? "h" : "w";
  if (!transposed) return [`let ${name} = ${from} + ${tap} * dilation_${axis};`, `let inside_${name} = ${name} < ${size};`];
  return [`let far_${name} = ${from} - ${tap} * dilation_${axis};`, `let ${name} = far_${name} / stride_${axis};`, `let inside_${name} = ${name} < ${size} && far_${name} % stride_${axis} == 0;`];
}
