// Updates: a parameter's new value is computed in the parameter's own memory, where nothing reads the old one any more; else elsewhere,
// and copied at the end. Law: all that changes parameters comes last.
import { Builder } from "../ir/builder.ts";
import { reachable, withNodes, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { arg } from "../ir/scalar.ts";
import { map } from "../ops/index.ts";
import { shown } from "../ops/core/view.ts";
import type { Draft, Drafts, Value } from "./select.ts";

/**
 * The graph with each update's value as a copy of its own, made last: y = map(x){x0}. Where x is a parameter that is updated too it is
 * copied twice: the first copy is made before anything is written.
 */
export function copyUpdates(graph: Graph): Graph {
  if (graph.updates.length === 0) return graph;
  const builder = new Builder();
  const made: Node[] = []; // by the old node's id
  for (const n of reachable(graph)) made[n.id] = builder.again(n, n.inputs.map((i) => made[i.id]!));
  const same = withNodes(graph, (n) => made[n.id]!);
  const changing = new Set(same.updates.map((u) => u.parameter));
  const copies = new Set<Node>();
  const copy = (value: Node, { origin }: Node): Node => {
    let y = builder.make(map, [value], { expr: arg(0) }, origin);
    while (copies.has(y)) y = builder.make(map, [y], { expr: arg(0) }, origin); // equal nodes are one
    return y;
  };
  const early = same.updates.map(({ parameter, value }) => (changing.has(shown(value)) ? copy(value, parameter) : value));
  return {
    ...same,
    updates: same.updates.map(({ parameter }, k) => {
      const value = copy(early[k]!, parameter);
      copies.add(value);
      return { parameter, value };
    }),
  };
}

export interface Updated extends Drafts {
  /** Whose memory a value is computed in. */
  readonly taken: ReadonlyMap<Value, Value>;
}

/** Leaves out the copies that are not needed, and puts last what writes to parameters. In: the drafts of a graph from `copyUpdates`. */
export function placeUpdates(graph: Graph, drafts: Drafts): Updated {
  const taken = new Map<Value, Value>();
  if (graph.updates.length === 0) return { ...drafts, taken };
  const outputs = new Set(graph.outputs.map((o) => drafts.values.get(o.node)!));
  const copies = new Map(graph.updates.map((u) => [drafts.values.get(u.value)!, drafts.values.get(u.parameter)!]));
  const steps = new Map<Value, number>(); // which makes it
  const readers = new Map<Value, number[]>();
  drafts.run.forEach((d, t) => {
    steps.set(d.output, t);
    for (const v of new Set(d.inputs)) (readers.get(v) ?? readers.set(v, []).get(v)!).push(t);
  });
  const last = (r: number): boolean => taken.has(drafts.run[r]!.output) || copies.has(drafts.run[r]!.output);
  const readBefore = (p: Value, t: number): boolean => (readers.get(p) ?? []).every((r) => r < t || (r === t && inPlaceOnly(drafts.run[r]!, p)));
  const mayTake = (value: Value, p: Value): boolean => {
    const t = steps.get(value);
    if (t === undefined || drafts.run[t]!.kind !== "compute" || taken.has(value) || copies.has(value) || outputs.has(value)) return false;
    return readBefore(p, t) && readers.get(value)!.every(last);
  };
  const needless = new Set<Draft>();
  for (const d of drafts.run.toReversed()) { // an optimizer's memory is read by the step of its parameter, which comes later
    const parameter = copies.get(d.output);
    if (!parameter) continue;
    const direct = !readers.has(d.output) && mayTake(d.inputs[0]!, parameter);
    taken.set(direct ? d.inputs[0]! : d.output, parameter);
    if (direct) needless.add(d);
  }
  const kept = drafts.run.filter((d) => !needless.has(d));
  const before = kept.filter((d) => !taken.has(d.output));
  return { ...drafts, run: [...before, ...kept.filter((d) => taken.has(d.output))], taken };
}

function inPlaceOnly({ inputs, selection }: Draft, v: Value): boolean {
  return inputs.every((other, k) => other !== v || selection.inPlace.includes(k));
}
