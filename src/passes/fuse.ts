// fuse: chains of elementwise ops become one map, one pass over memory.
//
//   map(…, map(zs){g}, …){f} = map(…, zs, …){f ∘ g}
//
// Laws: nothing is computed twice (the inner map has one reader), nothing once per element that was computed once per channel
// (the shapes agree), and what depends on parameters alone stays apart, to be computed when weights load.
import { isOp, type Graph } from "../ir/graph.ts";
import { map } from "../ops/index.ts";
import { elementwise, fits, inline } from "./elementwise.ts";
import { readOnce, staticNodes } from "./facts.ts";
import { rewrite } from "./rewrite.ts";

export function fuse(graph: Graph): Graph {
  const once = readOnce(graph);
  const fixed = staticNodes(graph);
  return rewrite(graph, (n, inputs, b) => {
    if (!isOp(n, map)) return null;
    let whole = { operands: inputs, expr: n.attrs.expr };
    n.inputs.forEach((operand, k) => {
      const inner = inputs[k]!;
      if (inner.op !== map || !once(operand) || operand.type !== n.type || fixed(operand) !== fixed(n)) return;
      const joint = inline(whole, inner, elementwise(inner));
      if (fits(joint)) whole = joint;
    });
    return b.make(map, whole.operands, { expr: whole.expr }, n.origin);
  });
}
