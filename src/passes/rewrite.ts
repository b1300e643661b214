// What every rewrite shares: a walk over the graph that makes each node again in a new builder.
// Laws: iterative, operands first; a node keeps its origin; what nothing reads any more is gone (reachability).
import { Builder } from "../ir/builder.ts";
import { reachable, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";

/** The node to stand for `node`, whose operands are now `inputs` (nodes of `b`); null: the same op on them. */
export type Visit = (node: Node, inputs: readonly Node[], b: Builder) => Node | null;

export function rewrite(graph: Graph, visit: Visit = () => null, b: Builder = new Builder()): Graph {
  const made: Node[] = []; // by the old node's id
  const of = (n: Node): Node => made[n.id]!;
  for (const n of reachable(graph)) {
    const inputs = n.inputs.map(of);
    made[n.id] = visit(n, inputs, b) ?? b.again(n, inputs);
  }
  return {
    name: graph.name,
    inputs: graph.inputs.map(of),
    parameters: graph.parameters.map(of),
    outputs: graph.outputs.map((o) => ({ name: o.name, node: of(o.node) })),
  };
}
