// Loop nests over strided arrays: what map, permute, window, pad, concat, reduce and broadcasting epilogues have in common.
// Axes that all arrays walk through evenly become one loop, so that an elementwise kernel is a single flat loop.
import { N, type Dim } from "../../ir/type.ts";
import { product, sum } from "../code.ts";

/** `k`, or `k · n` where the batch is among its factors. */
export interface Quantity {
  readonly k: number;
  readonly batched: boolean;
}

export const zero: Quantity = { k: 0, batched: false };

export function quantity(...dims: readonly Dim[]): Quantity {
  return { k: dims.reduce<number>((p, d) => (d === N ? p : p * d), 1), batched: dims.includes(N) };
}

export function quantityText(q: Quantity): string {
  return q.batched ? product("n", q.k) : String(q.k);
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

/**
 * A loop per axis around `body`, which gets the element index of each array. `starts` are the arrays' first indices; `tag` keeps
 * the variables of nested nests apart.
 */
export function nest(axes: readonly Axis[], starts: readonly string[], body: (indices: readonly string[]) => string, tag = ""): string {
  const open: string[] = [];
  let at = [...starts];
  axes.forEach((axis, level) => {
    const i = `i${tag}${level}`;
    open.push(`for (let ${i} = 0; ${i} < ${quantityText(axis.size)}; ${i}++) {`);
    const innermost = level === axes.length - 1;
    at = at.map((start, k) => {
      const stride = quantityText(axis.strides[k]!);
      const index = sum(start, product(i, stride));
      if (innermost || stride === "0") return index;
      const name = `p${tag}${k}_${level}`;
      open.push(`const ${name} = ${index};`);
      return name;
    });
  });
  return [...open, body(at), ...axes.map(() => "}")].join("\n");
}
