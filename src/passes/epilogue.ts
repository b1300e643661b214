// epilogue: elementwise work on the result of a kernel is done while the result is in registers. With `fuse` before it, adding
// a shortcut and the ReLU behind it are no pass of their own over memory.
//
//   map(…, op(x, w, zs){epilogue: g}, …){f} = op(x, w, zs, …){epilogue: f ∘ g}        op: conv2d, conv2d_transpose, matmul, reduce, pool
//
// Laws: the op's result has no other reader, and the map does not enlarge it. Of several such operands the one computed last is
// taken: the others are ready then, and it is computed no later than before.
import { isOp, reachable, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { arg, type Scalar } from "../ir/scalar.ts";
import { conv2d, conv2dTranspose, map, matmul, pool, reduce } from "../ops/index.ts";
import { fits, inline, startingWith, type Elementwise } from "./elementwise.ts";
import { readOnce } from "./facts.ts";
import { rewrite, type Visit } from "./rewrite.ts";

export function addEpilogues(graph: Graph): Graph {
  const once = readOnce(graph);
  /** Values as what is done to a kernel's raw result: operand 0 is the kernel, and stands for that result. */
  const epilogues = new Map<Node, Elementwise>();
  const absorbed = new Set<Node>();
  for (const n of reachable(graph)) {
    const own = ownOperands(n);
    if (own > 0) epilogues.set(n, { operands: [n, ...n.inputs.slice(own)], expr: epilogueOf(n) ?? arg(0) });
    if (!isOp(n, map)) continue;
    const last = n.inputs.filter((i) => epilogues.has(i) && once(i) && i.type === n.type).reduce<Node | null>((a, b) => (a && a.id > b.id ? a : b), null);
    if (!last) continue;
    const inner = epilogues.get(last)!;
    const joint = startingWith(inner.operands[0]!, inline({ operands: n.inputs, expr: n.attrs.expr }, last, inner));
    if (!fits(joint)) continue;
    epilogues.set(n, joint);
    absorbed.add(last);
  }
  const visit: Visit = (n, _, b, of) => {
    const e = isOp(n, map) ? epilogues.get(n) : undefined;
    if (!e) return null;
    const [kernel, ...extras] = e.operands as [Node, ...Node[]];
    return b.make(kernel.op, [...kernel.inputs.slice(0, ownOperands(kernel)), ...extras].map(of), { ...kernel.attrs, epilogue: e.expr }, kernel.origin);
  };
  return rewrite(graph, visit, { absorbed });
}

/** How many operands of an op that takes an epilogue come before the epilogue's; 0 for any other. */
function ownOperands(n: Node): number {
  switch (n.op) {
    case conv2d: case conv2dTranspose: case matmul: return 2;
    case reduce: case pool: return 1;
    default: return 0;
  }
}

function epilogueOf(n: Node): Scalar | null {
  return (n.attrs as { readonly epilogue: Scalar | null }).epilogue;
}
