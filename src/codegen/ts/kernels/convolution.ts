// What conv2d's kernels share: the geometry as plain numbers, and copying a band of an image into scratch with its padding around
// it, so that no loop that multiplies ever asks whether it is inside the image.
import type { conv2d } from "../../../ops/core/conv2d.ts";
import { lines } from "../../code.ts";
import { arrayParameter, numberParameters, type AttrsOf, type CoreNode, type Element, type Emission, type SchemaOf } from "../kernel.ts";

export type ConvNode = CoreNode<SchemaOf<typeof conv2d>>;

export interface Convolution {
  readonly inputs: number; // channels, all groups together
  readonly outputs: number;
  readonly groups: number;
  readonly height: number;
  readonly width: number;
  readonly rows: number; // of the result
  readonly columns: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pad: AttrsOf<typeof conv2d>["pad"];
}

export function convolution(node: ConvNode): Convolution {
  const [, inputs, height, width] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
  const [, outputs, rows, columns] = node.type.shape as readonly [unknown, number, number, number];
  const [, , kh, kw] = node.inputs[1]!.type.shape as readonly [unknown, unknown, number, number];
  const { groups, stride, dilation, pad } = node.attrs;
  return { inputs, outputs, groups, height, width, rows, columns, kernel: [kh, kw], stride, dilation, pad };
}

/** Input rows and columns that a block of results reads. */
export function reach(c: Convolution, results: readonly [number, number]): readonly [number, number] {
  return [0, 1].map((k) => (results[k]! - 1) * c.stride[k]! + (c.kernel[k]! - 1) * c.dilation[k]! + 1) as [number, number];
}

/**
 * The routine that copies rows of a plane into scratch: name(x, xo, height, width, s, so, top, left, rows, columns). Row r and
 * column c of the copy are row top + r and column left + c of the plane, zero outside it.
 */
export function copyPadded(to: Emission, x: Element): string {
  return to.routine(`copyPadded ${x}`, (name) =>
    lines(
      `/** s[r, c] = x[top + r, left + c], zero outside x[height, width]. */`,
      `function ${name}(${arrayParameter("x", x)}, ${numberParameters("height", "width")}, ${arrayParameter("s", "f64")}, ${numberParameters("top", "left", "rows", "columns")})«: void» {`,
      `const first = Math.min(Math.max(-left, 0), columns);`,
      `const last = Math.max(Math.min(width - left, columns), first);`,
      `for (let r = 0; r < rows; r++) {`,
      `const from = xo + (top + r) * width + left;`,
      `const q = so + r * columns;`,
      `if (top + r < 0 || top + r >= height) {`,
      `for (let c = 0; c < columns; c++) s[q + c] = 0;`,
      `} else {`,
      `for (let c = 0; c < first; c++) s[q + c] = 0;`,
      `for (let c = first; c < last; c++) s[q + c] = x[from + c];`,
      `for (let c = last; c < columns; c++) s[q + c] = 0;`,
      `}`,
      `}`,
      `}`,
    ),
  );
}

/** "conv3x3_16_32_s2" */
export function convLabel(c: Convolution): string {
  const [kh, kw] = c.kernel;
  const [sh, sw] = c.stride;
  return [`conv${kh}x${kw}`, c.inputs, c.outputs, ...(sh === 1 && sw === 1 ? [] : [sh === sw ? `s${sh}` : `s${sh}x${sw}`]), ...(c.groups === 1 ? [] : [`g${c.groups}`])].join("_");
}
