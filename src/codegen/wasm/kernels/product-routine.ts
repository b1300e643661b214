// The plain matrix product as a routine of run-time sizes: what Winograd's points call. x is [rows, depth], w in panels, y [rows, outputs];
// depth and outputs are multiples of four.
import { add, load, madd, mul, op, splat, sub, type Local } from "../assembler/expression.ts";
import { FunctionBuilder } from "../assembler/function.ts";
import type { Emission } from "../kernel.ts";

const UNROLLED = 4;

/** Its name: name(x, w, y, rows, depth, outputs). */
export function productRoutine(to: Emission): string {
  return to.routine("product", (name) => {
    const f = new FunctionBuilder(name, "y[rows, outputs] = x[rows, depth] · w[outputs / 8][depth][8]");
    const [x, w, y, rows, depth, outputs] = ["x", "w", "y", "rows", "depth", "outputs"].map((p) => f.parameter("i32", p)) as [Local, Local, Local, Local, Local, Local];
    const work = locals(f);
    const short = f.let("fives", op("i32.rem_u", [sub(6_000_000, rows), 6]));
    const ones = f.let("ones", 0);
    f.when(op("i32.gt_s", [mul(short, 5), rows]), () => {
      f.set(short, 0);
      f.set(ones, op("i32.rem_u", [rows, 6]));
    });
    const endOfFives = f.let("endOfFives", op("i32.sub", [rows, ones]));
    const endOfSixes = f.let("endOfSixes", op("i32.sub", [endOfFives, mul(short, 5)]));
    const column = f.local("i32", "column");
    const [a, c, b, row] = ["a", "c", "b", "row"].map((n) => f.local("i32", n)) as [Local, Local, Local, Local];
    f.count(column, 0, outputs, 8, () => {
      f.set(a, x);
      f.set(c, add(y, mul(column, 4)));
      f.set(b, add(w, mul(op("i32.mul", [column, depth]), 4)));
      const both = op("i32.lt_s", [add(column, 4), outputs]);
      const tiles = (vectors: number): void => {
        f.count(row, 0, endOfSixes, 6, () => tile(f, work, { rows: 6, vectors }, { a, b, c, depth, outputs }));
        f.count(row, endOfSixes, endOfFives, 5, () => tile(f, work, { rows: 5, vectors }, { a, b, c, depth, outputs }));
        f.count(row, endOfFives, rows, 1, () => tile(f, work, { rows: 1, vectors }, { a, b, c, depth, outputs }));
      };
      f.when(both, () => tiles(2), () => tiles(1));
    });
    return f.finish();
  });
}

interface Locals {
  readonly sums: readonly Local[];
  readonly pointers: readonly Local[];
  readonly b: readonly Local[];
  readonly x: Local;
  readonly k: Local;
  readonly w: Local;
}

function locals(f: FunctionBuilder): Locals {
  return {
    sums: Array.from({ length: 12 }, (_, i) => f.local("v128", `sum${i}`)),
    pointers: Array.from({ length: 6 }, (_, i) => f.local("i32", `x${i}`)),
    b: [f.local("v128", "b0"), f.local("v128", "b1")],
    x: f.local("v128", "v"),
    k: f.local("i32", "k"),
    w: f.local("i32", "w0"),
  };
}

/** One tile; afterwards `a` and `c` are those of the next. */
function tile(f: FunctionBuilder, l: Locals, { rows, vectors }: { readonly rows: number; readonly vectors: number }, at: { readonly a: Local; readonly b: Local; readonly c: Local; readonly depth: Local; readonly outputs: Local }): void {
  const sums = l.sums.slice(0, rows * vectors);
  const pointers = l.pointers.slice(0, rows);
  for (const sum of sums) f.set(sum, splat(0));
  pointers.forEach((p, i) => f.set(p, i === 0 ? at.a : add(pointers[i - 1]!, mul(at.depth, 4))));
  f.set(l.w, at.b);
  f.count(l.k, 0, at.depth, UNROLLED, () => {
    for (let u = 0; u < UNROLLED; u++) {
      for (let v = 0; v < vectors; v++) f.set(l.b[v]!, load("v128.load", l.w, 32 * u + 16 * v));
      pointers.forEach((p, i) => {
        f.set(l.x, load("v128.load32_splat", p, 4 * u));
        for (let v = 0; v < vectors; v++) f.set(sums[i * vectors + v]!, madd(l.x, l.b[v]!, sums[i * vectors + v]!));
      });
    }
    for (const p of pointers) f.advance(p, 4 * UNROLLED);
    f.advance(l.w, 32 * UNROLLED);
  });
  f.set(at.a, pointers.at(-1)!); // the end of the last row is the start of the next tile
  for (let i = 0; i < rows; i++) {
    for (let v = 0; v < vectors; v++) f.store("v128.store", at.c, 16 * v, sums[i * vectors + v]!);
    f.advance(at.c, mul(at.outputs, 4));
  }
}
