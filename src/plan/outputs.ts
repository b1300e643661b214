// Outputs of their own: what the caller gets lies in `activations`, where a step of `run` writes it. An output that is an input or
// parameter, or a view of one, is copied: y = map(x){x0}.
import { Builder } from "../ir/builder.ts";
import type { Graph } from "../ir/graph.ts";
import { input, parameter } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";
import { arg } from "../ir/scalar.ts";
import { map } from "../ops/index.ts";
import { shown } from "../ops/core/view.ts";
import { rewrite } from "../passes/rewrite.ts";

export function separateOutputs(graph: Graph): Graph {
  const borrowed = (n: Node): boolean => shown(n).op === input || shown(n).op === parameter;
  if (!graph.outputs.some((o) => borrowed(o.node))) return graph;
  const builder = new Builder();
  const same = rewrite(graph, () => null, { builder });
  const copied = (n: Node): Node => (borrowed(n) ? builder.make(map, [n], { expr: arg(0) }, n.origin) : n);
  return { ...same, outputs: same.outputs.map(({ name, node }) => ({ name, node: copied(node) })) };
}
