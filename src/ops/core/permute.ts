// permute: axes in another order. Axis k of the result is axis perm[k] of the operand (as in NumPy and PyTorch).
import type { Core, Node } from "../../ir/op.ts";
import { constant, constantValue } from "../../ir/leaf.ts";
import { problem } from "../../ir/problem.ts";
import { elements, N, printType, scale, tensor } from "../../ir/type.ts";
import { gather, rowMajor } from "./strided.ts";
import { view } from "./view.ts";

const attrs = {
  perm: { kind: "ints", doc: "for each axis of the result, the operand's axis", min: 0 },
} as const;

export const permute: Core<typeof attrs> = {
  kind: "core",
  name: "permute",
  doc: "Axes in another order: axis k of the result is axis perm[k] of the operand.",
  inputs: ["x"],
  attrs,
  samples: [
    { inputs: [tensor([N, 2, 3, 4])], attrs: { perm: [0, 3, 1, 2] } },
    { inputs: [tensor([2, 3])], attrs: { perm: [1, 0] } },
  ],
  infer: ([x], { perm }) => {
    const { shape } = x!;
    if (perm.length !== shape.length || !shape.every((_, k) => perm.includes(k))) return problem(`permute needs each axis of ${printType(x!)} once, found [${perm.join(", ")}]`);
    return tensor(perm.map((p) => shape[p]!));
  },
  eval: ([x], { perm }, shape) => {
    const own = rowMajor(x!.shape);
    return gather(x!.data, shape, perm.map((p) => own[p]!));
  },
  flops: (_, __, out) => scale(elements(out.shape), 0),
  fold: (b, [x], { perm }, out): Node | null => {
    if (x!.op === permute) {
      const inner = (x as Node<typeof permute>).attrs.perm;
      return b.make(permute, [x!.inputs[0]!], { perm: perm.map((p) => inner[p]!) }); // permute ∘ permute = permute
    }
    const value = constantValue(x!);
    if (value !== null) return b.make(constant, [], { value, shape: out.shape });
    const moved = perm.filter((p) => x!.type.shape[p] !== 1);
    const inOrder = moved.every((p, k) => k === 0 || moved[k - 1]! < p);
    return inOrder ? b.make(view, [x!], { shape: out.shape }) : null; // only axes of size 1 move: the order in memory stays
  },
};
