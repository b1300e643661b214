// add, mul, cat and skip: layers with several operands, the flow first. add and mul broadcast as in NumPy, right-aligned on
// the sample; a skip does not: its two ends agree, and it stays visible in the graph.
import type { Build, Composite, Node } from "../ir/op.ts";
import { problem } from "../ir/problem.ts";
import { add as plus, arg, mul as times, type Scalar } from "../ir/scalar.ts";
import { broadcast, N, printShape, sameShape, tensor, type Dim } from "../ir/type.ts";
import { concat } from "./core/concat.ts";
import { map } from "./core/map.ts";
import { view } from "./core/view.ts";

type Merge = Composite<Record<never, never>>;

export const add = combine("add", plus, "The sum of values, a + b + …, from left to right.");
export const mul = combine("mul", times, "The product of values, a · b · …, from left to right.");

function combine(name: string, two: (a: Scalar, b: Scalar) => Scalar, doc: string): Merge {
  return {
    kind: "composite",
    name,
    doc,
    inputs: ["x", "more"],
    variadic: true,
    attrs: {},
    positional: 0,
    samples: [
      { inputs: [tensor([N, 3, 4, 4]), tensor([N, 3, 4, 4])], attrs: {} },
      { inputs: [tensor([N, 3, 4, 4]), tensor([N, 3, 1, 1]), tensor([N, 4])], attrs: {} },
    ],
    check: (types) => {
      let common: readonly Dim[] = [];
      for (const { shape } of types) {
        const joint = broadcast(common, shape.slice(1));
        if (!joint) return problem(`${name} cannot combine ${printShape(common)} with ${printShape(shape)}`);
        common = joint;
      }
      return null;
    },
    build: (b, inputs) => {
      const rank = Math.max(...inputs.map((n) => n.type.shape.length));
      return b.make(map, inputs.map((n) => ofRank(b, n, rank)), { expr: inputs.map((_, i) => arg(i)).reduce(two) });
    },
  };
}

/** [N, W] seen as [N, 1, 1, W]: the batch stays first, the sample is aligned on the right. */
function ofRank(b: Build, n: Node, rank: number): Node {
  const [batch, ...sample] = n.type.shape;
  const ones = new Array<number>(rank - n.type.shape.length).fill(1);
  return ones.length === 0 ? n : b.make(view, [n], { shape: [batch!, ...ones, ...sample] });
}

export const cat: Merge = {
  kind: "composite",
  name: "cat",
  doc: "Channels one after the other; rows and columns agree.",
  inputs: ["x", "more"],
  variadic: true,
  attrs: {},
  positional: 0,
  samples: [
    { inputs: [tensor([N, 2, 4, 4]), tensor([N, 3, 4, 4])], attrs: {} },
    { inputs: [tensor([N, 2]), tensor([N, 3]), tensor([N, 2])], attrs: {} },
  ],
  check: ([first, ...more]) => {
    const wrong = more.find((t) => t.shape.length < 2 || !sameShape(t.shape.slice(2), first!.shape.slice(2)) || t.shape.length !== first!.shape.length);
    return wrong ? problem(`cat cannot join ${printShape(first!.shape)} and ${printShape(wrong.shape)}`) : null;
  },
  build: (b, inputs) => b.make(concat, inputs, { axis: 1 }),
};

export const skip: Merge = {
  kind: "composite",
  name: "skip",
  doc: "A residual connection: branch + shortcut (He et al. 2015).",
  inputs: ["branch", "shortcut"],
  attrs: {},
  positional: 0,
  samples: [{ inputs: [tensor([N, 3, 4, 4]), tensor([N, 3, 4, 4])], attrs: {} }],
  check: ([branch, shortcut]) => {
    if (sameShape(branch!.shape, shortcut!.shape)) return null;
    return problem(`skip cannot add ${printShape(shortcut!.shape)} to ${printShape(branch!.shape)}`, "give the skip a shortcut that adapts: skip(project) { … }");
  },
  build: (b, inputs) => b.make(map, inputs, { expr: plus(arg(0), arg(1)) }),
};
