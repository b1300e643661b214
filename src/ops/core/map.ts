// map: one scalar expression over any number of operands, elementwise with broadcasting. Every elementwise layer becomes one,
// and chains of them become one again. x0, x1, … are the operands.
import type { Core, Maker, Node } from "../../ir/op.ts";
import { constant, constantValue } from "../../ir/leaf.ts";
import { problem } from "../../ir/problem.ts";
import { add, arg, argumentCount, cost, max, num, postorder, substitute, type Scalar } from "../../ir/scalar.ts";
import { broadcast, elements, N, sameShape, scale, tensor, type Dim, type TensorType } from "../../ir/type.ts";
import { mapElements } from "./epilogue.ts";
import { broadcastTo, count } from "./strided.ts";

const attrs = {
  expr: { kind: "scalar", doc: "the result in terms of the operands x0, x1, …" },
  detached: { kind: "ints", doc: "operands without a gradient, where all that comes of them together has none", default: [] as readonly number[], min: 0 },
} as const;

export const map: Core<typeof attrs> = {
  kind: "core",
  name: "map",
  doc: "Applies a scalar expression to each element of its operands, which broadcast as in NumPy.",
  inputs: ["x", "more"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 4, 4])], attrs: { expr: max(arg(0), num(0)) } },
    { inputs: [tensor([N, 3, 4, 4]), tensor([3, 1, 1]), tensor([])], attrs: { expr: add(add(arg(0), arg(1)), arg(2)) } },
  ],
  infer: (types, { expr, detached }) => {
    const used = Math.max(argumentCount(expr), ...detached.map((k) => k + 1));
    if (used > types.length) return problem(`map reads x${used - 1}, but has ${types.length} operands`);
    const shape = commonShape(types.map((t) => t.shape));
    return shape ? tensor(shape) : problem(`map cannot broadcast ${types.map((t) => `[${t.shape.join(", ")}]`).join(" with ")}`);
  },
  eval: (inputs, { expr }, shape) => mapElements(expr, inputs.map((t) => broadcastTo(t, shape)), count(shape)),
  flops: (_, { expr }, out) => scale(elements(out.shape), cost(expr)),
  fold: (b, inputs, { expr, detached }, out): Node | null => {
    if (detached.length > 0) return null; // operands keep their places until gradients are taken
    if (expr.kind === "arg" && inputs[expr.index]!.type === out) return inputs[expr.index]!; // map(…, x, …){x_i} = x
    const literal = inputs.some(numberOf) ? substitute(expr, inputs.map((n, i) => numberOf(n) ?? arg(i))) : expr; // a constant operand is a number
    if (literal.kind === "const") return b.make(constant, [], { value: literal.value, shape: out.shape });
    return pruned(b, inputs, literal, expr, out);
  },
};

function commonShape(shapes: readonly (readonly Dim[])[]): readonly Dim[] | null {
  let common: readonly Dim[] | null = [];
  for (const s of shapes) common = common && broadcast(common, s);
  return common;
}

function numberOf(n: Node): Scalar | null {
  const value = constantValue(n);
  return value === null ? null : num(value);
}

/** map(x, c, x){x0·x1 + x2} = map(x){x0·c + x0}: each operand once, those not read left out where the result keeps its shape. */
function pruned(b: Maker, inputs: readonly Node[], literal: Scalar, expr: Scalar, out: TensorType): Node | null {
  const read = new Set(postorder(literal).map((s) => (s.kind === "arg" ? inputs[s.index] : undefined)));
  const kept: Node[] = [];
  for (const n of new Set(inputs)) if (read.has(n)) kept.push(n);
  if (literal === expr && kept.length === inputs.length) return null;
  const shape = commonShape(kept.map((n) => n.type.shape));
  if (!shape || !sameShape(shape, out.shape)) return null;
  const renamed = substitute(literal, inputs.map((n) => arg(kept.indexOf(n))));
  return renamed === expr && kept.length === inputs.length ? null : b.make(map, kept, { expr: renamed });
}
