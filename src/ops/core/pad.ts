// pad: surrounds a tensor with a value, and may spread its elements apart (as XLA's Pad with interior padding): the adjoint of window.
import type { Core, Node } from "../../ir/op.ts";
import { constant, constantValue } from "../../ir/leaf.ts";
import { problem } from "../../ir/problem.ts";
import { elements, N, scale, tensor } from "../../ir/type.ts";
import { count, rowMajor, scatter } from "./strided.ts";

const attrs = {
  low: { kind: "ints", doc: "elements before, one number per axis", min: 0 },
  high: { kind: "ints", doc: "elements after, one number per axis", min: 0 },
  interior: { kind: "ints", doc: "elements between neighbours, one number per axis; none if not given", default: [] as readonly number[], min: 0 },
  value: { kind: "float", doc: "of the new elements", default: 0 },
} as const;

export const pad: Core<typeof attrs> = {
  kind: "core",
  name: "pad",
  doc: "Surrounds a tensor with a value, and puts it between its elements.",
  inputs: ["x"],
  attrs,
  samples: [
    { inputs: [tensor([N, 2, 3, 3])], attrs: { low: [0, 1, 0, 2], high: [0, 2, 1, 0] } },
    { inputs: [tensor([4])], attrs: { low: [1], high: [0], value: -1 } },
    { inputs: [tensor([N, 3, 2, 4])], attrs: { low: [0, 0, 1, 0], high: [0, 0, 0, 1], interior: [0, 0, 2, 1] } },
  ],
  infer: ([x], { low, high, interior }) => {
    const { shape } = x!;
    if (low.length !== shape.length || high.length !== shape.length) return problem(`pad needs ${shape.length} numbers before and after, found [${low.join(", ")}] and [${high.join(", ")}]`);
    if (interior.length > 0 && interior.length !== shape.length) return problem(`pad needs ${shape.length} numbers between or none, found [${interior.join(", ")}]`);
    if (shape.some((d, k) => d === N && low[k]! + high[k]! + (interior[k] ?? 0) > 0)) return problem("pad cannot pad the batch");
    return tensor(shape.map((d, k) => (d === N ? N : low[k]! + (d - 1) * ((interior[k] ?? 0) + 1) + 1 + high[k]!)));
  },
  eval: ([x], { low, interior, value }, shape) => {
    const out = new Float64Array(count(shape)).fill(value);
    const strides = rowMajor(shape);
    scatter(out, x!.data, x!.shape, strides.map((s, k) => s * ((interior[k] ?? 0) + 1)), strides.reduce((sum, s, k) => sum + s * low[k]!, 0));
    return out;
  },
  flops: (_, __, out) => scale(elements(out.shape), 0),
  fold: (b, [x], { value }, out): Node | null => {
    if (x!.type === out) return x!; // padding by nothing
    return Object.is(constantValue(x!), value) ? b.make(constant, [], { value, shape: out.shape }) : null; // c's around c's
  },
};
