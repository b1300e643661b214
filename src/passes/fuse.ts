// fuse: chains of elementwise ops become one map, one pass over memory.
//
//   map(…, map(zs){g}, …){f} = map(…, zs, …){f ∘ g}
//
// Laws: nothing is computed twice (the inner map has one reader), nothing once per element that was computed once per channel
// (the shapes agree), and what depends on parameters alone stays apart, to be computed when weights load.
import { isOp, reachable, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { map } from "../ops/index.ts";
import { fits, inline, type Elementwise } from "./elementwise.ts";
import { readOnce, staticNodes } from "./facts.ts";
import { rewrite, type Visit } from "./rewrite.ts";

export function fuse(graph: Graph): Graph {
  const once = readOnce(graph);
  const fixed = staticNodes(graph);
  const whole = new Map<Node, Elementwise>(); // of each map
  const absorbed = new Set<Node>();
  for (const n of reachable(graph)) {
    if (!isOp(n, map)) continue;
    let e: Elementwise = { operands: n.inputs, expr: n.attrs.expr };
    for (const operand of new Set(n.inputs)) {
      if (!fits(e)) break; // nor would anything that holds it: a sum of 2,000 values is not tried 2,000 times
      const inner = whole.get(operand);
      if (!inner || !once(operand) || operand.type !== n.type || fixed(operand) !== fixed(n)) continue;
      const joint = inline(e, operand, inner);
      if (!fits(joint)) continue;
      e = joint;
      absorbed.add(operand);
    }
    whole.set(n, e);
  }
  const visit: Visit = (n, _, b, of) => {
    const e = whole.get(n);
    return e ? b.make(map, e.operands.map(of), { expr: e.expr }, n.origin) : null;
  };
  return rewrite(graph, visit, { absorbed });
}
