// map: the expression's derivative times the adjoint, summed over the axes along which an operand was repeated.
//
//   y = f(…, x, …)    x̄ = Σ ȳ · ∂f/∂x
//
// A derivative reads the operands, or the result in their stead, whichever is less to keep until then (relu' by its result's sign).
import { adjointsOf } from "../../ir/derivative.ts";
import { arg, cost, postorder, type Scalar } from "../../ir/scalar.ts";
import type { map } from "../../ops/index.ts";
import { unbroadcast } from "../adjoint.ts";
import type { Rule, SchemaOf } from "../rule.ts";

export const mapRule: Rule<SchemaOf<typeof map>> = (b, node, dy) => {
  const { inputs, attrs: { expr, detached }, type } = node;
  const [seed, result] = [arg(inputs.length), arg(inputs.length + 1)];
  const [recomputed, reused] = [adjointsOf(expr, seed), adjointsOf(expr, seed, result)];
  return inputs.map((x, k) => {
    const choices = [recomputed.get(k), reused.get(k)].filter((s) => s !== undefined);
    if (choices.length === 0 || detached.includes(k)) return null;
    const cheapest = choices.reduce((s, other) => (weight(other, inputs.length) < weight(s, inputs.length) ? other : s));
    return unbroadcast(b, { operands: [...inputs, dy, node], expr: cheapest }, type.shape, x.type.shape);
  });
};

/** Tensors beside the adjoint that it reads, then the operations of one element. */
function weight(s: Scalar, seed: number): number {
  const read = postorder(s).filter((n) => n.kind === "arg" && n.index !== seed).length;
  return read * 1000 + cost(s);
}
