// The epilogue of reduce, matmul, conv2d, conv2d_transpose and pool: a scalar expression applied to each element of the raw
// result (x0) and to extra operands (x1, x2, …), so that what follows a kernel costs no pass of its own over memory.
// Law: extras broadcast TO the raw result's shape; an epilogue never enlarges it.
import type { AttrSpec } from "../../ir/attr.ts";
import type { Tensor } from "../../ir/op.ts";
import { problem, type Problem } from "../../ir/problem.ts";
import { argumentCount, cost, type Scalar } from "../../ir/scalar.ts";
import { evaluator } from "../../ir/scalar-eval.ts";
import { broadcast, elements, printType, sameShape, scale, tensor, type Dim, type Extent, type TensorType } from "../../ir/type.ts";
import { broadcastTo, count } from "./strided.ts";

export const epilogueAttr = {
  kind: "scalar",
  optional: true,
  doc: "applied to each element of the result (x0) and the extra operands (x1, …)",
} as const satisfies AttrSpec;

/** The type of a result of `shape` after its epilogue, or why the extras do not fit. */
export function withEpilogue(name: string, shape: readonly Dim[], extras: readonly TensorType[], epilogue: Scalar | null): TensorType | Problem {
  const used = epilogue ? argumentCount(epilogue) : 1;
  if (used > extras.length + 1) return problem(`the epilogue of ${name} reads x${used - 1}, but there are ${extras.length} extra operands`);
  if (!epilogue && extras.length > 0) return problem(`${name} has extra operands and no epilogue that reads them`);
  for (const e of extras) {
    const joint = broadcast(e.shape, shape);
    if (!joint || !sameShape(joint, shape)) return problem(`the extra operand ${printType(e)} of ${name} does not broadcast to its result ${printType(tensor(shape))}`);
  }
  return tensor(shape);
}

/** epilogue(raw, extras…) for each element. */
export function applyEpilogue(raw: Float64Array, shape: readonly number[], extras: readonly Tensor[], epilogue: Scalar | null): Float64Array {
  return epilogue ? mapElements(epilogue, [raw, ...extras.map((e) => broadcastTo(e, shape))], count(shape)) : raw;
}

/** expr(operand₀[i], operand₁[i], …) for each i; the operands have `length` elements each. */
export function mapElements(expr: Scalar, operands: readonly Float64Array[], length: number): Float64Array {
  const evaluate = evaluator(expr);
  const out = new Float64Array(length);
  const args = new Float64Array(operands.length);
  for (let i = 0; i < length; i++) {
    for (let k = 0; k < operands.length; k++) args[k] = operands[k]![i]!;
    out[i] = evaluate(args);
  }
  return out;
}

export function epilogueFlops(out: TensorType, epilogue: Scalar | null): Extent {
  return scale(elements(out.shape), epilogue ? cost(epilogue) : 0);
}
