// Memory: each value of the drafts gets a buffer. What lives when is decided here; where, in place.ts.
// Laws: a step's result may take over the memory of an operand that dies with it, where the kernel allows; outputs outlive the
// run; fixed and per-sample sizes are placed apart, so that what does not overlap for one batch size does not for any.
import type { Graph } from "../ir/graph.ts";
import { parameter } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";
import type { Extent } from "../ir/type.ts";
import { ALIGN, aligned, place, type Slot } from "./place.ts";
import type { Buffer, Plan, Region } from "./plan.ts";
import type { Draft, Drafts, Value } from "./select.ts";
import type { Updated } from "./updates.ts";

export interface Memory {
  readonly buffers: ReadonlyMap<Value, Buffer>;
  /** Parameters of `staging`: the step of `prepare` that reads them first. */
  readonly arrivals: ReadonlyMap<Value, number>;
  readonly regions: Plan["regions"];
}

export interface MemoryOptions {
  /** Elements; ALIGN where nothing is said. */
  readonly alignment?: number;
  /** Elements of every result that are left free behind it, for tests that poison them. */
  readonly guard?: number;
  /** Put parameters that only `prepare` reads into `staging`. */
  readonly streams?: boolean;
  /** Where parameters lie in the memory of another plan, which this one shares; the others come behind them. */
  readonly weights?: Pick<Plan, "parameters" | "regions">;
}

const NONE: Extent = { fixed: 0, perSample: 0 };

/** `first`: the drafts before anything was repeated. Whatever is, parameters keep their order: it decides which numbers they are drawn as. */
export function assignMemory(graph: Graph, drafts: Updated, { guard = 0, weights, streams = false, alignment = ALIGN }: MemoryOptions = {}, first: Updated = drafts): Memory {
  const buffers = new Map<Value, Buffer>();
  const put = (value: Value, region: Region, offset: Extent): void => {
    const { from } = value;
    const name = typeof from === "string" ? null : (from as Node<typeof parameter>).attrs.name;
    buffers.set(value, { id: buffers.size, region, offset, size: value.size, type: value.type, name });
  };
  /** One after the other, in the order given. */
  const row = (values: Iterable<Value>, region: Region, start = NONE): Extent => {
    let end = start;
    for (const v of values) {
      put(v, region, end);
      end = { fixed: end.fixed + aligned(v.size.fixed, alignment), perSample: end.perSample + aligned(v.size.perSample, alignment) };
    }
    return end;
  };
  const arena = (steps: readonly Draft[], results: Chosen, keep: ReadonlySet<Value>, region: Region, arriving?: ReadonlyMap<Value, number>): Extent => {
    const shares = share(steps, drafts.count, results, keep, arriving);
    const fixed = place(shares.map((s) => slotOf(s, "fixed", guard)), alignment);
    const perSample = place(shares.map((s) => slotOf(s, "perSample", guard)), alignment);
    shares.forEach((s, k) => {
      const offset = s.values[0]!.size.perSample > 0 ? { fixed: fixed.length, perSample: perSample.offsets[k]! } : { fixed: fixed.offsets[k]!, perSample: 0 };
      for (const v of s.values) put(v, region, offset);
    });
    return { fixed: fixed.length, perSample: perSample.length };
  };

  const readByRun = new Set(drafts.run.flatMap((d) => d.inputs));
  const prepared = drafts.prepare.map((d) => d.output);
  const outputs = outputsOf(graph, drafts);
  for (const n of graph.inputs) put(drafts.values.get(n)!, "input", NONE);
  // Plans that are shared keep all parameters in `weights`: a step changes them, so it prepares nothing.
  const shared = new Map(weights?.parameters.map(({ node, buffer }) => [(node as Node<typeof parameter>).attrs.name, buffer.offset]));
  const arrivals = streams ? arrivalsOf(drafts, readByRun) : new Map<Value, number>();
  const parameters = [...parametersInOrder(graph, first)].filter((v) => !arrivals.has(v));
  const offsetOf = (v: Value): Extent | undefined => shared.get((v.from as Node<typeof parameter>).attrs.name);
  for (const v of parameters) if (offsetOf(v)) put(v, "weights", offsetOf(v)!);
  const own = row(parameters.filter((v) => !offsetOf(v)), "weights", weights?.regions.weights ?? NONE);
  for (const [v, p] of drafts.taken) put(v, "weights", buffers.get(p)!.offset);
  return {
    buffers,
    arrivals,
    regions: {
      weights: own,
      packed: row(prepared.filter((v) => readByRun.has(v)), "packed"),
      staging: arena(drafts.prepare, ({ output }) => !readByRun.has(output), new Set(), "staging", arrivals),
      activations: arena(drafts.run, isActivation(drafts), outputs, "activations"),
      scratch: [...drafts.prepare, ...drafts.run].map((d) => d.selection.scratch).reduce(larger, NONE),
    },
  };
}

/** The most that is alive during any one step of `run`, fixed and per sample apart: less no placement takes. */
export function mostAlive(graph: Graph, drafts: Updated): Extent {
  const shares = share(drafts.run, drafts.count, isActivation(drafts), outputsOf(graph, drafts));
  const most = (part: keyof Extent): number => {
    const change = new Float64Array(drafts.run.length + 2);
    for (const { values, first, last } of shares) {
      const size = aligned(values[0]!.size[part]);
      change[first]! += size;
      change[last + 1]! -= size;
    }
    let alive = 0;
    return change.reduce((most, c) => Math.max(most, (alive += c)), 0);
  };
  return { fixed: most("fixed"), perSample: most("perSample") };
}

/** Of what `run` computes all but what it computes in a parameter's memory, which comes last. */
function isActivation({ changing }: Updated): Chosen {
  return (_, t) => t < changing;
}

function outputsOf(graph: Graph, { values }: Drafts): ReadonlySet<Value> {
  return new Set(graph.outputs.map((o) => values.get(o.node)!));
}

/** Parameters in the order in which steps read them first, so that repeated blocks are evenly spaced; then those nothing reads. */
function parametersInOrder(graph: Graph, { prepare, run, values }: Drafts): ReadonlySet<Value> {
  const read = [...prepare, ...run].flatMap((d) => d.inputs).filter((v) => typeof v.from !== "string" && v.from.op === parameter);
  return new Set([...read, ...graph.parameters.map((n) => values.get(n)!)]);
}

/** The parameters that only `prepare` reads, and the first of its steps that does. */
function arrivalsOf({ prepare }: Drafts, readByRun: ReadonlySet<Value>): Map<Value, number> {
  const arrivals = new Map<Value, number>();
  prepare.forEach((d, t) => {
    for (const v of d.inputs) if (typeof v.from !== "string" && v.from.op === parameter && !readByRun.has(v) && !arrivals.has(v)) arrivals.set(v, t);
  });
  return arrivals;
}

function larger(a: Extent, b: Extent): Extent {
  return { fixed: Math.max(a.fixed, b.fixed), perSample: Math.max(a.perSample, b.perSample) };
}

/** Values that take the same memory one after the other, and when. */
interface Share {
  readonly values: Value[];
  readonly first: number;
  last: number;
}

/** Is the result of that step one to be placed? */
type Chosen = (d: Draft, t: number) => boolean;

/**
 * Those results of `steps`, in order, joined where one is computed in place of another; before each step what arrives there from elsewhere.
 * There are `count` values.
 */
function share(steps: readonly Draft[], count: number, results: Chosen, keep: ReadonlySet<Value>, arriving: ReadonlyMap<Value, number> = new Map()): readonly Share[] {
  const last = new Int32Array(count); // step that reads a value, by the value's id
  steps.forEach((d, t) => {
    for (const v of d.inputs) last[v.id] = t;
  });
  for (const v of keep) last[v.id] = steps.length;
  const shareOf = new Array<Share | null>(count).fill(null);
  const shares: Share[] = [];
  const take = (v: Value, t: number): void => {
    shares.push({ values: [v], first: t, last: last[v.id]! });
    shareOf[v.id] = shares.at(-1)!;
  };
  const coming = [...arriving]; // by rising step
  let came = 0;
  steps.forEach((d, t) => {
    while (coming[came]?.[1] === t) take(coming[came++]![0], t);
    if (!results(d, t)) return;
    const operand = d.kind === "compute" ? d.selection.inPlace.find((k) => mayReplace(d, k) && shareOf[d.inputs[k]!.id] && last[d.inputs[k]!.id] === t) : undefined;
    const taken = operand === undefined ? null : shareOf[d.inputs[operand]!.id]!;
    if (taken) {
      taken.values.push(d.output);
      taken.last = last[d.output.id]!;
      shareOf[d.output.id] = taken;
    } else take(d.output, t);
  });
  return shares;
}

/** Is the operand as large as the result, and read in no other way than in place? */
function mayReplace({ inputs, output, selection }: Draft, k: number): boolean {
  const v = inputs[k]!;
  return v.size.fixed === output.size.fixed && v.size.perSample === output.size.perSample && inputs.every((other, j) => other !== v || selection.inPlace.includes(j));
}

function slotOf({ values, first, last }: Share, part: keyof Extent, guard: number): Slot {
  const size = values[0]!.size[part];
  return { first, last, size: size > 0 ? size + guard : 0 };
}
