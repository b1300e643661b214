// Reverse mode (Griewank and Walther, Evaluating Derivatives, chapter 3): from a number of a graph to its gradient, as more nodes of the
// same graph. Laws: iterative, from the last node to the first; a node without the wanted ones below it is not looked at.
import type { Builder } from "../ir/builder.ts";
import type { Node } from "../ir/op.ts";
import { CompilerError } from "../ir/problem.ts";
import { constant } from "../ops/index.ts";
import { madeFor, sumOf, whole } from "./adjoint.ts";
import { adjointsOfOperands } from "./rules/index.ts";

/**
 * ∂y/∂x for each x of `wanted`, of x's shape; null where y does not depend on it. `nodes` are those that y needs, in topological order,
 * made by `builder`, core ops without epilogues; y is one number.
 */
export function gradients(builder: Builder, nodes: readonly Node[], y: Node, wanted: readonly Node[]): readonly (Node | null)[] {
  if (y.type.shape.length > 0) throw new CompilerError("autodiff", `the gradient is that of a number, not of [${y.type.shape.join(", ")}]`);
  const active = dependents(nodes, wanted);
  const terms = new Map<Node, Node[]>([[y, [builder.make(constant, [], { value: 1 })]]]);
  const found = new Map<Node, Node>();
  for (const n of nodes.toReversed()) {
    const parts = terms.get(n);
    terms.delete(n);
    if (!parts || !active.has(n)) continue;
    const b = madeFor(builder, n);
    const adjoint = sumOf(b, parts);
    found.set(n, adjoint);
    if (n.inputs.length === 0) continue;
    adjointsOfOperands(b, n, adjoint).forEach((a, k) => {
      const operand = n.inputs[k]!;
      if (!a || !active.has(operand)) return;
      const known = terms.get(operand);
      if (known) known.push(a);
      else terms.set(operand, [a]);
    });
  }
  return wanted.map((x) => {
    const adjoint = found.get(x);
    return adjoint ? whole(madeFor(builder, x), adjoint, x.type.shape) : null;
  });
}

/** The nodes that depend on one of `wanted`, and these. */
function dependents(nodes: readonly Node[], wanted: readonly Node[]): ReadonlySet<Node> {
  const active = new Set(wanted);
  for (const n of nodes) if (n.inputs.some((i) => active.has(i))) active.add(n);
  return active;
}
