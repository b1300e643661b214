// The sum of products that convolutions and matrix products are made of: y[p, o] = Σₖ x[address(p) + k] · w[k, o], with the epilogue in
// registers. Six or five pixels by eight channels are summed at once, five or four where the engine does not fuse products with sums
// (`registers.ts`). Six and five make every count of pixels from twenty on, five and four from twelve; what is left is summed one by one.
// In: x channels last; w packed in panels [outputs / 8][depth][8] (`packing.ts`).
import { add, load, madd, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import { storeLanes } from "../vectors.ts";
import type { Epilogue } from "../epilogue.ts";
import { groupsOf } from "../kernel.ts";
import { fusesProducts, inOrder, ROWS } from "../registers.ts";

export const PANEL = 8;
/** Sums of one pixel alone, so that they need not wait for each other; products of a pixel of several that are written out in a row. */
const SPLIT = 4;
const UNROLLED = 2;
/** A line of the caches, in elements. */
export const APART = 16;

/** What is summed for one pixel: loops, outermost first, around a run of neighbouring elements. */
export interface Depth {
  readonly loops: readonly { readonly count: number; readonly step: number }[]; // elements of x from one iteration to the next
  readonly run: number;
}

export function depthOf({ loops, run }: Depth): number {
  return loops.reduce((product, l) => product * l.count, run);
}

/** The same with loops that go on where the run ends made part of it. */
export function joined({ loops, run }: Depth): Depth {
  const kept = loops.filter((l) => l.count > 1);
  const last = kept.at(-1);
  return last && last.step === run ? joined({ loops: kept.slice(0, -1), run: run * last.count }) : { loops: kept, run };
}

export interface Product {
  readonly depth: Depth;
  readonly outputs: number;
  /** Bytes between the elements of neighbouring pixels, where it is always the same; null: `address` is asked for each pixel. */
  readonly pixelStep: number | null;
  readonly fused: boolean;
  /** A pixel alone may be summed in several sums: where pieces are the same for any number of threads. */
  readonly split: boolean;
}

/**
 * Elements from one row of x to the next where a copy is made for the product. A tile reads six rows at once: where they lie a multiple of
 * a kilobyte apart, they fall into the same few sets of the first cache, and a product takes up to two and a half times as long.
 */
export function rowStep(depth: number): number {
  return collides(depth) ? depth + APART : depth;
}

/** Do rows of so many elements fall into the same sets? */
export function collides(depth: number): boolean {
  return depth % 256 === 0;
}

/** Where one piece of work lies. */
export interface Piece {
  /** Pixels. */
  readonly count: Operand;
  /** Address of the first element that is summed for pixel p of the piece. */
  address(p: Operand): Expression;
  /** Address of the first weight. */
  readonly weights: Operand;
  /** Index of pixel p in the result. */
  result(p: Operand): Expression;
  /** The result's channel that the first panel begins with. */
  readonly channel: Operand;
  /** Panels [from, to) are computed. */
  readonly panels: { readonly from: Operand; readonly to: Operand };
}

interface Tile {
  readonly rows: number;
  readonly vectors: number;
  /** Columns that are stored. */
  readonly columns: number;
}

export class ProductEmitter {
  readonly #f: FunctionBuilder;
  readonly #product: Product;
  readonly #epilogue: Epilogue;
  readonly #pointers: readonly Local[];
  readonly #sums: readonly Local[];
  readonly #weights: Local;
  readonly #b: readonly [Local, Local];
  readonly #x: Local;
  readonly #p: Local;
  readonly #channel: Local;
  readonly #counters: readonly Local[];
  /** 1 where products are fused, so that tiles may be wider; null: they never are. */
  readonly #fuses: Local | null;

  constructor(f: FunctionBuilder, product: Product, epilogue: Epilogue) {
    this.#f = f;
    this.#product = { ...product, depth: joined(product.depth) };
    this.#epilogue = epilogue;
    this.#pointers = Array.from({ length: product.pixelStep === null ? ROWS.fused : 1 }, (_, i) => f.local("i32", `x${i}`));
    this.#sums = Array.from({ length: 2 * ROWS.fused }, (_, i) => f.local("v128", `sum${i}`));
    this.#weights = f.local("i32", "b");
    this.#b = [f.local("v128", "b0"), f.local("v128", "b1")];
    this.#x = f.local("v128", "a");
    this.#p = f.local("i32", "p");
    this.#channel = f.local("i32", "channel");
    this.#fuses = product.fused ? fusesProducts(f) : null;
    this.#counters = [...this.#product.depth.loops.map((_, i) => f.local("i32", `k${i}`)), f.local("i32", "k")];
  }

  /** All pixels of the piece for each of its panels. */
  emit(piece: Piece): void {
    const f = this.#f;
    const count = f.let("count", piece.count);
    const { endOfSixes, endOfFives, endOfFours } = this.#ends(count);
    const panel = f.local("i32", "panel");
    const whole = Math.floor(this.#product.outputs / PANEL);
    const rest = this.#product.outputs % PANEL;
    const tiles = (columns: number): void => {
      this.#epilogue.panel(this.#channel, columns);
      const vectors = columns > 4 ? 2 : 1;
      if (this.#fuses) this.#loop(piece, panel, 0, endOfSixes, { rows: 6, vectors, columns });
      this.#loop(piece, panel, endOfSixes, endOfFives, { rows: 5, vectors, columns });
      this.#loop(piece, panel, endOfFives, endOfFours, { rows: 4, vectors, columns });
      this.#loop(piece, panel, endOfFours, count, { rows: 1, vectors, columns });
    };
    f.count(panel, piece.panels.from, piece.panels.to, 1, () => {
      f.set(this.#channel, add(piece.channel, mul(panel, PANEL)));
      if (rest === 0) tiles(PANEL);
      else if (whole === 0) tiles(rest);
      else f.when(op("i32.lt_s", [panel, whole]), () => tiles(PANEL), () => tiles(rest));
    });
  }

  /** count = w · wide + (w − 1) · narrow + ones, where w is 6 or 5; all are wide or narrow if they can be. */
  #ends(count: Local): { readonly endOfSixes: Operand; readonly endOfFives: Local; readonly endOfFours: Local } {
    const f = this.#f;
    const MULTIPLE = 2_147_483_640; // of both, above any count
    const w = f.let("wide", this.#fuses ? add(this.#fuses, ROWS.plain) : ROWS.plain);
    const narrow = f.let("narrow", op("i32.rem_u", [sub(MULTIPLE, count), w]));
    const ones = f.let("ones", 0);
    f.when(op("i32.gt_s", [op("i32.mul", [narrow, add(w, -1)]), count]), () => {
      f.set(narrow, 0);
      f.set(ones, op("i32.rem_u", [count, w]));
    });
    const endOfFours = f.let("endOfFours", sub(count, ones));
    const endOfWide = f.let("endOfWide", sub(endOfFours, op("i32.mul", [narrow, add(w, -1)])));
    if (!this.#fuses) return { endOfSixes: 0, endOfFives: endOfWide, endOfFours };
    const endOfSixes = f.let("endOfSixes", op("i32.mul", [endOfWide, this.#fuses]));
    f.when(this.#fuses, () => f.set(endOfWide, endOfFours));
    return { endOfSixes, endOfFives: endOfWide, endOfFours };
  }

  #loop(piece: Piece, panel: Local, from: Operand, to: Operand, tile: Tile): void {
    this.#f.count(this.#p, from, to, tile.rows, () => this.#tile(piece, panel, tile));
  }

  #tile(piece: Piece, panel: Local, tile: Tile): void {
    const f = this.#f;
    const { pixelStep, depth } = this.#product;
    this.#pointers.slice(0, tile.rows).forEach((x, i) => f.set(x, piece.address(add(this.#p, i))));
    f.set(this.#weights, add(piece.weights, mul(panel, depthOf(depth) * PANEL * 4)));
    const split = tile.rows === 1 && this.#product.split ? SPLIT : 1; // one pixel alone: several sums, so that they need not wait for each other
    const sums = this.#sums.slice(0, tile.rows * tile.vectors * split);
    for (const sum of sums) f.set(sum, splat(0));
    inOrder(f, this.#weights, (settle) => this.#loops(0, tile, sums, split, pixelStep, tile.rows === ROWS.fused ? () => undefined : settle));
    for (let k = tile.vectors; k < sums.length && split > 1; k++) f.set(sums[k % tile.vectors]!, op("f32x4.add", [sums[k % tile.vectors]!, sums[k]!]));
    this.#finish(piece, tile, sums);
  }

  #loops(level: number, tile: Tile, sums: readonly Local[], split: number, pixelStep: number | null, settle: () => void): void {
    const f = this.#f;
    const { loops, run } = this.#product.depth;
    const loop = loops[level];
    if (!loop) return this.#run(tile, sums, split, pixelStep, settle);
    const inner = loops[level + 1];
    const walked = inner ? inner.count * inner.step : run;
    f.count(this.#counters[level]!, 0, loop.count, 1, () => {
      this.#loops(level + 1, tile, sums, split, pixelStep, settle);
      for (const x of this.#rowsOf(tile)) f.advance(x, 4 * (loop.step - walked));
    });
  }

  #rowsOf(tile: Tile): readonly Local[] {
    return this.#pointers.slice(0, tile.rows);
  }

  /** The innermost run; afterwards every pointer is behind what was read. */
  #run(tile: Tile, sums: readonly Local[], split: number, pixelStep: number | null, settle: () => void): void {
    const f = this.#f;
    const { run } = this.#product.depth;
    if (run === 0) return;
    const step = Math.min(run, tile.rows === 1 ? SPLIT : UNROLLED);
    const whole = Math.floor(run / step);
    const once = (length: number): void => {
      for (let u = 0; u < length; u++) this.#products(u, tile, sums, u % split, pixelStep, settle);
      for (const x of this.#rowsOf(tile)) f.advance(x, 4 * length);
      f.advance(this.#weights, 4 * PANEL * length);
    };
    if (whole === 1) once(step);
    else f.count(this.#counters.at(-1)!, 0, whole, 1, () => once(step));
    if (run % step > 0) once(run % step);
  }

  #products(u: number, tile: Tile, sums: readonly Local[], group: number, pixelStep: number | null, settle: () => void): void {
    const f = this.#f;
    for (let v = 0; v < tile.vectors; v++) f.set(this.#b[v]!, load("v128.load", this.#weights, 4 * (u * PANEL + 4 * v)));
    for (let i = 0; i < tile.rows; i++) {
      f.set(this.#x, pixelStep === null ? load("v128.load32_splat", this.#pointers[i]!, 4 * u) : load("v128.load32_splat", this.#pointers[0]!, 4 * u + i * pixelStep));
      for (let v = 0; v < tile.vectors; v++) {
        const sum = sums[(group * tile.rows + i) * tile.vectors + v]!;
        const b = this.#b[v]!;
        f.set(sum, this.#product.fused ? madd(this.#x, b, sum) : op("f32x4.add", [sum, op("f32x4.mul", [this.#x, b])]));
      }
      settle();
    }
  }

  #finish(piece: Piece, tile: Tile, sums: readonly Local[]): void {
    const f = this.#f;
    for (let i = 0; i < tile.rows; i++) {
      const pixel = piece.result(add(this.#p, i));
      this.#epilogue.pixel(pixel, this.#channel);
      for (let v = 0; v < tile.vectors; v++) {
        const sum = sums[i * tile.vectors + v]!;
        f.set(sum, this.#epilogue.value(sum, v));
        storeLanes(f, this.#epilogue.address, 16 * v, sum, Math.min(4, tile.columns - 4 * v));
      }
    }
  }
}

/** Pieces of work over all pixels: blocks of them whose x stays in the second cache, by groups of panels whose weights do. */
export function blocksOf(product: Product, plane: number): { readonly pixels: number; readonly panels: number } {
  const CACHE = 131_072;
  const bytes = 4 * depthOf(product.depth);
  const panels = Math.max(1, Math.floor(CACHE / (bytes * PANEL)));
  const groups = Math.ceil(product.outputs / PANEL / panels);
  const fair = Math.ceil(plane / groupsOf(groups, plane) / 6) * 6; // pixels, so that an image is work for several threads
  return { pixels: Math.max(30, Math.min(fair, Math.floor(CACHE / bytes / 6) * 6)), panels };
}
