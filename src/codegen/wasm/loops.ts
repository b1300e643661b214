// Loop nests over strided arrays, split between threads: what map, permute, window, concat, reduce and fills have in common. The
// innermost axis is a run of neighbours, stored a few vectors at a time; one to three results at its end are stored one by one.
// Law: a thread stores nothing but its own results, so that what others have stored so far never shows.
import { add, expression, load, mul, op, sub, type Expression, type Local, type Operand } from "./assembler/expression.ts";
import type { FunctionBuilder } from "./assembler/function.ts";
import { shared, type Frame } from "./kernel.ts";
import { storeLanes } from "./vectors.ts";
import type { Axis, Quantity } from "../axes.ts";

export const BYTES = 4;

/** Into how many pieces the work on one sample is split, where it is large enough. */
const PIECES = 64;
/** Neighbours that stay together. */
const GRAIN = 8;

export interface Split {
  readonly pieces: number;
  /** Elements of the innermost axis that stay together. */
  readonly grain: number;
}

export const finely: Split = { pieces: PIECES, grain: GRAIN };

/** How long a run is: a number where that is known. `even`: four always divides it. */
export interface Length {
  readonly count: Operand;
  readonly even: boolean;
}

export function amount(n: Operand, q: Quantity): Expression {
  return q.batched ? mul(n, q.k) : expression(q.k);
}

/** Is it that number, whatever the batch? */
export function isFixed(q: Quantity | undefined, k: number): boolean {
  return q !== undefined && !q.batched && q.k === k;
}

/**
 * A loop nest over this thread's share of the axes, around `body`, which is written once and gets the address of the first element of
 * a run in each array. It may advance the addresses of arrays whose innermost stride is not zero.
 */
export function walk(frame: Frame, axes: readonly Axis[], bases: readonly Operand[], body: (at: readonly Local[], length: Length) => void, split: Split = finely): void {
  const { f, n } = frame;
  const all = axes.length > 0 ? axes : [single(bases.length)];
  const { level, block } = blocksOf(all, split);
  const axis = all[level]!;
  const size = amount(n, axis.size);
  const blocks = axis.size.batched ? f.let("blocks", op("i32.div_u", [add(size, block - 1), block])) : Math.ceil(axis.size.k / block);
  const sizes = [...all.slice(0, level).map((a) => amount(n, a.size)), expression(blocks)];
  const steps = [...all.slice(0, level).map((a) => a.strides), axis.strides.map((s) => ({ ...s, k: s.k * block }))];
  shared(frame, sizes.reduce((product, s) => mul(product, s)), (unit) => {
    const indices = indicesOf(f, unit, sizes);
    const at = bases.map((base, k) => f.let(`p${k}`, add(base, ...indices.map((i, l) => bytes(n, i, steps[l]![k]!)))));
    const length = lengthOf(f, axis, size, block, indices.at(-1)!);
    nest(frame, all, level, at, length, body);
  });
}

/** The only element. */
function single(arrays: number): Axis {
  const one = { k: 1, batched: false };
  return { size: one, strides: Array.from({ length: arrays }, () => one) };
}

/** The axis that is cut into blocks: the outermost that has enough to share out, with what lies around it. */
function blocksOf(axes: readonly Axis[], { pieces, grain }: Split): { readonly level: number; readonly block: number } {
  let around = 1;
  for (const [level, { size }] of axes.entries()) {
    const innermost = level === axes.length - 1;
    const all = around * size.k;
    if (innermost) return { level, block: Math.max(grain, Math.ceil(all / pieces / grain) * grain) };
    if (all >= pieces) return { level, block: Math.max(1, Math.floor(all / pieces)) };
    around = all;
  }
  return { level: 0, block: 1 };
}

/** Which of `sizes` (outermost first) the unit is, along each of them. */
export function indicesOf(f: FunctionBuilder, unit: Local, sizes: readonly Expression[]): Expression[] {
  let rest: Operand = unit;
  const indices: Expression[] = [];
  for (let k = sizes.length - 1; k >= 0; k--) {
    const size = sizes[k]!;
    const last = sizes.slice(0, k).every(isOne);
    if (isOne(size)) indices.unshift(expression(0));
    else if (last) {
      indices.unshift(expression(rest));
      rest = expression(0);
    } else {
      indices.unshift(expression(f.let(`i${k}`, op("i32.rem_u", [rest, size]))));
      rest = f.let(`u${k}`, op("i32.div_u", [rest, size]));
    }
  }
  return indices;
}

function isOne(e: Expression): boolean {
  return e.kind === "const" && e.value === 1;
}

function bytes(n: Operand, index: Expression, stride: Quantity): Expression {
  return mul(index, amount(n, { ...stride, k: stride.k * BYTES }));
}

/** Of a block of the axis; all have one length where it divides the axis. */
function lengthOf(f: FunctionBuilder, axis: Axis, size: Expression, block: number, index: Expression): Length {
  const even = axis.size.k % 4 === 0 && block % 4 === 0;
  if (axis.size.k % block === 0) return { count: block, even };
  if (!axis.size.batched && block >= axis.size.k) return { count: axis.size.k, even };
  const left = f.let("length", sub(size, mul(index, block)));
  f.when(op("i32.gt_s", [left, block]), () => f.set(left, block));
  return { count: left, even };
}

/** Loops from the given axis inwards. What does not move in them keeps its local. */
function nest(frame: Frame, axes: readonly Axis[], level: number, at: readonly Local[], length: Length, body: (at: readonly Local[], length: Length) => void): void {
  const { f, n } = frame;
  const inside = axes[level + 1];
  if (!inside) return body(at, length);
  const moves = (k: number): boolean => axes.slice(level + 1).some((a) => a.strides[k]!.k !== 0);
  const inner = at.map((p, k) => (moves(k) ? f.local("i32", `${p.name}_${level}`) : p));
  const i = f.local("i32", `l${level}`);
  f.count(i, 0, length.count, 1, () => {
    inner.forEach((p, k) => p !== at[k] && f.set(p, at[k]!));
    nest(frame, axes, level + 1, inner, { count: amount(n, inside.size), even: inside.size.k % 4 === 0 }, body);
    at.forEach((p, k) => f.advance(p, bytes(n, expression(1), axes[level]!.strides[k]!)));
  });
}

/** Writes down how some vectors of results come about, in order: `store` is to be called with each, at once. */
export type Chunk = (vectors: number, store: (vector: number, value: Operand) => void) => void;

/** Stores a run of results at y, `most` vectors (a power of two) at a time. `moving`: addresses that go along, y among them. */
export function storeRun(f: FunctionBuilder, length: Length, y: Local, moving: readonly Local[], most: number, chunk: Chunk): void {
  const count = expression(length.count);
  if (count.kind === "const") return knownRun(f, count.value, y, moving, most, chunk);
  const i = f.local("i32", "i");
  const all = f.let("count", count);
  const whole = f.let("whole", op("i32.and", [all, -4 * most]));
  f.count(i, 0, whole, 4 * most, () => wholeChunk(f, y, moving, most, chunk));
  const vectors = most === 1 ? whole : f.let("vectors", op("i32.and", [all, -4]));
  if (most > 1) f.count(i, whole, vectors, 4, () => wholeChunk(f, y, moving, 1, chunk));
  if (!length.even) f.when(op("i32.ne", [vectors, all]), () => chunk(1, (_, value) => storeSome(f, y, value, op("i32.and", [all, 3]))));
}

function knownRun(f: FunctionBuilder, count: number, y: Local, moving: readonly Local[], most: number, chunk: Chunk): void {
  const step = 4 * most;
  const whole = Math.floor(count / step);
  const rest = count % step;
  if (whole > 1) f.count(f.local("i32", "i"), 0, whole, 1, () => wholeChunk(f, y, moving, most, chunk));
  else if (whole === 1) wholeChunk(f, y, rest > 0 ? moving : [], most, chunk);
  if (rest === 0) return;
  chunk(Math.ceil(rest / 4), (v, value) => {
    const local = f.let("last", value);
    storeLanes(f, y, 16 * v, local, Math.min(4, rest - 4 * v));
  });
}

function wholeChunk(f: FunctionBuilder, y: Local, moving: readonly Local[], vectors: number, chunk: Chunk): void {
  chunk(vectors, (v, value) => f.store("v128.store", y, 16 * v, value));
  for (const p of moving) f.advance(p, 16 * vectors);
}

/** The first one, two or three numbers of the vector. */
function storeSome(f: FunctionBuilder, y: Local, value: Operand, lanes: Expression): void {
  const local = f.let("last", value);
  const count = f.let("lanes", lanes);
  const lane = (l: number): void => f.store("f32.store", y, BYTES * l, op("f32x4.extract_lane", [local], l));
  lane(0);
  f.when(op("i32.gt_s", [count, 1]), () => lane(1));
  f.when(op("i32.gt_s", [count, 2]), () => lane(2));
}

/** y[i · to] = x[i · from], one by one. */
export function copyStrided({ f, n }: Frame, length: Length, [x, y]: readonly [Local, Local], [from, to]: readonly [Quantity, Quantity]): void {
  f.count(f.local("i32", "i"), 0, length.count, 1, () => {
    f.store("f32.store", y, 0, load("f32.load", x));
    f.advance(x, bytes(n, expression(1), from));
    f.advance(y, bytes(n, expression(1), to));
  });
}
