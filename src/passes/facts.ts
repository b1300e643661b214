// What passes ask about the nodes of a graph.
import { reachable, type Graph } from "../ir/graph.ts";
import { input } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";

/** Does the value depend on parameters and constants alone? Then it is computed once, when weights load. */
export function staticNodes(graph: Graph): (n: Node) => boolean {
  const fixed: boolean[] = []; // by id
  for (const n of reachable(graph)) fixed[n.id] = n.op !== input && n.inputs.every((i) => fixed[i.id]!);
  return (n) => fixed[n.id]!;
}

/** Does the value go to one node only (as any number of its operands), and not to the caller or a parameter? */
export function readOnce(graph: Graph): (n: Node) => boolean {
  const MANY = -1;
  const reader: number[] = []; // by id: the one reader's id
  for (const n of reachable(graph)) for (const i of n.inputs) reader[i.id] = (reader[i.id] ?? n.id) === n.id ? n.id : MANY;
  for (const n of [...graph.outputs.map((o) => o.node), ...graph.updates.map((u) => u.value)]) reader[n.id] = MANY;
  return (n) => (reader[n.id] ?? MANY) !== MANY;
}
