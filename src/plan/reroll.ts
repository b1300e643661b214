// Re-rolling: a table whose rows repeat with evenly growing numbers becomes loops, so that a network of 1,200 layers is written as
// briefly as one of 20. In: rows. Out: rows and loops over rows and loops. Law: `expand(reroll(rows))` is `rows`, exactly.
//
// For each period p, shortest first, runs of items that are alike at distance p and progress evenly become one item, a loop; then
// again, until nothing changes: so loops nest. One sweep takes at most items × MAX_PERIOD comparisons.

export interface Row {
  /** Rows are alike if their keys are equal and they have as many numbers. */
  readonly key: string;
  /** Integers. */
  readonly numbers: readonly number[];
}

export type Rolled =
  | ({ readonly kind: "row" } & Row)
  | {
      readonly kind: "loop";
      readonly count: number;
      readonly body: readonly Rolled[];
      /** For each row written in `body`, in order, what each iteration adds to its numbers. Rows of an inner loop count once. */
      readonly strides: readonly (readonly number[])[];
    };

const MAX_PERIOD = 128;
/** Any two blocks progress evenly, and are as easily read without a loop. */
const LEAST = 3;

export function reroll(rows: readonly Row[]): readonly Rolled[] {
  const shapes = new Shapes();
  let items: readonly Item[] = rows.map((r) => ({ rolled: { kind: "row", ...r }, shape: shapes.id(`${r.numbers.length} ${r.key}`), numbers: r.numbers, widths: [r.numbers.length] }));
  for (let before = -1; before !== items.length; ) {
    before = items.length;
    for (let period = 1; period * LEAST <= items.length && period <= MAX_PERIOD; period++) items = rollPeriod(items, period, shapes);
  }
  return items.map((i) => i.rolled);
}

/** The rows that rolled ones stand for. */
export function expand(rolled: readonly Rolled[]): readonly Row[] {
  return rolled.flatMap((r) => {
    if (r.kind === "row") return [{ key: r.key, numbers: r.numbers }];
    const rows: Row[] = [];
    for (let i = 0; i < r.count; i++) rows.push(...expand(advance(r.body, r.strides, i)));
    return rows;
  });
}

/** The body in its i-th iteration. */
function advance(body: readonly Rolled[], strides: readonly (readonly number[])[], i: number): readonly Rolled[] {
  let next = 0;
  const move = (r: Rolled): Rolled => {
    if (r.kind === "loop") return { ...r, body: r.body.map(move) };
    const by = strides[next++]!;
    return { ...r, numbers: r.numbers.map((v, k) => v + i * by[k]!) };
  };
  return body.map(move);
}

/** A row or loop with what is compared of it. */
interface Item {
  readonly rolled: Rolled;
  /** Equal for items that differ in their numbers alone. */
  readonly shape: number;
  /** Of all rows written in it, one after the other. */
  readonly numbers: readonly number[];
  /** How many of them each row has. */
  readonly widths: readonly number[];
}

class Shapes {
  readonly #ids = new Map<string, number>();

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) this.#ids.set(text, (id = this.#ids.size));
    return id;
  }
}

/** Each longest run of at least LEAST repetitions with this period as a loop. */
function rollPeriod(items: readonly Item[], period: number, shapes: Shapes): readonly Item[] {
  const out: Item[] = [];
  let from = 0; // what is not in `out` yet
  for (let i = 0; i + 2 * period < items.length; ) {
    let end = i;
    while (end + 2 * period < items.length && evenly(items[end]!, items[end + period]!, items[end + 2 * period]!)) end++;
    if (end - i >= period) {
      const count = Math.floor((end - i) / period) + 2;
      for (; from < i; from++) out.push(items[from]!);
      out.push(loopOf(items.slice(i, i + 2 * period), count, shapes));
      from = i = i + count * period;
    } else i = end + 1;
  }
  return from === 0 ? items : out.concat(items.slice(from));
}

/** Are the three alike, with numbers in arithmetic progression? */
function evenly(a: Item, b: Item, c: Item): boolean {
  if (a.shape !== b.shape || b.shape !== c.shape) return false;
  const [x, y, z] = [a.numbers, b.numbers, c.numbers];
  for (let k = 0; k < x.length; k++) if (y[k]! - x[k]! !== z[k]! - y[k]!) return false;
  return true;
}

/** `count` repetitions as a loop, told by the first two. */
function loopOf(two: readonly Item[], count: number, shapes: Shapes): Item {
  const body = two.slice(0, two.length / 2);
  const numbers = body.flatMap((i) => i.numbers);
  const next = two.slice(two.length / 2).flatMap((i) => i.numbers);
  const widths = body.flatMap((i) => i.widths);
  let at = 0;
  const strides = widths.map((w) => next.slice(at, (at += w)).map((v, k) => v - numbers[at - w + k]!));
  const shape = shapes.id(`loop ${count} ${body.map((i) => i.shape).join()} by ${strides.join()}`);
  return { rolled: { kind: "loop", count, body: body.map((i) => i.rolled), strides }, shape, numbers, widths };
}
