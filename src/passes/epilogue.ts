// epilogue: elementwise work on the result of a kernel is done while the result is in registers. With `fuse` before it, adding
// a shortcut and the ReLU behind it are no pass of their own over memory.
//
//   map(…, op(x, w, zs){epilogue: g}, …){f} = op(x, w, zs, …){epilogue: f ∘ g}        op: conv2d, conv2d_transpose, matmul, reduce, pool
//
// Laws: the op's result has no other reader, and the map does not enlarge it. Of several such operands the one computed last is
// taken: the others are ready then, and it is computed no later than before.
import type { Builder } from "../ir/builder.ts";
import { isOp, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { arg, type Scalar } from "../ir/scalar.ts";
import { conv2d, conv2dTranspose, map, matmul, pool, reduce } from "../ops/index.ts";
import { fits, inline, startingWith, type Elementwise } from "./elementwise.ts";
import { readOnce } from "./facts.ts";
import { rewrite } from "./rewrite.ts";

export function addEpilogues(graph: Graph): Graph {
  const once = readOnce(graph);
  return rewrite(graph, (n, inputs, b) => {
    if (!isOp(n, map)) return null;
    let last: Node | null = null;
    n.inputs.forEach((operand, k) => {
      const candidate = inputs[k]!;
      if (once(operand) && operand.type === n.type && producer(candidate) && candidate.id > (last?.id ?? -1)) last = candidate;
    });
    return last && withEpilogue(last, { operands: inputs, expr: n.attrs.expr }, b);
  });
}

/** An op with an epilogue attribute, and how many operands come before the epilogue's. */
function producer(n: Node): { readonly own: number } | null {
  switch (n.op) {
    case conv2d: case conv2dTranspose: case matmul: return { own: 2 };
    case reduce: case pool: return { own: 1 };
    default: return null;
  }
}

function withEpilogue(n: Node, f: Elementwise, b: Builder): Node | null {
  const { own } = producer(n)!;
  const old = (n.attrs as { readonly epilogue: Scalar | null }).epilogue ?? arg(0);
  // Until the operands are split again, `n` stands for its raw result, operand 0 of the epilogue.
  const whole = startingWith(n, inline(f, n, { operands: [n, ...n.inputs.slice(own)], expr: old }));
  if (!fits(whole)) return null;
  return b.make(n.op, [...n.inputs.slice(0, own), ...whole.operands.slice(1)], { ...n.attrs, epilogue: whole.expr }, n.origin);
}
