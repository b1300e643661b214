// window: a strided slice, x[start : stop : step] on every axis.
import type { Core, Node } from "../../ir/op.ts";
import { constant, constantValue } from "../../ir/leaf.ts";
import { problem } from "../../ir/problem.ts";
import { elements, N, printType, scale, tensor } from "../../ir/type.ts";
import { gather, rowMajor } from "./strided.ts";

const attrs = {
  start: { kind: "ints", doc: "the first index, one number per axis; 0 for the batch", min: 0 },
  stop: { kind: "dims", doc: "one past the last index; N for the batch", min: 1 },
  step: { kind: "ints", doc: "from one index to the next; 1 for the batch", min: 1 },
} as const;

export const window: Core<typeof attrs> = {
  kind: "core",
  name: "window",
  doc: "A strided slice: y[i] = x[start + step · i] while that is below stop, on every axis.",
  inputs: ["x"],
  attrs,
  samples: [
    { inputs: [tensor([N, 4, 5, 6])], attrs: { start: [0, 1, 0, 0], stop: [N, 3, 5, 6], step: [1, 1, 2, 2] } },
    { inputs: [tensor([6])], attrs: { start: [1], stop: [6], step: [2] } },
  ],
  infer: ([x], { start, stop, step }) => {
    const { shape } = x!;
    const fits = shape.every((d, k) => (d === N ? start[k] === 0 && stop[k] === N && step[k] === 1 : stop[k] !== N && start[k]! < stop[k]! && stop[k]! <= d));
    if ([start, stop, step].some((list) => list.length !== shape.length) || !fits) {
      return problem(`window [${start.join(", ")}] to [${stop.join(", ")}] does not lie in ${printType(x!)}`);
    }
    return tensor(shape.map((d, k) => (d === N ? N : Math.ceil((Number(stop[k]) - start[k]!) / step[k]!))));
  },
  eval: ([x], { start, step }, shape) => {
    const own = rowMajor(x!.shape);
    return gather(x!.data, shape, own.map((s, k) => s * step[k]!), own.reduce((sum, s, k) => sum + s * start[k]!, 0));
  },
  flops: (_, __, out) => scale(elements(out.shape), 0),
  fold: (b, [x], _, out): Node | null => {
    if (x!.type === out) return x!; // as many elements as there are: all of them
    const value = constantValue(x!);
    return value === null ? null : b.make(constant, [], { value, shape: out.shape });
  },
};
