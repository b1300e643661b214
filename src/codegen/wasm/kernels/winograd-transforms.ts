// Winograd's minimal filtering F(m × m, 3 × 3) (Lavin and Gray 2015, with the points 0, ±1, ±2, ∞ for m = 4 and 0, ±1, ∞ for m = 2):
//   y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A
// Each transform is one-dimensional here; two make it two-dimensional: a tile may be of one size down and of another across. Vectors hold
// four channels.
import { expression, f64, op, splat, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";

export type Size = 2 | 4;
/** Results of a tile, down and across. */
export type TileSize = readonly [down: Size, across: Size];

const add = (a: Local | Expression, b: Local | Expression): Expression => op("f32x4.add", [a, b]);
const sub = (a: Local | Expression, b: Local | Expression): Expression => op("f32x4.sub", [a, b]);
const times = (a: Local | Expression, k: number): Expression => op("f32x4.mul", [a, splat(k)]);

/** Bᵀ d: m + 2 numbers of an input tile's row. `t` are locals to work in. */
export function inputTransform(f: FunctionBuilder, m: Size, d: readonly Local[], t: readonly Local[]): Expression[] {
  const [d0, d1, d2, d3, d4, d5] = d as [Local, Local, Local, Local, Local, Local];
  if (m === 2) return [sub(d0, d2), add(d1, d2), sub(d2, d1), sub(d1, d3)];
  const [a, b, c, e] = t as [Local, Local, Local, Local];
  f.set(a, sub(d4, times(d2, 4)));
  f.set(b, sub(d3, times(d1, 4)));
  f.set(c, sub(d4, d2));
  f.set(e, times(sub(d3, d1), 2));
  return [add(sub(times(d0, 4), times(d2, 5)), d4), add(a, b), sub(a, b), add(c, e), sub(c, e), add(sub(times(d1, 4), times(d3, 5)), d5)];
}

/** Aᵀ p: m numbers of a result tile's row from m + 2 points. */
export function outputTransform(f: FunctionBuilder, m: Size, p: readonly Local[], t: readonly Local[]): Expression[] {
  const [p0, p1, p2, p3, p4, p5] = p as [Local, Local, Local, Local, Local, Local];
  if (m === 2) return [add(add(p0, p1), p2), sub(sub(p1, p2), p3)];
  const [a, b, c, d] = t as [Local, Local, Local, Local];
  f.set(a, add(p1, p2));
  f.set(b, sub(p1, p2));
  f.set(c, add(p3, p4));
  f.set(d, sub(p3, p4));
  return [add(add(p0, a), c), add(b, times(d, 2)), add(a, times(c, 4)), add(add(b, times(d, 8)), p5)];
}

/** The factors of G, in f64 and twice, and locals to work in. */
export interface WeightLocals {
  readonly factors: readonly Local[];
  readonly t: readonly Local[];
}

export function weightLocals(f: FunctionBuilder, m: Size): WeightLocals {
  const factors = m === 2 ? [1 / 2] : [1 / 4, -1 / 6, 1 / 24, 1 / 6, 1 / 12];
  return { factors: factors.map((k, i) => f.let(`k${i}`, op("f64x2.splat", [f64(k)]))), t: Array.from({ length: 3 }, (_, i) => f.local("v128", `t${i}`)) };
}

/** G w: the m + 2 points of three weights, in f64; vectors hold those of two outputs. */
export function weightTransform(f: FunctionBuilder, m: Size, w: readonly [Local, Local, Local], { factors, t }: WeightLocals): Expression[] {
  const plus = (a: Operand, b: Operand): Expression => op("f64x2.add", [a, b]);
  const minus = (a: Operand, b: Operand): Expression => op("f64x2.sub", [a, b]);
  const times = (a: Operand, k: Operand): Expression => op("f64x2.mul", [a, k]);
  const [w0, w1, w2] = w;
  const [outer, even, odd] = t as [Local, Local, Local];
  f.set(outer, plus(w0, w2));
  if (m === 2) return [expression(w0), times(plus(outer, w1), factors[0]!), times(minus(outer, w1), factors[0]!), expression(w2)];
  const [quarter, minusSixth, twentyFourth, sixth, twelfth] = factors as [Local, Local, Local, Local, Local];
  f.set(even, plus(times(w0, twentyFourth), times(w2, sixth)));
  f.set(odd, times(w1, twelfth));
  return [times(w0, quarter), times(plus(outer, w1), minusSixth), times(minus(outer, w1), minusSixth), plus(even, odd), minus(even, odd), expression(w2)];
}
