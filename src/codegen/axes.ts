// Loop nests over strided arrays as data: what map, permute, window, pad, concat, reduce and broadcasting epilogues have in common.
// Axes that all arrays walk through evenly become one, so that an elementwise kernel is a single flat loop.
import { N, type Dim } from "../ir/type.ts";

/** `k`, or `k · n` where the batch is among its factors. */
export interface Quantity {
  readonly k: number;
  readonly batched: boolean;
}

export const zero: Quantity = { k: 0, batched: false };

export function quantity(...dims: readonly Dim[]): Quantity {
  return { k: dims.reduce<number>((p, d) => (d === N ? p : p * d), 1), batched: dims.includes(N) };
}

function times(a: Quantity, b: Quantity): Quantity {
  return a.k === 0 || b.k === 0 ? zero : { k: a.k * b.k, batched: a.batched || b.batched };
}

function equal(a: Quantity, b: Quantity): boolean {
  return a.k === b.k && a.batched === b.batched;
}

/** Elements between neighbours along each axis of dense row-major data. */
export function rowMajor(shape: readonly Dim[]): Quantity[] {
  return shape.map((_, i) => quantity(...shape.slice(i + 1)));
}

/** The strides with which data of `shape` is read where it is repeated to `to`: 0 along repeated axes. */
export function broadcastStrides(shape: readonly Dim[], to: readonly Dim[]): Quantity[] {
  const own = rowMajor(shape);
  return to.map((_, i) => {
    const axis = i - to.length + shape.length;
    return axis < 0 || shape[axis] === 1 ? zero : own[axis]!;
  });
}

export interface Axis {
  readonly size: Quantity;
  /** One stride per array. */
  readonly strides: readonly Quantity[];
}

/** The axes of a nest, without those of size 1, neighbours joined where every array allows it. */
export function joinAxes(sizes: readonly Dim[], arrays: readonly (readonly Quantity[])[]): Axis[] {
  const axes: Axis[] = [];
  sizes.forEach((d, i) => {
    if (d === 1) return;
    const axis: Axis = { size: quantity(d), strides: arrays.map((s) => s[i]!) };
    const outer = axes.at(-1);
    const even = outer?.strides.every((s, k) => equal(s, times(axis.strides[k]!, axis.size)));
    if (outer && even) axes[axes.length - 1] = { size: times(outer.size, axis.size), strides: axis.strides };
    else axes.push(axis);
  });
  return axes;
}
