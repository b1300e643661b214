// Rules of the ops that are linear in each of two operands: matmul and the convolutions, which are each other's adjoints.
import type { Maker, Node } from "../../ir/op.ts";
import { shapeAs, typeFirst } from "../../ops/core/channels.ts";
import type { Padding, Size } from "../../ops/core/geometry.ts";
import { conv2d, conv2dTranspose, conv2dWeight, matmul, pad } from "../../ops/index.ts";
import { whole } from "../adjoint.ts";
import type { Rule, SchemaOf } from "../rule.ts";

/** Y = A·B    Ā = Ȳ·Bᵀ    B̄ = Aᵀ·Ȳ */
export const matmulRule: Rule<SchemaOf<typeof matmul>> = (b, { inputs: [x, w], attrs: { transposeA, transposeB }, type }, adjoint) => {
  const dy = whole(b, adjoint, type.shape);
  return [
    transposeA ? b.make(matmul, [w!, dy], { transposeA: transposeB, transposeB: true }) : b.make(matmul, [dy, w!], { transposeB: !transposeB }),
    transposeB ? b.make(matmul, [dy, x!], { transposeA: true, transposeB: transposeA }) : b.make(matmul, [x!, dy], { transposeA: !transposeA }),
  ];
};

/** What all convolutions have in common. */
interface Geometry {
  readonly stride: Size;
  readonly pad: Padding;
  readonly dilation: Size;
  readonly groups: number;
  readonly channelsLast: boolean;
}

function geometryOf({ stride, pad, dilation, groups, channelsLast }: Geometry): Geometry {
  return { stride, pad, dilation, groups, channelsLast };
}

function kernelOf(w: Node): Size {
  return w.type.shape.slice(2) as unknown as Size;
}

export const conv2dRule: Rule<SchemaOf<typeof conv2d>> = (b, { inputs: [x, w], attrs, type }, adjoint) => {
  const dy = whole(b, adjoint, type.shape);
  const g = geometryOf(attrs);
  return [imageAdjoint(b, dy, w!, x!, g), b.make(conv2dWeight, [x!, dy], { ...g, kernel: kernelOf(w!) })];
};

export const conv2dTransposeRule: Rule<SchemaOf<typeof conv2dTranspose>> = (b, { inputs: [x, w], attrs, type }, adjoint) => {
  const dy = whole(b, adjoint, type.shape);
  const g = geometryOf(attrs);
  return [b.make(conv2d, [dy, w!], g), b.make(conv2dWeight, [dy, x!], { ...g, kernel: kernelOf(w!) })];
};

export const conv2dWeightRule: Rule<SchemaOf<typeof conv2dWeight>> = (b, { inputs: [x, dy], attrs, type }, adjoint) => {
  const w = whole(b, adjoint, type.shape);
  const g = geometryOf(attrs);
  return [imageAdjoint(b, dy!, w, x!, g), b.make(conv2d, [x!, w], g)];
};

/**
 * The adjoint of the images of conv2d(x, w), whose result's is dy: a transposed convolution. Rows at the end that no window starts
 * early enough to reach (a stride leaves up to stride − 1) come from less padding; where there is none left, they are zeros.
 */
function imageAdjoint(b: Maker, dy: Node, w: Node, x: Node, g: Geometry): Node | null {
  const kernel = kernelOf(w);
  const [from, to] = [dy, x].map((n) => typeFirst(n.type, g.channelsLast).shape.slice(2) as unknown as Size) as [Size, Size];
  const ends = [0, 1].map((k) => {
    const reached = (from[k]! - 1) * g.stride[k]! + g.dilation[k]! * (kernel[k]! - 1) + 1 - g.pad[k]!; // the first row behind the last window
    return { reached, pad: Math.max(0, reached - to[k]!), missing: Math.max(0, to[k]! - reached) };
  });
  const [rows, columns] = ends as [(typeof ends)[number], (typeof ends)[number]];
  if (rows.reached <= 0 || columns.reached <= 0) return null; // every window lies in the padding before the image
  const made = b.make(conv2dTranspose, [dy, w], { ...g, pad: [g.pad[0], g.pad[1], rows.pad, columns.pad] });
  const none = shapeAs([0, 0, 0, 0], g.channelsLast);
  return b.make(pad, [made], { low: none, high: shapeAs([0, 0, rows.missing, columns.missing], g.channelsLast) });
}
