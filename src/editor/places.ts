// Fragments → places of a text with what passes them: its type the first and the last time, and how often.
// Law: nothing is expanded. A callee is looked at once, whatever calls it how often.
import { macsOf } from "../compiler/summary.ts";
import { elementsPerSample, tensor, type TensorType } from "../ir/type.ts";
import { totalsOf, type Fragment, type Instruction, type Passage } from "../lower/fragment.ts";
import type { Source, Span } from "../source/text.ts";

/** What passes a place, in one export. */
export interface Place {
  readonly span: Span;
  /** With the fragment that each is of. */
  readonly first: Visited;
  readonly last: Visited;
  readonly count: number;
}

export interface Visited {
  readonly passage: Passage;
  readonly fragment: Fragment;
}

type Places = ReadonlyMap<number, Place>;

/** The places of `source` that the fragment comes by, by `keyOf` their spans. */
export function placesOf(fragment: Fragment, source: Source): Places {
  const done = new Map<Fragment, Places>();
  const visit = (f: Fragment): Places => {
    let places = done.get(f);
    if (!places) done.set(f, (places = gather(f, source, visit)));
    return places;
  };
  return visit(fragment);
}

/** Texts have fewer than 2^20 characters. */
export function keyOf({ start, end }: Span): number {
  return start * 2 ** 20 + end;
}

/** What happens in a fragment, in order: places passed, other fragments called. */
type Event = Passage | { readonly callee: Fragment; readonly times: number };

function events({ instructions, passages, failed }: Fragment): readonly Event[] {
  const out: Event[] = [];
  let done = 0;
  const until = (end: number): void => {
    for (; done < end; done++) out.push(...called(instructions[done]!));
  };
  for (const p of passages) {
    until(p.end);
    out.push(p);
  }
  until(instructions.length);
  return [...out, ...failed.map((callee) => ({ callee, times: 1 }))];
}

function called(i: Instruction): readonly Event[] {
  if (i.kind === "call") return [{ callee: i.callee, times: 1 }];
  return i.kind === "repeat" ? [{ callee: i.body, times: i.count }] : [];
}

function gather(fragment: Fragment, source: Source, visit: (f: Fragment) => Places): Places {
  const all = events(fragment);
  const counts = new Map<number, number>();
  const times = new Map<Fragment, number>();
  for (const e of all) {
    if ("callee" in e) times.set(e.callee, (times.get(e.callee) ?? 0) + e.times);
    else if (e.span.source === source) counts.set(keyOf(e.span), (counts.get(keyOf(e.span)) ?? 0) + 1);
  }
  for (const [callee, n] of times) for (const [key, { count }] of visit(callee)) counts.set(key, (counts.get(key) ?? 0) + count * n);
  const firsts = meet(all, fragment, source, visit, "first");
  const lasts = meet(all.toReversed(), fragment, source, visit, "last");
  return new Map([...firsts].map(([key, first]) => [key, { span: first.passage.span, first, last: lasts.get(key)!, count: counts.get(key)! }]));
}

/** The one that is met first at each place. */
function meet(all: readonly Event[], fragment: Fragment, source: Source, visit: (f: Fragment) => Places, which: "first" | "last"): Map<number, Visited> {
  const met = new Map<number, Visited>();
  const seen = new Set<Fragment>();
  for (const e of all) {
    if (!("callee" in e)) {
      if (e.span.source === source && !met.has(keyOf(e.span))) met.set(keyOf(e.span), { passage: e, fragment });
    } else if (!seen.has(e.callee)) {
      seen.add(e.callee);
      for (const [key, place] of visit(e.callee)) if (!met.has(key)) met.set(key, place[which]);
    }
  }
  return met;
}

// ── what it costs ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface Cost {
  readonly parameters: number;
  /** Of one sample. */
  readonly macs: number;
}

/** Of the instructions [start, end) of a fragment; of all of them where nothing is said. */
export function costOf(f: Fragment, start = 0, end = f.instructions.length): Cost {
  const known = { layers: new Map<string, number>(), fragments: new Map<Fragment, number>() };
  const own = f.instructions.slice(start, end);
  return {
    parameters: own.reduce((sum, i) => sum + totalsOf(i).parameters, 0),
    macs: own.reduce((sum, i) => sum + macs(i, f, known), 0),
  };
}

interface Known {
  readonly layers: Map<string, number>;
  readonly fragments: Map<Fragment, number>;
}

function macs(i: Instruction, f: Fragment, known: Known): number {
  switch (i.kind) {
    case "argument": return 0;
    case "call": return macsOfAll(i.callee, known);
    case "repeat": return i.count * macsOfAll(i.body, known);
    case "layer": return macsOf(i.op, [...i.inputs.map((r) => f.instructions[r]!.type), ...i.params.map((p) => tensor(p.shape))], i.attrs as never, known.layers);
  }
}

function macsOfAll(f: Fragment, known: Known): number {
  let sum = known.fragments.get(f);
  if (sum === undefined) known.fragments.set(f, (sum = f.instructions.reduce((s, i) => s + macs(i, f, known), 0)));
  return sum;
}

/** Bytes of one sample. */
export function bytesOf(type: TensorType): number {
  return 4 * elementsPerSample(type.shape);
}
