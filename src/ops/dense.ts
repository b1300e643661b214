// dense: a fully connected layer. The weight is laid out as in PyTorch: [n, inputs].
import type { Composite } from "../ir/op.ts";
import { problem } from "../ir/problem.ts";
import { add, arg } from "../ir/scalar.ts";
import { elementsPerSample, N, printType, tensor } from "../ir/type.ts";
import { map } from "./core/map.ts";
import { matmul } from "./core/matmul.ts";
import { initAttr, plainParam, weightParam } from "./parameters.ts";
import { flatten } from "./shape.ts";

const attrs = {
  n: { kind: "int", doc: "numbers in the result", min: 1 },
  bias: { kind: "bool", doc: "adds a learned number to each", default: true },
  init: initAttr("he"),
} as const;

export const dense: Composite<typeof attrs> = {
  kind: "composite",
  name: "dense",
  doc: "Fully connected: y = W · x + b. A value of more than one axis is flattened first.",
  inputs: ["x"],
  attrs,
  positional: 1,
  samples: [
    { inputs: [tensor([N, 6])], attrs: { n: 4 } },
    { inputs: [tensor([N, 2, 3, 3])], attrs: { n: 5, bias: false } },
  ],
  check: ([x]) => (x!.shape.length < 2 ? problem(`dense needs a value with a batch, found ${printType(x!)}`) : null),
  params: ([x], { n, bias, init }) => {
    const inputs = elementsPerSample(x!.shape);
    const weight = weightParam("[n, inputs]", [n, inputs], init, inputs, n);
    return bias ? [weight, plainParam("bias", "[n]", [n], "zero")] : [weight];
  },
  build: (b, [x, weight, bias]) => {
    const flat = x!.type.shape.length === 2 ? x! : b.make(flatten, [x!]);
    const y = b.make(matmul, [flat, weight!], { transposeB: true });
    return bias ? b.make(map, [y, bias], { expr: add(arg(0), arg(1)) }) : y;
  },
};
