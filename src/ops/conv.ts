// conv and upconv: convolutions with the weights they own. Weights are laid out as in PyTorch: [c, I/groups, KH, KW] for conv,
// [I, c/groups, KH, KW] for upconv.
import type { Attrs } from "../ir/attr.ts";
import type { Build, Composite, Node, ParamSpec } from "../ir/op.ts";
import { isProblem, problem } from "../ir/problem.ts";
import { add, arg } from "../ir/scalar.ts";
import { N, tensor, type TensorType } from "../ir/type.ts";
import { conv2d } from "./core/conv2d.ts";
import { conv2dTranspose, transposedWindows } from "./core/conv2d-transpose.ts";
import { image, samePadding, windows, type Padding } from "./core/geometry.ts";
import { map } from "./core/map.ts";
import { view } from "./core/view.ts";
import { initAttr, plainParam, weightParam } from "./parameters.ts";

const common = {
  stride: { kind: "size", doc: "rows and columns from one window to the next", default: [1, 1], min: 1 },
  pad: { kind: "padding", doc: "around the image; dilation · ⌊(k − 1) / 2⌋ on each side if not given", optional: true, min: 0 },
  dilation: { kind: "size", doc: "rows and columns from one weight to the next", default: [1, 1], min: 1 },
  groups: { kind: "int", doc: "channels are split into this many independent convolutions", default: 1, min: 1 },
  bias: { kind: "bool", doc: "adds a learned number per channel", default: true },
  init: initAttr("he"),
} as const;
const c = { kind: "int", doc: "channels of the result", min: 1 } as const;

const convAttrs = { c, k: { kind: "size", doc: "rows and columns of the kernel", default: [1, 1], min: 1 }, ...common } as const;
const upconvAttrs = { c, k: { kind: "size", doc: "rows and columns of the kernel", min: 1 }, ...common } as const;
type ConvAttrs = Attrs<typeof convAttrs>; // of upconv too

export const conv: Composite<typeof convAttrs> = {
  kind: "composite",
  name: "conv",
  doc: "Convolution: each pixel of the result is a weighted sum of the pixels under a k × k window.",
  inputs: ["x"],
  attrs: convAttrs,
  positional: 3,
  samples: [
    { inputs: [tensor([N, 3, 8, 8])], attrs: { c: 4, k: [3, 3] } },
    { inputs: [tensor([N, 4, 9, 8])], attrs: { c: 6, k: [3, 5], stride: [2, 2], pad: [0, 1, 2, 1], groups: 2, bias: false } },
  ],
  check: ([x], a) => {
    const from = channels("conv", x!, a);
    if (isProblem(from)) return from;
    const to = windows("conv", [from[2], from[3]], a.k, a.stride, a.dilation, padding(a));
    return isProblem(to) ? to : null;
  },
  params: ([x], a) => {
    const perGroup = Number(x!.shape[1]) / a.groups;
    const taps = a.k[0] * a.k[1];
    return withBias(weightParam("[c, I / groups, KH, KW]", [a.c, perGroup, ...a.k], a.init, perGroup * taps, (a.c / a.groups) * taps), a);
  },
  build: (b, [x, weight, bias], a) => biased(b, b.make(conv2d, [x!, weight!], geometry(a)), bias),
};

export const upconv: Composite<typeof upconvAttrs> = {
  kind: "composite",
  name: "upconv",
  doc: "Transposed convolution: each pixel is spread over a k × k window of the result, `stride` apart, and the windows are summed.",
  inputs: ["x"],
  attrs: upconvAttrs,
  positional: 3,
  samples: [
    { inputs: [tensor([N, 4, 4, 4])], attrs: { c: 2, k: [2, 2], stride: [2, 2] } },
    { inputs: [tensor([N, 4, 4, 3])], attrs: { c: 6, k: [4, 3], stride: [2, 1], groups: 2, bias: false } },
  ],
  check: ([x], a) => {
    const from = channels("upconv", x!, a);
    if (isProblem(from)) return from;
    const to = transposedWindows("upconv", [from[2], from[3]], a.k, a.stride, a.dilation, padding(a));
    return isProblem(to) ? to : null;
  },
  params: ([x], a) => {
    const inputs = Number(x!.shape[1]);
    const taps = a.k[0] * a.k[1];
    const summed = Math.max(1, Math.round(((inputs / a.groups) * taps) / (a.stride[0] * a.stride[1]))); // on average over the result's pixels
    return withBias(weightParam("[I, c / groups, KH, KW]", [inputs, a.c / a.groups, ...a.k], a.init, summed, (a.c / a.groups) * taps), a);
  },
  build: (b, [x, weight, bias], a) => biased(b, b.make(conv2dTranspose, [x!, weight!], geometry(a)), bias),
};

function channels(name: string, x: TensorType, { c, groups }: ConvAttrs) {
  const from = image(name, x);
  if (isProblem(from) || (from[1] % groups === 0 && c % groups === 0)) return from;
  return problem(`${name} cannot split ${from[1]} channels into ${c} in ${groups} groups`);
}

function padding(a: ConvAttrs): Padding {
  return a.pad ?? samePadding(a.k, a.dilation);
}

function withBias(weight: ParamSpec, a: ConvAttrs): readonly ParamSpec[] {
  return a.bias ? [weight, plainParam("bias", "[c]", [a.c], "zero")] : [weight];
}

function geometry(a: ConvAttrs) {
  return { stride: a.stride, pad: padding(a), dilation: a.dilation, groups: a.groups };
}

/** y + bias, one number per channel. */
function biased(b: Build, y: Node, bias: Node | undefined): Node {
  return bias ? b.make(map, [y, b.make(view, [bias], { shape: [...bias.type.shape, 1, 1] })], { expr: add(arg(0), arg(1)) }) : y;
}
