// bn, ln and softmax: layers that normalise.
import type { Build, Composite, Node } from "../ir/op.ts";
import { problem, type Problem } from "../ir/problem.ts";
import { add, arg, div, exp, mul, num, sqrt, sub, type Scalar } from "../ir/scalar.ts";
import { elementsPerSample, N, printShape, tensor, type TensorType } from "../ir/type.ts";
import { batchSize } from "./batch.ts";
import { map } from "./core/map.ts";
import { reduce } from "./core/reduce.ts";
import { view } from "./core/view.ts";
import { initAttr, plainParam, stateParam } from "./parameters.ts";

const eps = { kind: "float", doc: "added to the variance", default: 1e-5, min: 0 } as const;
const [x0, x1, x2, x3] = [arg(0), arg(1), arg(2), arg(3)];

const bnAttrs = {
  eps,
  momentum: { kind: "float", doc: "share of the newest batch in the running statistics", default: 0.1, min: 0, max: 1 },
  init: initAttr("one"),
} as const;

export const bn: Composite<typeof bnAttrs> = {
  kind: "composite",
  name: "bn",
  doc: "Batch normalisation per channel: (x − mean) / √(var + eps) · weight + bias (Ioffe and Szegedy 2015).",
  inputs: ["x"],
  attrs: bnAttrs,
  positional: 0,
  samples: [{ inputs: [tensor([N, 3, 4, 4])], attrs: {} }, { inputs: [tensor([N, 6])], attrs: { eps: 0.001 } }],
  check: ([x]) => hasChannels("bn", x!),
  params: ([x], { init }) => {
    const c = [Number(x!.shape[1])];
    return [
      plainParam("weight", "[C]", c, init),
      plainParam("bias", "[C]", c, "zero"),
      stateParam("running_mean", "[C], of the training batches", c, "zero"),
      stateParam("running_var", "[C], of the training batches", c, "one"),
    ];
  },
  leastBatch: ([x]) => (valuesPerSample(x!) === 1 ? 2 : 1), // one value has no variance
  build: (b, [x, weight, bias, mean, variance], a) => {
    if (b.training) return normaliseBatch(b, { x: x!, weight: weight!, bias: bias!, mean: mean!, variance: variance! }, a);
    // (x − mean) / √(var + eps) · weight + bias = x · scale + shift, and scale and shift depend on parameters alone
    const scale = b.make(map, [weight!, variance!], { expr: div(x0, sqrt(add(x1, num(a.eps)))) });
    const shift = b.make(map, [bias!, mean!, scale], { expr: sub(x0, mul(x1, x2)) });
    return b.make(map, [x!, perChannel(b, scale, x!.type), perChannel(b, shift, x!.type)], { expr: add(mul(x0, x1), x2) });
  },
};

interface BatchNorm {
  readonly x: Node;
  readonly weight: Node;
  readonly bias: Node;
  readonly mean: Node;
  readonly variance: Node;
}

/**
 * (x − mean) · weight / √(var + eps) + bias by the batch's own statistics (Ioffe and Szegedy 2015, algorithm 1), which also move the
 * running ones: as in PyTorch var is biased, Σ (x − mean)² / M over the M values of a channel, and divided by M − 1 in the average.
 */
function normaliseBatch(b: Build, { x, weight, bias, mean, variance }: BatchNorm, { eps, momentum }: { readonly eps: number; readonly momentum: number }): Node {
  const axes = x.type.shape.map((_, k) => k).filter((k) => k !== 1);
  const count = b.make(map, [batchSize(b)], { expr: mul(x0, num(valuesPerSample(x.type))) });
  const ofChannel = (v: Node): Node => perChannel(b, v, x.type);
  const sumOf = (v: Node): Node => b.make(reduce, [v], { kind: "sum", axes });
  const batchMean = b.make(map, [sumOf(x), count], { expr: div(x0, x1) });
  // moved with all of x, the sum of squares stays: the mean has no part in its derivative
  const squares = sumOf(b.make(map, [x, ofChannel(batchMean)], { expr: mul(sub(x0, x1), sub(x0, x1)), detached: [1] }));
  const scale = b.make(map, [weight, squares, count], { expr: div(x0, sqrt(add(div(x1, x2), num(eps)))) });
  b.update(mean, b.make(map, [mean, batchMean], { expr: average(x0, x1, momentum) }));
  b.update(variance, b.make(map, [variance, squares, count], { expr: average(x0, div(x1, sub(x2, num(1))), momentum) }));
  return b.make(map, [x, ofChannel(batchMean), ofChannel(scale), ofChannel(bias)], { expr: add(mul(sub(x0, x1), x2), x3) });
}

function average(old: Scalar, newest: Scalar, share: number): Scalar {
  return add(mul(old, num(1 - share)), mul(newest, num(share)));
}

/** Of each channel. */
function valuesPerSample({ shape }: TensorType): number {
  return elementsPerSample(shape) / Number(shape[1]);
}

const lnAttrs = { eps, init: initAttr("one") } as const;

export const ln: Composite<typeof lnAttrs> = {
  kind: "composite",
  name: "ln",
  doc: "Layer normalisation over the whole sample: (x − mean) / √(var + eps) · weight + bias (Ba et al. 2016).",
  inputs: ["x"],
  attrs: lnAttrs,
  positional: 0,
  samples: [{ inputs: [tensor([N, 3, 4, 4])], attrs: {} }, { inputs: [tensor([N, 6])], attrs: {} }],
  check: ([x]) => hasChannels("ln", x!),
  params: ([x], { init }) => {
    const shape = x!.shape.slice(1) as readonly number[];
    return [plainParam("weight", "as one sample", shape, init), plainParam("bias", "as one sample", shape, "zero")];
  },
  build: (b, [x, weight, bias], a) => {
    const mean = sampleMean(b, x!);
    const centred = b.make(map, [x!, mean], { expr: sub(x0, x1) });
    const variance = sampleMean(b, b.make(map, [centred], { expr: mul(x0, x0) }));
    return b.make(map, [centred, variance, weight!, bias!], { expr: add(mul(div(x0, sqrt(add(x1, num(a.eps)))), x2), x3) });
  },
};

export const softmax: Composite<Record<never, never>> = {
  kind: "composite",
  name: "softmax",
  doc: "Positive numbers that sum to one over the channels: exp(x − max x) / Σ exp(x − max x).",
  inputs: ["x"],
  attrs: {},
  positional: 0,
  samples: [{ inputs: [tensor([N, 10])], attrs: {} }, { inputs: [tensor([N, 3, 2, 2])], attrs: {} }],
  check: ([x]) => hasChannels("softmax", x!),
  build: (b, [x]) => {
    const largest = b.make(reduce, [x!], { kind: "max", axes: [1], keep: true });
    const e = b.make(map, [x!, largest], { expr: exp(sub(x0, x1)), detached: b.training ? [1] : [] }); // the quotient is the same whatever is subtracted
    return b.make(map, [e, b.make(reduce, [e], { kind: "sum", axes: [1], keep: true })], { expr: div(x0, x1) });
  },
};

function hasChannels(name: string, { shape }: TensorType): Problem | null {
  return shape.length < 2 || shape.slice(1).includes(N) ? problem(`${name} needs channels, found ${printShape(shape)}`) : null;
}

/** [C] seen as [C, 1, 1], so that it broadcasts over the pixels. */
function perChannel(b: Build, v: Node, like: TensorType): Node {
  return b.make(view, [v], { shape: [...v.type.shape, ...like.shape.slice(2).map(() => 1)] });
}

/** The mean over everything but the batch, shaped so that it broadcasts. */
function sampleMean(b: Build, x: Node): Node {
  const axes = x.type.shape.slice(1).map((_, k) => k + 1);
  const sum = b.make(reduce, [x], { kind: "sum", axes, keep: true });
  return b.make(map, [sum], { expr: div(x0, num(elementsPerSample(x.type.shape))) });
}
