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
  /** Between neighbours along the axis. */
  readonly between: number;
}

export interface Padding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
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
    const places = indicesOf(f, unit, sizes).map((i, k) => (outer[k]!.low.k === 0 ? i : sub(i, amount(n, outer[k]!.low))));
    const indices = places.map((i, k) => (outer[k]!.between === 0 ? i : op("i32.div_u", [i, outer[k]!.between + 1])));
    const at = f.let("to", add(y, mul(unit, bytesOf(n, axes.slice(level).map(total)))));
    const from = f.let("from", add(x, ...indices.map((i, k) => mul(i, bytesOf(n, axes.slice(k + 1).map((a) => a.size))))));
    const writer = new Writer(frame, value, from, at);
    let write = (): void => inside(writer, axes.slice(level));
    outer.forEach((a, k) => {
      if (a.low.k + a.high.k + a.between === 0) return;
      const within = write;
      const inside = op("i32.lt_u", [indices[k]!, amount(n, a.size)]);
      const element = a.between === 0 ? inside : op("i32.and", [inside, op("i32.eqz", [op("i32.rem_u", [places[k]!, a.between + 1])])]);
      write = () => f.when(element, within, () => writer.fill(axes.slice(level).map(total)));
    });
    write();
  });
}

/** Neighbours joined where the inner is not padded and the outer not spread. */
function axesOf(shape: readonly Dim[], { low, high, interior }: Padding): PaddedAxis[] {
  const axes: PaddedAxis[] = [];
  shape.forEach((d, k) => {
    const axis = { low: quantity(low[k]!), size: quantity(d), high: quantity(high[k]!), between: d === 1 ? 0 : (interior[k] ?? 0) };
    const outer = axes.at(-1);
    const joined = outer && outer.between === 0 && low[k]! + high[k]! + axis.between === 0;
    if (joined) axes[axes.length - 1] = { low: times(outer.low, axis.size), size: times(outer.size, axis.size), high: times(outer.high, axis.size), between: 0 };
    else axes.push(axis);
  });
  return axes.length > 0 ? axes : [{ low: quantity(0), size: quantity(), high: quantity(0), between: 0 }];
}

function times(a: Quantity, b: Quantity): Quantity {
  return { k: a.k * b.k, batched: a.k * b.k > 0 && (a.batched || b.batched) };
}

function total({ low, size, high, between }: PaddedAxis): Quantity {
  return { k: low.k + size.k + (size.k - 1) * between + high.k, batched: size.batched };
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
  const one = quantity(1);
  const element = (): void => (inner.length === 0 ? writer.copy(one) : inside(writer, inner));
  if (axis.between > 0) {
    writer.repeat(quantity(axis.size.k - 1), () => {
      element();
      writer.fill([quantity(axis.between), ...inner.map(total)]);
    });
    element();
  } else if (inner.length === 0) writer.copy(axis.size);
  else writer.repeat(axis.size, element);
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
