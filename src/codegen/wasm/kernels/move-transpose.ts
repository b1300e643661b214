// A copy whose two sides run along different axes: y[c · stride + r] = x[r · stride + c], four rows and four columns at a time.
import { add, load, op, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import type { Frame } from "../kernel.ts";
import { BYTES, finely, isFixed, walk, type Length } from "../loops.ts";
import { storeLanes } from "../vectors.ts";
import { type Axis } from "../../axes.ts";

/** Columns that are turned over together: what lies in one line of the cache. */
const COLUMNS = 16;

export interface Transposition {
  /** Around the plane. */
  readonly outer: readonly Axis[];
  /** Side by side in y. */
  readonly rows: number;
  /** Side by side in x. */
  readonly columns: number;
  /** Elements from one row to the next in x, and from one column to the next in y. */
  readonly rowStep: number;
  readonly columnStep: number;
}

/** The axes of a copy (x, y) as planes to turn over; null where they are none, or depend on the batch. */
export function transposed(axes: readonly Axis[]): Transposition | null {
  const inner = axes.at(-1);
  const across = axes.findIndex((a) => isFixed(a.strides[0], 1));
  const plane = axes[across];
  if (!inner || !plane || plane === inner || !isFixed(inner.strides[1], 1)) return null;
  if (inner.size.batched || plane.size.batched || inner.strides[0]!.batched || plane.strides[1]!.batched) return null;
  const outer = axes.filter((a) => a !== inner && a !== plane);
  return { outer, rows: inner.size.k, columns: plane.size.k, rowStep: inner.strides[0]!.k, columnStep: plane.strides[1]!.k };
}

export function turnOver(frame: Frame, t: Transposition, x: Operand, y: Operand): void {
  const rest = t.columns % COLUMNS;
  const whole = t.columns - rest;
  const quantity = (k: number): Axis["size"] => ({ k, batched: false });
  const rows: Axis = { size: quantity(t.rows), strides: [quantity(t.rowStep), quantity(1)] };
  const bands: Axis = { size: quantity(whole / COLUMNS), strides: [quantity(COLUMNS), quantity(COLUMNS * t.columnStep)] };
  if (whole > 0) walk(frame, [...t.outer, bands, rows], [x, y], ([p, q], length) => band(frame.f, t, p!, q!, length, COLUMNS), { ...finely, grain: 16 });
  if (rest > 0) walk(frame, [...t.outer, rows], [add(x, BYTES * whole), add(y, BYTES * whole * t.columnStep)], ([p, q], length) => band(frame.f, t, p!, q!, length, rest), { ...finely, grain: 16 });
}

/** Some rows of `columns` columns. */
function band(f: FunctionBuilder, t: Transposition, x: Local, y: Local, { count, even }: Length, columns: number): void {
  const known = typeof count === "number";
  const whole = known ? count - (count % 4) : op("i32.and", [count, -4]);
  const rest = t.rows % 4;
  f.count(f.local("i32", "r"), 0, whole, 4, () => {
    squares(f, t, x, y, 4, columns);
    f.advance(x, 4 * BYTES * t.rowStep);
    f.advance(y, 4 * BYTES);
  });
  if (even || rest === 0 || (known && count % 4 === 0)) return;
  if (known) squares(f, t, x, y, rest, columns);
  else f.when(op("i32.and", [count, 3]), () => squares(f, t, x, y, rest, columns));
}

function squares(f: FunctionBuilder, t: Transposition, x: Local, y: Local, rows: number, columns: number): void {
  const from = f.let("from", x);
  const to = f.let("to", y);
  f.count(f.local("i32", "c"), 0, columns - (columns % 4), 4, () => {
    square(f, t, from, to, rows, 4);
    f.advance(from, 4 * BYTES);
    f.advance(to, 4 * BYTES * t.columnStep);
  });
  if (columns % 4 > 0) square(f, t, from, to, rows, columns % 4);
}

/** Up to four rows and columns. What is loaded beyond them is not stored. */
function square(f: FunctionBuilder, t: Transposition, x: Local, y: Local, rows: number, columns: number): void {
  const row = Array.from({ length: rows }, (_, r) => f.let(`r${r}`, load("v128.load", x, BYTES * r * t.rowStep)));
  const [a, b, c, d] = [0, 1, 2, 3].map((r) => row[r] ?? row[0]!) as [Local, Local, Local, Local];
  for (let pair = 0; 2 * pair < columns; pair++) {
    // a₀ b₀ a₁ b₁ and c₀ d₀ c₁ d₁ of two columns
    const upper = f.let("ab", lanes(a, b, [2 * pair, 4 + 2 * pair, 2 * pair + 1, 5 + 2 * pair]));
    const lower = f.let("cd", lanes(c, d, [2 * pair, 4 + 2 * pair, 2 * pair + 1, 5 + 2 * pair]));
    for (let k = 0; k < Math.min(2, columns - 2 * pair); k++) {
      const column = f.let("column", lanes(upper, lower, [2 * k, 2 * k + 1, 4 + 2 * k, 5 + 2 * k]));
      storeLanes(f, y, BYTES * (2 * pair + k) * t.columnStep, column, rows);
    }
  }
}

/** Four numbers of two vectors: 0 to 3 are a's, 4 to 7 are b's. */
export function lanes(a: Operand, b: Operand, which: readonly [number, number, number, number]): Expression {
  return op("i8x16.shuffle", [a, b], which.flatMap((l) => [0, 1, 2, 3].map((byte) => 4 * l + byte)));
}
