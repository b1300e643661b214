// Losses: one number from an output and its target, the mean over the batch. They are no layers: `train` declarations name them.
import type { Build, Composite, Node } from "../ir/op.ts";
import { problem } from "../ir/problem.ts";
import { add, arg, div, exp, log, mul, neg, num, select, sub } from "../ir/scalar.ts";
import { elementsPerSample, N, printShape, printType, sameShape, tensor } from "../ir/type.ts";
import { batchSize } from "./batch.ts";
import { map } from "./core/map.ts";
import { oneHot } from "./core/one-hot.ts";
import { poolGrad } from "./core/pool-grad.ts";
import { reduce } from "./core/reduce.ts";
import { view } from "./core/view.ts";
import { constant } from "../ir/leaf.ts";

const [x0, x1, x2] = [arg(0), arg(1), arg(2)];

const crossEntropyAttrs = { smoothing: { kind: "float", doc: "share of the probability that is spread over all classes", default: 0, min: 0, max: 1 } } as const;

/** Scores [N, C, …] (f32) and classes [N, …] (i32); a class that there is not counts as zeros. */
export const crossEntropy: Composite<typeof crossEntropyAttrs> = {
  kind: "composite",
  name: "cross_entropy",
  doc: "Cross-entropy, −Σ q · log softmax(scores), the mean over batch and pixels; q is 1 − smoothing at the label, and smoothing / C everywhere (Szegedy et al. 2016, section 7).",
  inputs: ["scores", "label"],
  integers: ["label"],
  attrs: crossEntropyAttrs,
  positional: 0,
  samples: [
    { inputs: [tensor([N, 5]), tensor([N], "i32")], attrs: {} },
    { inputs: [tensor([N, 4, 3, 2]), tensor([N, 3, 2], "i32")], attrs: { smoothing: 0.1 } },
  ],
  check: ([scores, label]) => {
    const [batch, classes, ...pixels] = scores!.shape;
    const fits = batch === N && typeof classes === "number" && sameShape(label!.shape, [batch, ...pixels]);
    return fits ? null : problem(`cross_entropy cannot compare scores ${printType(scores!)} with labels ${printType(label!)}`);
  },
  build: (b, [scores, label], { smoothing }) => {
    const classes = scores!.type.shape[1] as number;
    const largest = b.make(reduce, [scores!], { kind: "max", axes: [1], keep: true });
    const detached = b.training ? [1] : [];
    // log softmax(x) = x − max x − log Σ exp(x − max x), the same whatever is subtracted
    const powers = b.make(map, [scores!, largest], { expr: exp(sub(x0, x1)), detached });
    const sum = b.make(reduce, [powers], { kind: "sum", axes: [1], keep: true });
    const target = b.make(oneHot, [label!], { classes });
    const share = smoothing === 0 ? x0 : add(mul(x0, num(1 - smoothing)), num(smoothing / classes));
    const q = b.make(map, [target], { expr: share });
    const logs = b.make(map, [scores!, largest, sum], { expr: sub(sub(x0, x1), log(x2)), detached });
    return mean(b, b.make(map, [q, logs], { expr: neg(mul(x0, x1)) }), elementsPerSample(label!.type.shape));
  },
};

/** Values and targets of one shape [N, …]. */
export const mse: Composite<Record<never, never>> = {
  kind: "composite",
  name: "mse",
  doc: "Mean squared error, (value − target)², over everything.",
  inputs: ["value", "target"],
  attrs: {},
  positional: 0,
  samples: [{ inputs: [tensor([N, 3, 4, 4]), tensor([N, 3, 4, 4])], attrs: {} }],
  check: ([value, target]) => {
    if (value!.shape[0] === N && sameShape(value!.shape, target!.shape)) return null;
    return problem(`mse cannot compare ${printShape(value!.shape)} with ${printShape(target!.shape)}`);
  },
  build: (b, [value, target]) => mean(b, b.make(map, [value!, target!], { expr: mul(sub(x0, x1), sub(x0, x1)) }), elementsPerSample(value!.type.shape)),
};

/** How many of the labels are not the class with the largest score. Of equal scores the first counts; where one is NaN, no class is right. */
export const wrongCount: Composite<Record<never, never>> = {
  kind: "composite",
  name: "wrong_count",
  doc: "How many labels differ from the class with the largest score, the first of equal ones.",
  inputs: ["scores", "label"],
  integers: ["label"],
  attrs: {},
  positional: 0,
  samples: [
    { inputs: [tensor([N, 5]), tensor([N], "i32")], attrs: {} },
    { inputs: [tensor([N, 4, 3, 2]), tensor([N, 3, 2], "i32")], attrs: {} },
  ],
  check: (types) => crossEntropy.check!(types, { smoothing: 0 }),
  build: (b, [scores, label]) => {
    const [, classes, ...pixels] = scores!.type.shape as readonly number[];
    const area = pixels.reduce((p, d) => p * d, 1);
    const ones = b.make(constant, [], { value: 1, shape: [N, 1, 1, area] });
    // the gradient of the largest score says where it is: each column of classes is one window
    const columns = b.make(view, [scores!], { shape: [N, 1, classes!, area] });
    const first = b.make(poolGrad, [ones, columns], { kind: "max", image: [classes!, area], size: [classes!, 1], stride: [classes!, 1] });
    const target = b.make(view, [b.make(oneHot, [label!], { classes: classes! })], { shape: [N, 1, classes!, area] });
    const hits = b.make(map, [first, target, columns], { expr: select("==", x2, x2, mul(x0, x1), num(0)) });
    const right = b.make(reduce, [hits], { kind: "sum", axes: [0, 1, 2, 3] });
    return b.make(map, [batchSize(b), right], { expr: sub(mul(x0, num(area)), x1) });
  },
};

/** Σ x / (N · perSample) */
function mean(b: Build, x: Node, perSample: number): Node {
  const sum = b.make(reduce, [x], { kind: "sum", axes: x.type.shape.map((_, k) => k) });
  return b.make(map, [sum, batchSize(b)], { expr: div(x0, mul(x1, num(perSample))) });
}
