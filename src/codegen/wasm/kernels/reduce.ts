// reduce: the sum or the maximum over some axes. Where x's innermost axis stays, results are summed side by side, a few vectors at a
// time in registers, of few vectors several rows, and of many rows in blocks, so that no sum of rounded numbers is long; where it goes,
// one result is the sum of the lanes of a few vectors. The epilogue is applied in registers.
import type { reduce } from "../../../ops/core/reduce.ts";
import { arg } from "../../../ir/scalar.ts";
import { add, expression, load, mul, op, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { WasmFunction } from "../assembler/function.ts";
import { Accumulators, type Combination } from "../accumulators.ts";
import { frameOf, type CoreNode, type Emission, type Frame, type Kernel, type SchemaOf } from "../kernel.ts";
import { amount, BYTES, isFixed, storeRun, walk, type Length, type Split } from "../loops.ts";
import { loadVector, Scratchpad, vectorCode } from "../vectors.ts";
import { lanes } from "./move-transpose.ts";
import { extraNames, fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";
import { broadcastStrides, joinAxes, rowMajor, type Axis } from "../../axes.ts";

type Reduce = CoreNode<SchemaOf<typeof reduce>>;

/** Vectors of results side by side: with what goes with them, registers for all. */
const WIDTH: { readonly [C in Combination]: number } = { sum: 8, max: 4 };
/** Vectors of one result that are summed independently: an addition takes four cycles. */
const STRANDS = 4;
/** Rows that are summed one after the other, at most. */
const BLOCK = 256;
/** Sums of blocks pay where a block is no shorter. */
const WORTH = 16;
/** Pieces are not narrower than a line of the cache. */
const across: Split = { pieces: 16, grain: 16 };
const along: Split = { pieces: 64, grain: 1 };

export const reduceKernel: Kernel<SchemaOf<typeof reduce>> = {
  select: (node) => ({ label: shapeLabel(node.attrs.kind, node.inputs[0]!), packs: [], scratch: fixed(0), inPlace: inPlaceOperands(node, 1) }),
  emit: (node, to) => {
    const frame = frameOf(node, to, ["x", ...extraNames(node, 1)]);
    const { outer, inner } = axesOf(node);
    const r = new Reduction(frame, node, to, outer, inner);
    return isFixed(inner.at(-1)?.strides[0], 1) ? r.emitAlong() : r.emitAcross();
  },
};

/** The axes that stay, with the strides of x, the extras and y; those that go, with x's. */
function axesOf(node: Reduce): { readonly outer: readonly Axis[]; readonly inner: readonly Axis[] } {
  const { axes, keep } = node.attrs;
  const { shape } = node.inputs[0]!.type;
  const own = rowMajor(shape);
  const kept = shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const stayed = <T>(strides: readonly T[]): T[] => (keep ? kept.map((k) => strides[k]!) : [...strides]);
  const arrays = [kept.map((k) => own[k]!), ...node.inputs.slice(1).map((e) => stayed(broadcastStrides(e.type.shape, node.type.shape))), stayed(rowMajor(node.type.shape))];
  return {
    outer: joinAxes(kept.map((k) => shape[k]!), arrays),
    inner: joinAxes(axes.map((k) => shape[k]!), [axes.map((k) => own[k]!)]),
  };
}

class Reduction {
  readonly #frame: Frame;
  readonly #node: Reduce;
  readonly #to: Emission;
  readonly #outer: readonly Axis[];
  readonly #inner: readonly Axis[];
  readonly #pad: Scratchpad;
  readonly #sums: Accumulators;
  /** Of blocks. */
  readonly #totals: Accumulators | null;

  constructor(frame: Frame, node: Reduce, to: Emission, outer: readonly Axis[], inner: readonly Axis[]) {
    this.#frame = frame;
    this.#node = node;
    this.#to = to;
    this.#outer = outer;
    this.#inner = inner;
    this.#pad = new Scratchpad(frame.f);
    this.#sums = new Accumulators(frame.f, node.attrs.kind as Combination, WIDTH[node.attrs.kind as Combination]);
    this.#totals = this.#inBlocks() ? new Accumulators(frame.f, "sum", WIDTH.sum, "total") : null;
  }

  #inBlocks(): boolean {
    const last = this.#inner.at(-1);
    if (this.#node.attrs.kind !== "sum" || !last || isFixed(last.strides[0], 1)) return false;
    const rows = this.#inner.reduce((product, { size }) => product * (size.batched ? Infinity : size.k), 1);
    return rows > BLOCK && (last.size.batched || last.size.k >= WORTH);
  }

  /** Results side by side. */
  emitAcross(): WasmFunction {
    const { f, operands, y } = this.#frame;
    const repeats = this.#repeats();
    walk(this.#frame, this.#outer, [...operands, y], (at, length) => {
      const [x, ...others] = at as [Local, ...Local[]];
      const extras = others.slice(0, -1);
      const from = f.local("i32", "from");
      const width = WIDTH[this.#node.attrs.kind as Combination];
      storeRun(f, length, at.at(-1)!, at.filter((_, k) => !repeats[k]), width, (vectors, store) => {
        const strands = 2 ** Math.floor(Math.log2(width / vectors));
        (this.#totals ?? this.#sums).begin(vectors * strands);
        f.set(from, x);
        this.#loops(0, from, (p) => this.#rows(p, vectors, strands));
        const results = (this.#totals ?? this.#sums).totals(vectors * strands, vectors);
        for (let v = 0; v < vectors; v++) store(v, this.#epilogue(results[v]!, extras.map((e, k) => (repeats[k + 1] ? loadVector(e, 0, true) : loadVector(e, 16 * v, false)))));
      });
    }, across);
    return f.finish();
  }

  /** One result after the other. */
  emitAlong(): WasmFunction {
    const { f, n, operands, y } = this.#frame;
    const run = this.#inner.at(-1)!;
    walk(this.#frame, this.#outer, [...operands, y], (at, length) => {
      const [x, ...others] = at as [Local, ...Local[]];
      const from = f.local("i32", "from");
      f.count(f.local("i32", "result"), 0, length.count, 1, () => {
        this.#sums.begin(STRANDS);
        f.set(from, x);
        this.#loops(0, from, (p) => this.#run(p, { count: amount(n, run.size), even: run.size.k % 4 === 0 }));
        const sum = this.#total();
        f.set(sum, this.#epilogue(sum, others.slice(0, -1).map((e) => loadVector(e, 0, true))));
        f.store("f32.store", at.at(-1)!, 0, op("f32x4.extract_lane", [sum], 0));
        at.forEach((p, k) => f.advance(p, mul(BYTES, amount(n, this.#outer.at(-1)?.strides[k] ?? { k: 0, batched: false }))));
      });
    }, along);
    return f.finish();
  }

  /** Which arrays do not go along with a run of results. */
  #repeats(): readonly boolean[] {
    return [...this.#frame.operands, this.#frame.y].map((_, k) => this.#outer.at(-1)?.strides[k]!.k === 0);
  }

  /** Loops over the axes that go, but for the last. */
  #loops(level: number, at: Local, body: (at: Local) => void): void {
    const { f, n } = this.#frame;
    if (level >= this.#inner.length - 1) return body(at);
    const axis = this.#inner[level]!;
    const p = f.local("i32", `at${level}`);
    f.count(f.local("i32", `k${level}`), 0, amount(n, axis.size), 1, () => {
      f.set(p, at);
      this.#loops(level + 1, p, body);
      f.advance(at, mul(BYTES, amount(n, axis.strides[0]!)));
    });
  }

  /** Takes the last axis that goes in, row by row; in blocks where there are many. Each strand has rows of its own. */
  #rows(at: Local, vectors: number, strands: number): void {
    const { f, n } = this.#frame;
    const axis = this.#inner.at(-1);
    const row = (strand: number): void => {
      for (let v = 0; v < vectors; v++) this.#sums.take(strand * vectors + v, load("v128.load", at, 16 * v));
      if (axis) f.advance(at, mul(BYTES, amount(n, axis.strides[0]!)));
    };
    if (!axis) return row(0);
    const size = axis.size.batched ? f.let("size", amount(n, axis.size)) : axis.size.k;
    if (!this.#totals) return this.#strands(0, size, strands, row);
    const [block, end] = [f.local("i32", "block"), f.local("i32", "blockEnd")];
    f.count(block, 0, size, BLOCK, () => {
      f.set(end, add(block, BLOCK));
      f.when(op("i32.gt_s", [end, size]), () => f.set(end, size));
      this.#sums.begin(vectors * strands);
      this.#strands(block, end, strands, row);
      for (let v = 0; v < vectors * strands; v++) this.#totals!.take(v, this.#sums.result(v));
    });
  }

  /** Rows [from, to), each to the next strand; a rest to the first. */
  #strands(from: Operand, to: Operand, strands: number, row: (strand: number) => void): void {
    const { f } = this.#frame;
    const k = f.local("i32", "k");
    const whole = typeof to === "number" && from === 0 ? to - (to % strands) : f.let("whole", sub(to, op("i32.and", [sub(to, from), strands - 1])));
    f.count(k, from, whole, strands, () => {
      for (let s = 0; s < strands; s++) row(s);
    });
    if (strands > 1 && whole !== to) f.count(k, whole, to, 1, () => row(0));
  }

  /** Takes a run of neighbours in. */
  #run(at: Local, { count, even }: Length): void {
    const { f } = this.#frame;
    const p = f.let("p", at);
    const i = f.local("i32", "i");
    const all = typeof count === "number" ? count : expression(count);
    const known = typeof all === "number" ? all : all.kind === "const" ? all.value : null;
    const step = 4 * STRANDS;
    const size = known ?? f.let("count", all);
    const below = (multiple: number): Operand => (typeof size === "number" ? size - (size % multiple) : op("i32.and", [size, -multiple]));
    f.count(i, 0, below(step), step, () => {
      for (let s = 0; s < STRANDS; s++) this.#sums.take(s, load("v128.load", p, 16 * s));
      f.advance(p, 16 * STRANDS);
    });
    if (known !== null) return this.#knownRest(p, known % step);
    f.count(i, below(step), below(4), 4, () => {
      this.#sums.take(0, load("v128.load", p));
      f.advance(p, 16);
    });
    if (even) return;
    f.count(i, below(4), size, 1, () => {
      this.#sums.take(1, op("f32x4.replace_lane", [this.#sums.neutral, load("f32.load", p)], 0));
      f.advance(p, BYTES);
    });
  }

  #knownRest(p: Local, rest: number): void {
    for (let v = 0; 4 * v < rest; v++) {
      const left = Math.min(4, rest - 4 * v);
      const read = load("v128.load", p, 16 * v);
      this.#sums.take(v, left === 4 ? read : lanes(read, this.#sums.neutral, [0, left > 1 ? 1 : 4, left > 2 ? 2 : 4, 4]));
    }
  }

  /** All lanes of the sums together, in each lane of the result. */
  #total(): Local {
    const { f } = this.#frame;
    const [sum] = this.#sums.totals(STRANDS, 1) as [Local];
    f.set(sum, this.#sums.combined(sum, lanes(sum, sum, [2, 3, 0, 1])));
    f.set(sum, this.#sums.combined(sum, lanes(sum, sum, [1, 0, 3, 2])));
    return sum;
  }

  #epilogue(raw: Local, extras: readonly Operand[]): Expression {
    return vectorCode(this.#frame.f, this.#to, this.#pad, this.#node.attrs.epilogue ?? arg(0), [raw, ...extras]);
  }
}
