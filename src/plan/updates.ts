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
  /** The first step that writes to a parameter: so do all that follow. */
  readonly changing: number;
}

/** Leaves out the copies that are not needed, and puts last what writes to parameters. In: the drafts of a graph from `copyUpdates`. */
export function placeUpdates(graph: Graph, drafts: Drafts): Updated {
  const taken = new Map<Value, Value>();
  if (graph.updates.length === 0) return { ...drafts, taken, changing: drafts.run.length };
  const table = (nothing: number): Int32Array => new Int32Array(drafts.count).fill(nothing); // by the value's id
  const copies = new Array<Value | null>(drafts.count).fill(null); // of which parameter a value is the copied update
  for (const u of graph.updates) copies[drafts.values.get(u.value)!.id] = drafts.values.get(u.parameter)!;
  const outputs = new Set(graph.outputs.map((o) => drafts.values.get(o.node)!));
  const [made, read] = [table(-1), table(-1)]; // by which step, by which last
  const early = table(0); // how many steps read it that come before all changes
  const changes = table(0);
  drafts.run.forEach((d, t) => {
    made[d.output.id] = t;
    for (const v of d.inputs) {
      read[v.id] = t;
      if (!copies[d.output.id]) early[v.id]!++;
    }
  });
  const mayTake = (value: Value, p: Value): boolean => {
    const t = made[value.id]!;
    if (t < 0 || drafts.run[t]!.kind !== "compute" || changes[value.id] || copies[value.id] || outputs.has(value)) return false;
    return early[value.id] === 0 && (read[p.id]! < t || (read[p.id] === t && inPlaceOnly(drafts.run[t]!, p)));
  };
  const kept: Draft[] = [];
  for (const d of drafts.run.toReversed()) { // an optimizer's memory is read by the step of its parameter, which comes later
    const parameter = copies[d.output.id];
    const direct = parameter && read[d.output.id]! < 0 && mayTake(d.inputs[0]!, parameter);
    if (!direct) kept.push(d);
    if (!parameter) continue;
    const value = direct ? d.inputs[0]! : d.output;
    taken.set(value, parameter);
    changes[value.id] = 1;
    if (direct) for (const v of drafts.run[made[value.id]!]!.inputs) early[v.id]!--;
  }
  kept.reverse();
  const before = kept.filter((d) => !changes[d.output.id]);
  return { ...drafts, run: [...before, ...kept.filter((d) => changes[d.output.id])], taken, changing: before.length };
}

function inPlaceOnly({ inputs, selection }: Draft, v: Value): boolean {
  return inputs.every((other, k) => other !== v || selection.inPlace.includes(k));
}
