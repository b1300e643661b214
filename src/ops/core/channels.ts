// Where the channels of an image lie in memory. Ops on images are defined on [N, C, H, W]; with `channelsLast` the same op reads and
// writes [N, H, W, C] (PyTorch's channels_last), which the passes choose where a target's kernels want it. Weights stay as they are.
import type { Tensor } from "../../ir/op.ts";
import { tensor, type Dim, type TensorType } from "../../ir/type.ts";
import { gather, rowMajor } from "./strided.ts";

export const channelsLastAttr = { kind: "bool", doc: "images are [N, H, W, C] instead of [N, C, H, W]", default: false } as const;

/** For each axis of the result, the operand's: of a permute that makes channels last, or first again. */
export const toLast = [0, 2, 3, 1] as const;
export const toFirst = [0, 3, 1, 2] as const;

export function moved<T>(axes: readonly T[], perm: readonly number[]): T[] {
  return perm.map((p) => axes[p]!);
}

/** The type as an op on [N, C, H, W] knows it. Whatever is no image stays, for the op to refuse. */
export function typeFirst(type: TensorType, channelsLast: boolean): TensorType {
  return channelsLast && type.shape.length === 4 ? tensor(moved(type.shape, toFirst), type.dtype) : type;
}

/** A shape [N, C, H, W] as it lies in memory. */
export function shapeAs<D extends Dim>(shape: readonly D[], channelsLast: boolean): readonly D[] {
  return channelsLast ? moved(shape, toLast) : shape;
}

/** A shape as it lies in memory as [N, C, H, W]. */
export function shapeFirst<D extends Dim>(shape: readonly D[], channelsLast: boolean): readonly D[] {
  return channelsLast ? moved(shape, toFirst) : shape;
}

export function tensorFirst(t: Tensor, channelsLast: boolean): Tensor {
  return channelsLast ? { shape: moved(t.shape, toFirst), data: permuted(t.data, t.shape, toFirst) } : t;
}

/** Data of [N, C, H, W] as they lie in memory. */
export function dataAs(data: Float64Array, shape: readonly number[], channelsLast: boolean): Float64Array {
  return channelsLast ? permuted(data, shape, toLast) : data;
}

function permuted(data: Float64Array, shape: readonly number[], perm: readonly number[]): Float64Array {
  return gather(data, moved(shape, perm), moved(rowMajor(shape), perm));
}
