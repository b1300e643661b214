// Winograd's minimal filtering F(m × m, 3 × 3) (Lavin and Gray 2015, with the points 0, ±1, ∞ for m = 2 and 0, ±a, ±b, ∞ for m = 4):
//   y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A
// Each transform is one-dimensional here; two make it two-dimensional: a tile may be of one size down and of another across. Vectors hold
// four channels. Law: a transform may use the locals of what it transforms: nobody reads them afterwards.
import { expression, f64, madd, op, splat, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";

export type Size = 2 | 4;
/** Results of a tile, down and across. */
export type TileSize = readonly [down: Size, across: Size];

const add = (a: Local | Expression, b: Local | Expression): Expression => op("f32x4.add", [a, b]);
const sub = (a: Local | Expression, b: Local | Expression): Expression => op("f32x4.sub", [a, b]);
const times = (a: Local | Expression, k: number): Expression => op("f32x4.mul", [a, splat(k)]);

/**
 * 5/8 and 3/2: in f32 half the error of 1 and 2. All of their products here are f32 numbers: √½ and √2 take fewer operations, but what
 * they are rounded by is wrong in every pixel alike, and a gradient that sums pixels is five times as far off.
 */
const [A, B] = [0.625, 1.5];
const [A2, B2, A3, B3] = [A ** 2, B ** 2, A ** 3, B ** 3];

/** sum + a · k */
const plus = (sum: Local, a: Local, k: number): Expression => madd(a, splat(k), sum);

/** Bᵀ d: m + 2 numbers of an input tile's row. `t` are locals to work in. */
export function inputTransform(f: FunctionBuilder, m: Size, d: readonly Local[], t: readonly Local[]): Expression[] {
  const [d0, d1, d2, d3, d4, d5] = d as [Local, Local, Local, Local, Local, Local];
  if (m === 2) return [sub(d0, d2), add(d1, d2), sub(d2, d1), sub(d1, d3)];
  const [p, q, r, s] = t as [Local, Local, Local, Local];
  f.set(p, plus(d4, d2, -B2));
  f.set(q, times(plus(d3, d1, -B2), A));
  f.set(r, plus(d4, d2, -A2));
  f.set(s, times(plus(d3, d1, -A2), B));
  f.set(d2, plus(d4, d2, -A2 - B2));
  f.set(d5, plus(d5, d3, -A2 - B2));
  return [plus(d2, d0, A2 * B2), add(p, q), sub(p, q), add(r, s), sub(r, s), plus(d5, d1, A2 * B2)];
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
  f.set(p1, times(b, A));
  f.set(p2, times(a, A2));
  f.set(p5, plus(p5, b, A3));
  return [add(add(p0, a), c), plus(p1, d, B), plus(p2, c, B2), plus(p5, d, B3)];
}

/** The factors of G, in f64 and twice, and locals to work in. */
export interface WeightLocals {
  readonly factors: readonly Local[];
  readonly t: readonly Local[];
}

export function weightLocals(f: FunctionBuilder, m: Size): WeightLocals {
  const of = (p: number, q: number): number[] => [1, p, p ** 2].map((v) => v / (2 * p ** 2 * (p ** 2 - q ** 2)));
  const factors = m === 2 ? [1 / 2] : [1 / (A2 * B2), ...of(A, B), ...of(B, A)];
  return { factors: factors.map((k, i) => f.let(`k${i}`, op("f64x2.splat", [f64(k)]))), t: Array.from({ length: 4 }, (_, i) => f.local("v128", `t${i}`)) };
}

/** G w: the m + 2 points of three weights, in f64; vectors hold those of two outputs. */
export function weightTransform(f: FunctionBuilder, m: Size, w: readonly [Local, Local, Local], { factors, t }: WeightLocals): Expression[] {
  const sum = (a: Operand, b: Operand): Expression => op("f64x2.add", [a, b]);
  const minus = (a: Operand, b: Operand): Expression => op("f64x2.sub", [a, b]);
  const by = (a: Operand, k: number): Expression => op("f64x2.mul", [a, factors[k]!]);
  const [w0, w1, w2] = w;
  const [even, odd, even2, odd2] = t as [Local, Local, Local, Local];
  if (m === 2) {
    f.set(even, sum(w0, w2));
    return [expression(w0), by(sum(even, w1), 0), by(minus(even, w1), 0), expression(w2)];
  }
  f.set(even, sum(by(w0, 1), by(w2, 3)));
  f.set(odd, by(w1, 2));
  f.set(even2, sum(by(w0, 4), by(w2, 6)));
  f.set(odd2, by(w1, 5));
  return [by(w0, 0), sum(even, odd), minus(even, odd), sum(even2, odd2), minus(even2, odd2), expression(w2)];
}
