// Checkpoints (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): where a step of training may take only so much memory,
// the forward pass keeps part of what it makes, and the backward pass makes the rest again, each value where it is first read.
//
// The forward pass is cut where the least is alive: between blocks, where the trunk alone is. Kept is what crosses a cut, and what comes
// after the last one. Laws: the same kernels on the same operands, so the same bits; no step is repeated twice; what has no batch (one
// number per channel) is always kept; the earlier the last cut, the less is repeated.
import type { Graph } from "../ir/graph.ts";
import { CompilerError } from "../ir/problem.ts";
import type { Extent } from "../ir/type.ts";
import { assignMemory, mostAlive, type MemoryOptions } from "./memory.ts";
import type { Draft, Drafts, Value } from "./select.ts";
import type { Updated } from "./updates.ts";

/** What the activations of that many samples may take. */
export interface Allowance {
  /** In elements; 0 asks for as little as can be. */
  readonly elements: number;
  readonly batch: number;
}

/** The steps as they are where they fit, else with the least work repeated that makes them fit; where nothing does, the smallest there is. */
export function withCheckpoints(graph: Graph, drafts: Drafts, { elements, batch }: Allowance, place: (drafts: Drafts) => Updated, options: MemoryOptions): Updated {
  const alive = (u: Updated): number => atBatch(mostAlive(graph, u), batch); // is told quickly; placement takes that or little more
  const taken = (u: Updated): number => atBatch(assignMemory(graph, u, options).regions.activations, batch);
  const fits = (u: Updated): boolean => alive(u) <= elements && taken(u) <= elements;
  const plain = place(drafts);
  if (fits(plain)) return plain;
  const tape = new Tape(graph, drafts, batch);
  const placed = ({ cuts, made }: Choice): Updated => place({ ...drafts, ...tape.repeating(cuts, made) });
  const tried = (cuts: Cuts, made: number): Tried => {
    const { work, ...repeating } = tape.repeating(cuts, made);
    return { cuts, made, work, alive: alive(place({ ...drafts, ...repeating })) };
  };
  const ladder = tape.ladder().map((cuts) => tried(cuts, cuts.count));
  let best: { readonly work: number; readonly steps: Updated } | null = null;
  for (const all of ladder) {
    const found = fewest(all, tried, elements, best?.work ?? Infinity);
    const steps = found && placed(found);
    if (steps && taken(steps) <= elements) best = { work: found.work, steps };
  }
  if (best) return best.steps;
  if (ladder.length === 0) return plain;
  const least = placed(ladder.reduce((a, b) => (a.alive <= b.alive ? a : b)));
  const size = taken(least);
  return size < alive(plain) || size < taken(plain) ? least : plain;
}

/** What lies before the cut of that number is made again. */
interface Choice {
  readonly cuts: Cuts;
  readonly made: number;
}

/** The steps themselves are not kept: made again they are made quickly, and of a thousand layers they are many. */
interface Tried extends Choice {
  /** Scalar operations of what is repeated. */
  readonly work: number;
  /** The most that is alive at a time. */
  readonly alive: number;
}

/** With as few of the cuts as make it fit: the more, the smaller it is, and the more is repeated. Null where that takes as much work as is known to do. */
function fewest(all: Tried, tried: (cuts: Cuts, made: number) => Tried, elements: number, known: number): Tried | null {
  if (all.alive > elements) return null;
  let [low, high, found] = [1, all.cuts.count, all];
  while (low < high) {
    const middle = (low + high) >> 1;
    const less = tried(all.cuts, middle);
    if (less.alive <= elements) [high, found] = [middle, less];
    else if (less.work >= known) return null;
    else low = middle + 1;
  }
  return found.work < known ? found : null;
}

interface Cuts {
  readonly count: number;
  /** For each step of the forward pass how many cuts come before it. */
  readonly before: readonly number[];
}

/** A run as a forward pass, which ends with the last output, and a backward pass. */
class Tape {
  readonly #forward: readonly Draft[];
  readonly #backward: readonly Draft[];
  readonly #outputs: readonly Value[];
  readonly #batch: number;
  /** Of values, before any is made again. */
  readonly #count: number;
  /** For each step of the forward pass which one reads its result last there; itself where none does. */
  readonly #last: readonly number[];
  /** After each step of the forward pass, how much of what may be repeated the rest of that pass will read. */
  readonly #crossing: readonly number[];
  /** Of each step of the forward pass. */
  readonly #work: readonly number[];

  constructor({ outputs }: Graph, { run, values, count }: Drafts, batch: number) {
    this.#outputs = outputs.map((o) => values.get(o.node)!);
    const end = 1 + run.findLastIndex((d) => this.#outputs.includes(d.output));
    this.#forward = run.slice(0, end);
    this.#backward = run.slice(end);
    this.#batch = batch;
    this.#count = count;
    const made = new Map(this.#forward.map((d, t) => [d.output, t]));
    const last = this.#forward.map((_, t) => t);
    this.#forward.forEach((d, t) => d.inputs.forEach((v) => made.has(v) && (last[made.get(v)!] = t)));
    this.#last = last;
    const change = new Array<number>(end + 1).fill(0);
    this.#forward.forEach((d, t) => {
      change[t]! += this.#weight(d);
      change[last[t]!]! -= this.#weight(d);
    });
    this.#work = this.#forward.map((d) => work(d, batch));
    let alive = 0;
    this.#crossing = change.slice(0, end).map((c) => (alive += c));
  }

  /** Elements that a step's result takes, if it is one that may be made again. */
  #weight({ kind, output }: Draft): number {
    return kind === "pack" || output.size.perSample > 0 ? atBatch(output.size, this.#batch) : 0;
  }

  /** Segments from half of the whole down to single values, each finer by √2 than the one before. */
  ladder(): readonly Cuts[] {
    const weights = this.#forward.map((d) => this.#weight(d));
    const largest = weights.reduce((most, w) => Math.max(most, w), 1);
    const made: Cuts[] = [];
    for (let size = weights.reduce((sum, w) => sum + w, 0) / 2; size >= largest / 2; size /= Math.SQRT2) {
      const cuts = this.#cut(weights, size);
      if (cuts.count > (made.at(-1)?.count ?? 0)) made.push(cuts);
    }
    return made;
  }

  /** Each segment ends where the least crosses, between half of the size and the whole. */
  #cut(weights: readonly number[], size: number): Cuts {
    const before: number[] = [];
    let count = 0;
    for (let from = 0; from < weights.length; count++) {
      let [sum, best, t] = [0, from, from];
      for (; t < weights.length && (sum += weights[t]!) <= size; t++) if (sum < size / 2 || this.#crossing[t]! <= this.#crossing[best]!) best = t;
      if (t === weights.length) best = t - 1;
      for (let k = from; k <= best; k++) before.push(count);
      from = best + 1;
    }
    return { count: count - 1, before };
  }

  /** The run with what lies before the cut of that number made again, but for what crosses a cut; and how much work that is. */
  repeating({ before }: Cuts, cut: number): { readonly run: readonly Draft[]; readonly count: number; readonly work: number } {
    const lost = new Int32Array(this.#count).fill(-1); // the step that makes it, by the value's id
    this.#forward.forEach((d, t) => {
      if (this.#weight(d) > 0 && before[t]! < cut && before[this.#last[t]!] === before[t]) lost[d.output.id] = t;
    });
    const copies = new Array<Value | null>(this.#count).fill(null);
    const copied = (v: Value): Value => copies[v.id] ?? v;
    const again = (d: Draft): Draft => (d.inputs.some((v) => copies[v.id]) ? { ...d, inputs: d.inputs.map(copied) } : d);
    const backward: Draft[] = [];
    let [count, sum] = [this.#count, 0];
    for (const d of this.#backward) {
      for (const t of missing(d, this.#forward, lost)) {
        const { output } = this.#forward[t]!;
        copies[output.id] = { ...output, id: count++ };
        lost[output.id] = -1;
        backward.push({ ...again(this.#forward[t]!), output: copies[output.id]! });
        sum += this.#work[t]!;
      }
      backward.push(again(d));
    }
    return { run: [...this.#needed(backward, count), ...backward], count, work: sum };
  }

  /** The forward pass without what only the backward pass read, which makes it for itself. */
  #needed(backward: readonly Draft[], count: number): readonly Draft[] {
    const read = new Uint8Array(count); // by the value's id
    const reads = (v: Value): void => void (read[v.id] = 1);
    this.#outputs.forEach(reads);
    for (const d of backward) d.inputs.forEach(reads);
    const kept: Draft[] = [];
    for (const d of this.#forward.toReversed()) {
      if (!read[d.output.id]) continue;
      d.inputs.forEach(reads);
      kept.push(d);
    }
    return kept.reverse();
  }
}

/** The steps that have to be repeated before this one, in order. */
function missing(d: Draft, forward: readonly Draft[], lost: Int32Array): readonly number[] {
  const todo = d.inputs.filter((v) => lost[v.id]! >= 0);
  if (todo.length === 0) return [];
  const found = new Set<number>();
  for (let v = todo.pop(); v; v = todo.pop()) {
    const t = lost[v.id]!;
    if (t < 0 || found.has(t)) continue;
    found.add(t);
    todo.push(...forward[t]!.inputs);
  }
  return [...found].sort((a, b) => a - b);
}

/** Scalar operations. */
function work({ kind, node, output }: Draft, batch: number): number {
  if (kind === "pack") return atBatch(output.size, batch);
  if (node.op.kind !== "core") throw new CompilerError("plan", `${node.op.name} is no core op`);
  return atBatch(node.op.flops(node.inputs.map((i) => i.type), node.attrs as never, node.type), batch);
}

function atBatch({ fixed, perSample }: Extent, batch: number): number {
  return fixed + perSample * batch;
}
