// Indices of strided arrays, from the number of an invocation: loop nests turned inside out.
import { N, type Dim } from "../../ir/type.ts";
import { broadcastStrides, joinAxes, quantity, rowMajor, type Axis, type Quantity } from "../axes.ts";
import { product, sum } from "../code.ts";

export function quantityText(q: Quantity): string {
  return q.batched ? product("n", q.k) : String(q.k);
}

export interface Indices {
  readonly statements: readonly string[];
  /** Of each array. */
  readonly at: readonly string[];
}

/**
 * The index of each array where the loop nest over `axes` is in its `index`-th iteration. `tag` keeps constants of several apart.
 * `quantityOf` writes a quantity: a shader's, so that it knows whether n is read.
 */
export function unravel(axes: readonly Axis[], index: string, arrays: number, quantityOf: (q: Quantity) => string, tag = "p"): Indices {
  const statements: string[] = [];
  const terms: string[][] = Array.from({ length: arrays }, () => []);
  let rest = index;
  for (let k = axes.length - 1; k >= 0; k--) {
    const { size, strides } = axes[k]!;
    const outermost = k === 0;
    const used = strides.some((s) => s.k !== 0);
    const below = quantityOf(size);
    let own = rest;
    if (!outermost && used) {
      own = `${tag}${k}`;
      statements.push(`let ${own} = ${atom(rest)} % ${atom(below)};`);
    }
    strides.forEach((s, a) => s.k !== 0 && terms[a]!.unshift(product(own, quantityOf(s))));
    if (!outermost && axes.slice(0, k).some((a) => a.strides.some((s) => s.k !== 0))) {
      const next = `${tag}${k}_`;
      statements.push(`let ${next} = ${atom(rest)} / ${atom(below)};`);
      rest = next;
    } else if (!outermost) break;
  }
  return { statements, at: terms.map((t) => sum(...t)) };
}

function atom(text: string): string {
  return /^\w+$/.test(text) ? text : `(${text})`;
}

/** Elements of a shape. */
export function total(shape: readonly Dim[]): Quantity {
  return quantity(...shape);
}

export function dividedBy(q: Quantity, k: number): Quantity {
  return { ...q, k: q.k / k };
}

/** Can the elements of a result of this shape be computed four neighbours at a time? */
export function inFours(shape: readonly Dim[]): boolean {
  const last = shape.at(-1);
  return last !== undefined && last !== N && last % 4 === 0;
}

/** How an operand is read where the result is computed four neighbours at a time. */
export type Reading = "four" | "one" | "apart";

/** Four neighbours of the operand; one that is the same for all of them; or four that do not lie together. */
export function readingOf(shape: readonly Dim[], to: readonly Dim[]): Reading {
  const last = broadcastStrides(shape, to).at(-1);
  if (!last || last.k === 0) return "one";
  return inFours(shape) ? "four" : "apart";
}

/** The axes of a result of `to`, in units of four along the last where `wide`, and of one operand of `shape`. */
export function axesTo(shape: readonly Dim[], to: readonly Dim[], wide: boolean): Axis[] {
  const strides = broadcastStrides(shape, to);
  if (!wide) return joinAxes(to, [strides, rowMajor(to)]).map((a) => ({ size: a.size, strides: [a.strides[0]!] }));
  const four = readingOf(shape, to) === "four";
  const units = to.map((d, k) => (k === to.length - 1 ? (d as number) / 4 : d));
  const scaled = strides.map((s, k) => (four && k < to.length - 1 ? dividedBy(s, 4) : s));
  return joinAxes(units, [scaled, rowMajor(units)]).map((a) => ({ size: a.size, strides: [a.strides[0]!] }));
}
