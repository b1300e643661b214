// What every rewrite shares: a walk over the graph that makes each node again in a new builder.
// Laws: iterative, operands first; a node keeps its origin; what nothing reads any more is gone (reachability).
import { Builder } from "../ir/builder.ts";
import { reachable, withNodes, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";

/** The node to stand for `node`, whose operands are now `inputs` (of old nodes in general: `of`); null: the same op on them. */
export type Visit = (node: Node, inputs: readonly Node[], b: Builder, of: (old: Node) => Node) => Node | null;

export interface RewriteOptions {
  readonly builder?: Builder;
  /** Nodes that are not made: `visit` makes their readers without them. */
  readonly absorbed?: ReadonlySet<Node>;
}

export function rewrite(graph: Graph, visit: Visit = () => null, { builder = new Builder(), absorbed = new Set() }: RewriteOptions = {}): Graph {
  const made: Node[] = []; // by the old node's id
  const of = (n: Node): Node => made[n.id]!;
  for (const n of reachable(graph)) {
    if (absorbed.has(n)) continue;
    const inputs = n.inputs.map(of);
    made[n.id] = visit(n, inputs, builder, of) ?? builder.again(n, inputs);
  }
  return withNodes(graph, of);
}
