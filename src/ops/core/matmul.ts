// matmul: the product of two matrices, either of them transposed. A dense layer is matmul(x, w){transposeB}.
import type { Core } from "../../ir/op.ts";
import { problem } from "../../ir/problem.ts";
import { add, arg, max, num } from "../../ir/scalar.ts";
import { elements, N, plus, printType, scale, tensor, type Dim, type TensorType } from "../../ir/type.ts";
import { applyEpilogue, epilogueAttr, epilogueFlops, withEpilogue } from "./epilogue.ts";

const attrs = {
  transposeA: { kind: "bool", doc: "a is [K, M] instead of [M, K]", default: false },
  transposeB: { kind: "bool", doc: "b is [O, K] instead of [K, O]", default: false },
  epilogue: epilogueAttr,
} as const;

export const matmul: Core<typeof attrs> = {
  kind: "core",
  name: "matmul",
  doc: "The product of an [M, K] and a [K, O] matrix: y[m, o] = Σₖ a[m, k] · b[k, o].",
  inputs: ["a", "b", "extras"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 6]), tensor([4, 6]), tensor([4])], attrs: { transposeB: true, epilogue: max(add(arg(0), arg(1)), num(0)) } },
    { inputs: [tensor([N, 6]), tensor([6, 4])], attrs: {} },
    { inputs: [tensor([N, 4]), tensor([N, 6])], attrs: { transposeA: true } },
  ],
  infer: (types, { transposeA, transposeB, epilogue }) => {
    const [a, b, ...extras] = types;
    if (a!.shape.length !== 2 || b!.shape.length !== 2) return problem(`matmul needs two matrices, found ${printType(a!)} and ${printType(b!)}`);
    const [m, k] = rowsAndColumns(a!, transposeA);
    const [k2, o] = rowsAndColumns(b!, transposeB);
    if (k !== k2) return problem(`matmul sums over ${k} elements of its first operand and ${k2} of its second`);
    return withEpilogue("matmul", [m, o], extras, epilogue);
  },
  eval: ([a, b, ...extras], { transposeA, transposeB, epilogue }, shape) => {
    const [rows, columns] = shape as [number, number];
    const inner = a!.shape[transposeA ? 0 : 1]!;
    const out = new Float64Array(rows * columns);
    for (let m = 0; m < rows; m++) {
      for (let o = 0; o < columns; o++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          sum += a!.data[transposeA ? k * rows + m : m * inner + k]! * b!.data[transposeB ? o * inner + k : k * columns + o]!;
        }
        out[m * columns + o] = sum;
      }
    }
    return applyEpilogue(out, shape, extras, epilogue);
  },
  macs: ([a], { transposeA }, out) => elements([...out.shape, rowsAndColumns(a!, transposeA)[1]]),
  flops: (types, a, out) => plus(scale(matmul.macs!(types, a, out), 2), epilogueFlops(out, a.epilogue)),
};

function rowsAndColumns({ shape }: TensorType, transposed: boolean): readonly [Dim, Dim] {
  const [a, b] = shape as readonly [Dim, Dim];
  return transposed ? [b, a] : [a, b];
}
