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
  readonly regions: Plan["regions"];
}

export interface MemoryOptions {
  /** Elements; ALIGN where nothing is said. */
  readonly alignment?: number;
  /** Elements of every result that are left free behind it, for tests that poison them. */
  readonly guard?: number;
  /** Where parameters lie in the memory of another plan, which this one shares; the others come behind them. */
  readonly weights?: Pick<Plan, "parameters" | "regions">;
}

const NONE: Extent = { fixed: 0, perSample: 0 };

/** `first`: the drafts before anything was repeated. Whatever is, parameters keep their order: it decides which numbers they are drawn as. */
export function assignMemory(graph: Graph, drafts: Updated, { guard = 0, weights, alignment = ALIGN }: MemoryOptions = {}, first: Updated = drafts): Memory {
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
  const arena = (steps: readonly Draft[], results: ReadonlySet<Value>, keep: ReadonlySet<Value>, region: Region): Extent => {
    const shares = share(steps, results, keep);
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
  const shared = new Map(weights?.parameters.map(({ node, buffer }) => [(node as Node<typeof parameter>).attrs.name, buffer.offset]));
  const parameters = [...parametersInOrder(graph, first)];
  const offsetOf = (v: Value): Extent | undefined => shared.get((v.from as Node<typeof parameter>).attrs.name);
  for (const v of parameters) if (offsetOf(v)) put(v, "weights", offsetOf(v)!);
  const own = row(parameters.filter((v) => !offsetOf(v)), "weights", weights?.regions.weights ?? NONE);
  for (const [v, p] of drafts.taken) put(v, "weights", buffers.get(p)!.offset);
  return {
    buffers,
    regions: {
      weights: own,
      packed: row(prepared.filter((v) => readByRun.has(v)), "packed"),
      staging: arena(drafts.prepare, new Set(prepared.filter((v) => !readByRun.has(v))), new Set(), "staging"),
      activations: arena(drafts.run, activations(drafts), outputs, "activations"),
      scratch: [...drafts.prepare, ...drafts.run].map((d) => d.selection.scratch).reduce(larger, NONE),
    },
  };
}

/** The most that is alive during any one step of `run`, fixed and per sample apart: less no placement takes. */
export function mostAlive(graph: Graph, drafts: Updated): Extent {
  const shares = share(drafts.run, activations(drafts), outputsOf(graph, drafts));
  const most = (part: keyof Extent): number => {
    const change = new Array<number>(drafts.run.length + 2).fill(0);
    for (const { first, last, size } of shares.map((s) => slotOf(s, part, 0))) {
      change[first]! += aligned(size);
      change[last + 1]! -= aligned(size);
    }
    let alive = 0;
    return change.reduce((most, c) => Math.max(most, (alive += c)), 0);
  };
  return { fixed: most("fixed"), perSample: most("perSample") };
}

/** What `run` computes but for what it computes in a parameter's memory. */
function activations({ run, taken }: Updated): ReadonlySet<Value> {
  return new Set(run.map((d) => d.output).filter((v) => !taken.has(v)));
}

function outputsOf(graph: Graph, { values }: Drafts): ReadonlySet<Value> {
  return new Set(graph.outputs.map((o) => values.get(o.node)!));
}

/** Parameters in the order in which steps read them first, so that repeated blocks are evenly spaced; then those nothing reads. */
function parametersInOrder(graph: Graph, { prepare, run, values }: Drafts): ReadonlySet<Value> {
  const read = [...prepare, ...run].flatMap((d) => d.inputs).filter((v) => typeof v.from !== "string" && v.from.op === parameter);
  return new Set([...read, ...graph.parameters.map((n) => values.get(n)!)]);
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

/** The results of `steps` that are in `results`, in order, joined where one is computed in place of another. */
function share(steps: readonly Draft[], results: ReadonlySet<Value>, keep: ReadonlySet<Value>): readonly Share[] {
  const lastRead = new Map<Value, number>();
  steps.forEach((d, t) => {
    for (const v of d.inputs) lastRead.set(v, t);
  });
  const lastOf = (v: Value): number => (keep.has(v) ? steps.length : lastRead.get(v)!);
  const shareOf = new Map<Value, Share>();
  const shares: Share[] = [];
  steps.forEach((d, t) => {
    if (!results.has(d.output)) return;
    const last = lastOf(d.output);
    const operand = d.kind === "compute" ? d.selection.inPlace.find((k) => mayReplace(d, k) && shareOf.has(d.inputs[k]!) && lastOf(d.inputs[k]!) === t) : undefined;
    const taken = operand === undefined ? null : shareOf.get(d.inputs[operand]!)!;
    if (taken) {
      taken.values.push(d.output);
      taken.last = last;
    } else shares.push({ values: [d.output], first: t, last });
    shareOf.set(d.output, taken ?? shares.at(-1)!);
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
