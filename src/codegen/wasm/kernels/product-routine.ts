// The plain matrix product as a routine of run-time sizes: what Winograd's points call. x is [rows, depth], its rows perhaps apart,
// w in panels, y [rows, outputs]; depth and outputs are multiples of four.
import { add, load, madd, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { FunctionBuilder } from "../assembler/function.ts";
import type { Emission } from "../kernel.ts";
import { fusesProducts, inOrder, ROWS } from "../registers.ts";
import { PANEL } from "./product.ts";

const UNROLLED = 2;
/** Bytes of the second cache's unit. */
const LINE = 64;

/** Its name: name(x, w, y, rows, depth, outputs, stride), where stride is the elements from a row of x to the next. */
export function productRoutine(to: Emission): string {
  return to.routine("product", (name) => {
    const f = new FunctionBuilder(name, "y[rows, outputs] = x[rows, depth] · w[outputs / 8][depth][8]");
    const [x, w, y, rows, depth, outputs, stride] = ["x", "w", "y", "rows", "depth", "outputs", "stride"].map((p) => f.parameter("i32", p)) as [Local, Local, Local, Local, Local, Local, Local];
    const work = locals(f);
    const { sixes, fives, fours, threes } = ends(f, rows);
    const column = f.local("i32", "column");
    const [a, c, b, row] = ["a", "c", "b", "row"].map((n) => f.local("i32", n)) as [Local, Local, Local, Local];
    f.count(column, 0, outputs, 8, () => {
      f.set(a, x);
      f.set(c, add(y, mul(column, 4)));
      f.set(b, add(w, mul(op("i32.mul", [column, depth]), 4)));
      f.set(work.ahead, add(b, mul(depth, 4 * PANEL)));
      const both = op("i32.lt_s", [add(column, 4), outputs]);
      const tiles = (vectors: number): void => {
        const until = (from: Operand, to: Operand, size: number): void => f.count(row, from, to, size, () => tile(f, work, { rows: size, vectors }, { a, b, c, depth, outputs, stride }));
        until(0, sixes, 6);
        until(sixes, fives, 5);
        until(fives, fours, 4);
        until(fours, threes, 3);
        until(threes, rows, 1);
      };
      f.when(both, () => tiles(2), () => tiles(1));
    });
    return f.finish();
  });
}

/**
 * Where the tiles of each size end: rows = 6 · sixes + (0, 5, 7 = 4 + 3, 8 = 4 + 4, 9 = 5 + 4 or 10 = 5 + 5) where products are fused,
 * 5 · fives + (0, 3, 4, 6 = 3 + 3 or 7 = 4 + 3) where they are not; of one or two rows each is alone.
 */
function ends(f: FunctionBuilder, rows: Local): { readonly sixes: Local; readonly fives: Local; readonly fours: Local; readonly threes: Local } {
  const fuses = fusesProducts(f);
  const rest = f.let("rest", rows);
  const is = (count: number): Expression => op("i32.eq", [rest, count]);
  const restOf = (least: number, size: number): Expression => add(op("i32.rem_u", [sub(rows, least), size]), least);
  f.when(
    fuses,
    () => {
      f.when(op("i32.gt_s", [rows, 9]), () => f.set(rest, restOf(4, ROWS.fused)));
      f.when(is(6), () => f.set(rest, 0));
      f.when(op("i32.and", [is(4), op("i32.gt_s", [rows, 9])]), () => f.set(rest, 10));
    },
    () => f.when(op("i32.gt_s", [rows, 7]), () => f.set(rest, restOf(3, ROWS.plain))),
  );
  const wide = f.let("wide", sub(rows, rest));
  const sixes = f.let("sixes", op("i32.mul", [wide, fuses]));
  const fives = f.let("fives", add(wide, mul(add(is(5), is(9), mul(is(10), 2)), 5)));
  const three = f.let("three", mul(add(is(3), is(7), mul(is(6), 2)), 3));
  const fours = f.let("fours", add(fives, op("i32.and", [sub(sub(rows, fives), three), -4])));
  return { sixes, fives, fours, threes: f.let("threes", add(fours, three)) };
}

interface Locals {
  readonly sums: readonly Local[];
  readonly pointers: readonly Local[];
  readonly b: readonly Local[];
  readonly x: Local;
  readonly k: Local;
  readonly w: Local;
  /** Weights of the next panel, read for nothing but that they come from memory while this one is multiplied. */
  readonly ahead: Local;
  readonly touched: Local;
}

function locals(f: FunctionBuilder): Locals {
  return {
    sums: Array.from({ length: 12 }, (_, i) => f.local("v128", `sum${i}`)),
    pointers: Array.from({ length: 6 }, (_, i) => f.local("i32", `x${i}`)),
    b: [f.local("v128", "b0"), f.local("v128", "b1")],
    x: f.local("v128", "v"),
    k: f.local("i32", "k"),
    w: f.local("i32", "w0"),
    ahead: f.local("i32", "ahead"),
    touched: f.local("v128", "touched"),
  };
}

/** One tile; afterwards `a` and `c` are those of the next. */
function tile(f: FunctionBuilder, l: Locals, { rows, vectors }: { readonly rows: number; readonly vectors: number }, at: { readonly a: Local; readonly b: Local; readonly c: Local; readonly depth: Local; readonly outputs: Local; readonly stride: Local }): void {
  const sums = l.sums.slice(0, rows * vectors);
  const pointers = l.pointers.slice(0, rows);
  for (const sum of sums) f.set(sum, splat(0));
  pointers.forEach((p, i) => f.set(p, i === 0 ? at.a : add(pointers[i - 1]!, mul(at.stride, 4))));
  f.set(l.w, at.b);
  inOrder(f, at.b, (settle) => f.count(l.k, 0, at.depth, UNROLLED, () => {
    for (let u = 0; u < UNROLLED; u++) {
      for (let v = 0; v < vectors; v++) f.set(l.b[v]!, load("v128.load", l.w, 32 * u + 16 * v));
      pointers.forEach((p, i) => {
        f.set(l.x, load("v128.load32_splat", p, 4 * u));
        for (let v = 0; v < vectors; v++) f.set(sums[i * vectors + v]!, madd(l.x, l.b[v]!, sums[i * vectors + v]!));
        if (rows < ROWS.fused) settle();
      });
    }
    f.set(l.touched, load("v128.load", l.ahead));
    f.advance(l.ahead, (LINE / 4) * UNROLLED);
    for (const p of pointers) f.advance(p, 4 * UNROLLED);
    f.advance(l.w, 32 * UNROLLED);
  }));
  f.advance(at.a, mul(at.stride, 4 * rows));
  for (let i = 0; i < rows; i++) {
    for (let v = 0; v < vectors; v++) f.store("v128.store", at.c, 16 * v, sums[i * vectors + v]!);
    f.advance(at.c, mul(at.outputs, 4));
  }
}
