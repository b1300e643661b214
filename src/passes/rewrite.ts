// What every rewrite shares: a walk over the graph that makes each node again in a new builder, and who reads whom.
// Laws: iterative, operands first; a node keeps its origin; what nothing reads any more is gone (reachability).
import { Builder } from "../ir/builder.ts";
import { reachable, readers, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";

/** The node to stand for `node`, whose operands are now `inputs` (nodes of `b`); null: the same op on them. */
export type Visit = (node: Node, inputs: readonly Node[], b: Builder) => Node | null;

export function rewrite(graph: Graph, visit: Visit = () => null, b: Builder = new Builder()): Graph {
  const made = new Map<Node, Node>();
  const of = (n: Node): Node => made.get(n)!;
  for (const n of reachable(graph)) {
    const inputs = n.inputs.map(of);
    made.set(n, visit(n, inputs, b) ?? b.again(n, inputs));
  }
  return {
    name: graph.name,
    inputs: graph.inputs.map(of),
    parameters: graph.parameters.map(of),
    outputs: graph.outputs.map((o) => ({ name: o.name, node: of(o.node) })),
  };
}

/** The nodes whose value goes to one node only (as any number of its operands), and not to the caller. */
export function readOnce(graph: Graph): ReadonlySet<Node> {
  const results = new Set(graph.outputs.map((o) => o.node));
  const once = new Set<Node>();
  for (const [n, by] of readers(reachable(graph))) if (by.length > 0 && !results.has(n) && by.every((r) => r === by[0])) once.add(n);
  return once;
}
