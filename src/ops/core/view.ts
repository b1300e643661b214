// view: the same elements in the same order under another shape. Free: no target moves anything.
import type { Core, Node } from "../../ir/op.ts";
import { constant, constantValue } from "../../ir/leaf.ts";
import { problem } from "../../ir/problem.ts";
import { elements, N, printShape, scale, tensor } from "../../ir/type.ts";

const attrs = {
  shape: { kind: "dims", doc: "of the result, with N for the batch", min: 1 },
} as const;

export const view: Core<typeof attrs> = {
  kind: "core",
  name: "view",
  doc: "The same elements in the same order, under another shape.",
  inputs: ["x"],
  attrs,
  samples: [
    { inputs: [tensor([N, 2, 3, 4])], attrs: { shape: [N, 24] } },
    { inputs: [tensor([6])], attrs: { shape: [6, 1, 1] } },
  ],
  infer: ([x], { shape }) => {
    const [from, to] = [elements(x!.shape), elements(shape)];
    if (from.fixed !== to.fixed || from.perSample !== to.perSample) return problem(`view cannot show ${printShape(x!.shape)} as ${printShape(shape)}`);
    return tensor(shape);
  },
  eval: ([x]) => x!.data,
  flops: (_, __, out) => scale(elements(out.shape), 0),
  fold: (b, [x], _, out): Node | null => {
    if (x!.type === out) return x!;
    if (x!.op === view) return b.make(view, [x!.inputs[0]!], { shape: out.shape }); // view ∘ view = view
    const value = constantValue(x!);
    return value === null ? null : b.make(constant, [], { value, shape: out.shape });
  },
};

/** The node whose elements a chain of views shows. */
export function shown(n: Node): Node {
  let source = n;
  while (source.op === view) source = source.inputs[0]!;
  return source;
}
