// Which values depend on parameters and constants alone: they are computed once, when weights load.
import { reachable, type Graph } from "../ir/graph.ts";
import { input } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";

export function staticNodes(graph: Graph): ReadonlySet<Node> {
  const found = new Set<Node>();
  for (const n of reachable(graph)) if (n.op !== input && n.inputs.every((i) => found.has(i))) found.add(n);
  return found;
}
