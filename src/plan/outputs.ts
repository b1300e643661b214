// Outputs of their own: what the caller gets lies in `activations`, where a step of `run` writes it. An output that is an input or
// parameter, or a view of one, is copied: y = map(x){x0}.
import { Builder } from "../ir/builder.ts";
import { isOp, type Graph } from "../ir/graph.ts";
import { input, parameter } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";
import { arg } from "../ir/scalar.ts";
import { map, view } from "../ops/index.ts";
import { rewrite } from "../passes/rewrite.ts";

export function separateOutputs(graph: Graph): Graph {
  const borrowed = (n: Node): boolean => shown(n).op === input || shown(n).op === parameter;
  if (!graph.outputs.some((o) => borrowed(o.node))) return graph;
  const b = new Builder();
  const copy = rewrite(graph, () => null, { builder: b });
  return { ...copy, outputs: copy.outputs.map(({ name, node }, k) => ({ name, node: borrowed(graph.outputs[k]!.node) ? b.make(map, [node], { expr: arg(0) }, node.origin) : node })) };
}

/** The node whose memory a chain of views shows. */
export function shown(n: Node): Node {
  let source = n;
  while (isOp(source, view)) source = source.inputs[0]!;
  return source;
}
