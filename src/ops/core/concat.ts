// concat: tensors one after the other along an axis.
import type { Core, Node } from "../../ir/op.ts";
import { constant, constantValue } from "../../ir/leaf.ts";
import { problem } from "../../ir/problem.ts";
import { elements, N, printType, sameShape, scale, tensor } from "../../ir/type.ts";
import { count, rowMajor, scatter } from "./strided.ts";

const attrs = {
  axis: { kind: "int", doc: "along which; 1 is the channel", min: 0 },
} as const;

export const concat: Core<typeof attrs> = {
  kind: "core",
  name: "concat",
  doc: "Tensors one after the other along an axis; the other axes agree.",
  inputs: ["x", "more"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 2, 3, 3]), tensor([N, 1, 3, 3]), tensor([N, 3, 3, 3])], attrs: { axis: 1 } },
    { inputs: [tensor([2]), tensor([3])], attrs: { axis: 0 } },
    { inputs: [tensor([N, 2])], attrs: { axis: 1 } },
  ],
  infer: (types, { axis }) => {
    const others = types.map((t) => t.shape.filter((_, k) => k !== axis));
    const lengths = types.map((t) => t.shape[axis]);
    if (lengths.some((d) => d === undefined || d === N) || others.some((o) => !sameShape(o, others[0]!))) {
      return problem(`concat cannot join ${types.map(printType).join(" and ")} along axis ${axis}`);
    }
    return tensor(types[0]!.shape.with(axis, (lengths as number[]).reduce((a, b) => a + b)));
  },
  eval: (inputs, { axis }, shape) => {
    const out = new Float64Array(count(shape));
    const strides = rowMajor(shape);
    let start = 0;
    for (const x of inputs) {
      scatter(out, x.data, x.shape, strides, start * strides[axis]!);
      start += x.shape[axis]!;
    }
    return out;
  },
  flops: (_, __, out) => scale(elements(out.shape), 0),
  fold: (b, inputs, _, out): Node | null => {
    const [first] = inputs;
    if (inputs.length === 1) return first!;
    const value = constantValue(first!);
    if (value === null || !inputs.every((n) => Object.is(constantValue(n), value))) return null;
    return b.make(constant, [], { value, shape: out.shape }); // c's beside c's
  },
};
