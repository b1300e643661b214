// pad: the result is written from its first element to its last, what is around as what is inside.
import type { Dim } from "../../../ir/type.ts";
import { add, expression, load, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { shared, type Frame } from "../kernel.ts";
import { amount, BYTES, finely, indicesOf, storeRun } from "../loops.ts";
import { quantity, type Quantity } from "../../axes.ts";

/** How many there are before, inside, after. Where the axis has others joined to it, all in elements of those. */
interface PaddedAxis {
  readonly low: Quantity;
  readonly size: Quantity;
  readonly high: Quantity;
}

export interface Padding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly value: number;
}

export function emitPad(frame: Frame, shape: readonly Dim[], padding: Padding): void {
  const { f, n, y } = frame;
  const [x] = frame.operands as [Local];
  const axes = axesOf(shape, padding);
  const value = f.let("value", splat(padding.value));
  const level = levelOf(axes);
  const outer = axes.slice(0, level);
  const sizes = outer.map((a) => amount(n, total(a)));
  shared(frame, sizes.reduce<Expression>((product, s) => mul(product, s), expression(1)), (unit) => {
    const indices = indicesOf(f, unit, sizes).map((i, k) => (outer[k]!.low.k === 0 ? i : sub(i, amount(n, outer[k]!.low))));
    const at = f.let("to", add(y, mul(unit, bytesOf(n, axes.slice(level).map(total)))));
    const from = f.let("from", add(x, ...indices.map((i, k) => mul(i, bytesOf(n, axes.slice(k + 1).map((a) => a.size))))));
    const writer = new Writer(frame, value, from, at);
    let write = (): void => inside(writer, axes.slice(level));
    outer.forEach((a, k) => {
      if (a.low.k + a.high.k === 0) return;
      const within = write;
      write = () => f.when(op("i32.lt_u", [indices[k]!, amount(n, a.size)]), within, () => writer.fill(axes.slice(level).map(total)));
    });
    write();
  });
}

/** Neighbours joined where the inner is not padded. */
function axesOf(shape: readonly Dim[], { low, high }: Padding): PaddedAxis[] {
  const axes: PaddedAxis[] = [];
  shape.forEach((d, k) => {
    const axis = { low: quantity(low[k]!), size: quantity(d), high: quantity(high[k]!) };
    const outer = axes.at(-1);
    if (outer && low[k]! + high[k]! === 0) axes[axes.length - 1] = { low: times(outer.low, axis.size), size: times(outer.size, axis.size), high: times(outer.high, axis.size) };
    else axes.push(axis);
  });
  return axes.length > 0 ? axes : [{ low: quantity(0), size: quantity(), high: quantity(0) }];
}

function times(a: Quantity, b: Quantity): Quantity {
  return { k: a.k * b.k, batched: a.k * b.k > 0 && (a.batched || b.batched) };
}

function total({ low, size, high }: PaddedAxis): Quantity {
  return { k: low.k + size.k + high.k, batched: size.batched };
}

function bytesOf(n: Operand, sizes: readonly Quantity[]): Expression {
  return amount(n, sizes.reduce(times, quantity(BYTES)));
}

/** How many of the outermost axes make the pieces of work: never the last. */
function levelOf(axes: readonly PaddedAxis[]): number {
  let pieces = 1;
  let level = 0;
  while (level < axes.length - 1 && pieces < finely.pieces) pieces *= total(axes[level++]!).k;
  return level;
}

/** What lies inside the padding of the axes before. */
function inside(writer: Writer, axes: readonly PaddedAxis[]): void {
  const [axis, ...inner] = axes as [PaddedAxis, ...PaddedAxis[]];
  writer.fill([axis.low, ...inner.map(total)]);
  if (inner.length === 0) writer.copy(axis.size);
  else writer.repeat(axis.size, () => inside(writer, inner));
  writer.fill([axis.high, ...inner.map(total)]);
}

/** Goes through x and y from where they begin. */
class Writer {
  readonly #frame: Frame;
  readonly #value: Local;
  readonly #x: Local;
  readonly #y: Local;

  constructor(frame: Frame, value: Local, x: Local, y: Local) {
    this.#frame = frame;
    this.#value = value;
    this.#x = x;
    this.#y = y;
  }

  fill(sizes: readonly Quantity[]): void {
    const { f, n } = this.#frame;
    const size = sizes.reduce(times);
    if (size.k === 0) return;
    const y = f.let("at", this.#y);
    storeRun(f, { count: amount(n, size), even: size.k % 4 === 0 }, y, [y], 4, (vectors, store) => {
      for (let v = 0; v < vectors; v++) store(v, this.#value);
    });
    f.advance(this.#y, bytesOf(n, [size]));
  }

  copy(size: Quantity): void {
    const { f, n } = this.#frame;
    const x = f.let("x", this.#x);
    const y = f.let("at", this.#y);
    storeRun(f, { count: amount(n, size), even: size.k % 4 === 0 }, y, [x, y], 4, (vectors, store) => {
      for (let v = 0; v < vectors; v++) store(v, load("v128.load", x, 16 * v));
    });
    f.advance(this.#x, bytesOf(n, [size]));
    f.advance(this.#y, bytesOf(n, [size]));
  }

  repeat(size: Quantity, body: () => void): void {
    const { f, n } = this.#frame;
    f.count(f.local("i32", "l"), 0, amount(n, size), 1, body);
  }
}
