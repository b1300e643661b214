// Reading and writing dense tensors through strides: broadcasting, permuting and slicing are one function, padding and
// concatenating another. Only the reference interpreter uses them: naive, obviously right.
import type { Tensor } from "../../ir/op.ts";

/** Elements between neighbours along each axis of dense row-major data. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

export function count(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Calls `visit` with start + Σ indexₖ·strideₖ for every index of `shape`, in row-major order. */
function walk(shape: readonly number[], strides: readonly number[], start: number, visit: (offset: number, i: number) => void): void {
  const total = count(shape);
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < total; i++) {
    visit(offset, i);
    for (let k = shape.length - 1; k >= 0; k--) {
      offset += strides[k]!;
      if (++index[k]! < shape[k]!) break;
      offset -= strides[k]! * shape[k]!;
      index[k] = 0;
    }
  }
}

/** result[index] = source[start + Σ indexₖ·strideₖ] */
export function gather(source: Float64Array, shape: readonly number[], strides: readonly number[], start = 0): Float64Array {
  const out = new Float64Array(count(shape));
  walk(shape, strides, start, (offset, i) => (out[i] = source[offset]!));
  return out;
}

/** target[start + Σ indexₖ·strideₖ] = source[index], for every index of `shape`. */
export function scatter(target: Float64Array, source: Float64Array, shape: readonly number[], strides: readonly number[], start: number): void {
  walk(shape, strides, start, (offset, i) => (target[offset] = source[i]!));
}

/** The tensor's data repeated to `shape` by NumPy's rule, right-aligned. */
export function broadcastTo(t: Tensor, shape: readonly number[]): Float64Array {
  if (t.data.length === count(shape)) return t.data;
  const own = rowMajor(t.shape);
  const strides = shape.map((_, k) => {
    const axis = k - shape.length + t.shape.length;
    return axis < 0 || t.shape[axis] === 1 ? 0 : own[axis]!;
  });
  return gather(t.data, shape, strides);
}
