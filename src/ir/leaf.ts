// The leaves of every graph: input, parameter, constant. They are core ops like any other, but live here because a
// graph's signature and the trial builds of `infer` are made of them. Targets have no kernels for them.
import type { Core, Node } from "./op.ts";
import type { Extent } from "./type.ts";
import { elements, N, tensor, type DType } from "./type.ts";

const nothing: Extent = { fixed: 0, perSample: 0 };

const inputAttrs = {
  name: { kind: "string", doc: "as the program calls it" },
  shape: { kind: "dims", doc: "with N for the batch", min: 1 },
  dtype: { kind: "string", doc: "element type", oneOf: ["f32", "i32"], default: "f32" },
} as const;

/** A value that the caller gives with each run. */
export const input: Core<typeof inputAttrs> = {
  kind: "core",
  name: "input",
  doc: "A value that the caller gives with each run.",
  inputs: [],
  attrs: inputAttrs,
  samples: [{ inputs: [], attrs: { name: "x", shape: [N, 4] } }],
  infer: (_, { shape, dtype }) => tensor(shape, dtype as DType),
  eval: (_, { name }) => {
    throw new Error(`input ${name} has no value of its own`);
  },
  flops: () => nothing,
};

const parameterAttrs = {
  name: { kind: "string", doc: "as in the weights file: layer1.0.conv1.weight" },
  shape: { kind: "ints", doc: "[O, I / groups, KH, KW] for a convolution, [O, I] for dense, [C] for the rest", min: 1 },
  init: { kind: "string", doc: "how training starts it", oneOf: ["he", "xavier", "zero", "one"], default: "zero" },
  fanIn: { kind: "int", doc: "inputs that one output sums", default: 0, min: 0 },
  fanOut: { kind: "int", doc: "outputs that one input reaches", default: 0, min: 0 },
  state: { kind: "bool", doc: "a running statistic, not learned by gradient", default: false },
} as const;

/** A tensor that comes from the weights file. Equal names are one node. */
export const parameter: Core<typeof parameterAttrs> = {
  kind: "core",
  name: "parameter",
  doc: "A tensor that comes from the weights file.",
  inputs: [],
  attrs: parameterAttrs,
  samples: [{ inputs: [], attrs: { name: "w", shape: [4] } }],
  infer: (_, { shape }) => tensor(shape),
  eval: (_, { name }) => {
    throw new Error(`parameter ${name} has no value of its own`);
  },
  flops: () => nothing,
};

const constantAttrs = {
  value: { kind: "float", doc: "the value of every element" },
  shape: { kind: "dims", doc: "may hold N", default: [] as readonly number[], min: 1 },
} as const;

/** One number, repeated. The language has no other constants. */
export const constant: Core<typeof constantAttrs> = {
  kind: "core",
  name: "constant",
  doc: "One number, repeated over a shape.",
  inputs: [],
  attrs: constantAttrs,
  samples: [{ inputs: [], attrs: { value: 2, shape: [3] } }],
  infer: (_, { shape }) => tensor(shape),
  eval: (_, { value }, shape) => new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  flops: (_, { shape }) => elements(shape),
};

/** The number that a constant repeats; null for every other node. */
export function constantValue(node: Node): number | null {
  return node.op === constant ? (node as Node<typeof constant>).attrs.value : null;
}
