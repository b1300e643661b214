// Layers that move numbers and compute nothing: flatten, reshape, transpose, slice, subsample, zeropad, pad2d.
// Their shapes and axes are those of one sample: axis 0 is the channel.
import type { Composite } from "../ir/op.ts";
import { isProblem, problem } from "../ir/problem.ts";
import { elementsPerSample, N, printShape, tensor } from "../ir/type.ts";
import { image } from "./core/geometry.ts";
import { pad } from "./core/pad.ts";
import { permute } from "./core/permute.ts";
import { view } from "./core/view.ts";
import { window } from "./core/window.ts";

export const flatten: Composite<Record<never, never>> = {
  kind: "composite",
  name: "flatten",
  doc: "All numbers of a sample in one row: [C, H, W] to [C · H · W].",
  inputs: ["x"],
  attrs: {},
  positional: 0,
  samples: [{ inputs: [tensor([N, 2, 3, 4])], attrs: {} }],
  build: (b, [x]) => b.make(view, [x!], { shape: [N, elementsPerSample(x!.type.shape)] }),
};

const reshapeAttrs = { shape: { kind: "ints", doc: "of the result", min: 1 } } as const;

export const reshape: Composite<typeof reshapeAttrs> = {
  kind: "composite",
  name: "reshape",
  doc: "The same numbers in the same order, under another shape.",
  inputs: ["x"],
  attrs: reshapeAttrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 12])], attrs: { shape: [3, 2, 2] } }],
  check: ([x], { shape }) => {
    const [from, to] = [elementsPerSample(x!.shape), elementsPerSample(shape)];
    return from === to ? null : problem(`reshape cannot make ${printShape(shape)} of ${printShape(x!.shape)}: ${to} numbers of ${from}`);
  },
  build: (b, [x], { shape }) => b.make(view, [x!], { shape: [N, ...shape] }),
};

const transposeAttrs = { axes: { kind: "ints", doc: "for each axis of the result, the axis it comes from: [1, 2, 0] makes [H, W, C]", min: 0 } } as const;

export const transpose: Composite<typeof transposeAttrs> = {
  kind: "composite",
  name: "transpose",
  doc: "Axes in another order: axis k of the result is axis axes[k] of the value.",
  inputs: ["x"],
  attrs: transposeAttrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 2, 3, 4])], attrs: { axes: [1, 2, 0] } }],
  check: ([x], { axes }) => {
    const rank = x!.shape.length - 1;
    const once = axes.length === rank && x!.shape.slice(1).every((_, k) => axes.includes(k));
    return once ? null : problem(`transpose needs each axis of ${printShape(x!.shape)} once, found [${axes.join(", ")}]`);
  },
  build: (b, [x], { axes }) => b.make(permute, [x!], { perm: [0, ...axes.map((a) => a + 1)] }),
};

const sliceAttrs = {
  axis: { kind: "int", doc: "0 is the channel, 1 the row, 2 the column", min: 0 },
  from: { kind: "int", doc: "the first index", min: 0 },
  to: { kind: "int", doc: "one past the last index", min: 1 },
} as const;

export const slice: Composite<typeof sliceAttrs> = {
  kind: "composite",
  name: "slice",
  doc: "The part of a value with from ≤ index < to along an axis.",
  inputs: ["x"],
  attrs: sliceAttrs,
  positional: 3,
  samples: [{ inputs: [tensor([N, 6, 3, 4])], attrs: { axis: 0, from: 2, to: 5 } }],
  check: ([x], { axis, from, to }) => {
    const length = x!.shape[axis + 1];
    if (length === undefined || length === N) return problem(`slice needs an axis of ${printShape(x!.shape)}, found ${axis}`);
    return from < to && to <= length ? null : problem(`slice ${from}..${to} does not lie in axis ${axis} of ${printShape(x!.shape)}`);
  },
  build: (b, [x], { axis, from, to }) => {
    const { shape } = x!.type;
    return b.make(window, [x!], { start: shape.map((_, k) => (k === axis + 1 ? from : 0)), stop: shape.with(axis + 1, to), step: shape.map(() => 1) });
  },
};

const subsampleAttrs = { s: { kind: "size", doc: "rows and columns from one to the next", min: 1 } } as const;

export const subsample: Composite<typeof subsampleAttrs> = {
  kind: "composite",
  name: "subsample",
  doc: "Every s-th row and column, from the first: [C, H, W] to [C, ⌈H / s⌉, ⌈W / s⌉].",
  inputs: ["x"],
  attrs: subsampleAttrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 3, 5, 6])], attrs: { s: [2, 2] } }],
  check: ([x]) => asImage("subsample", x!),
  build: (b, [x], { s }) => b.make(window, [x!], { start: [0, 0, 0, 0], stop: x!.type.shape, step: [1, 1, ...s] }),
};

const zeropadAttrs = { c: { kind: "int", doc: "channels of the result", min: 1 } } as const;

export const zeropad: Composite<typeof zeropadAttrs> = {
  kind: "composite",
  name: "zeropad",
  doc: "Channels of zeros around the channels there are, half before and half after (of an odd number, the odd one after).",
  inputs: ["x"],
  attrs: zeropadAttrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 2, 3, 3])], attrs: { c: 6 } }, { inputs: [tensor([N, 2])], attrs: { c: 5 } }],
  check: ([x], { c }) => {
    const from = x!.shape[1];
    return typeof from === "number" && from <= c ? null : problem(`zeropad cannot make ${c} channels of ${printShape(x!.shape)}`);
  },
  build: (b, [x], { c }) => {
    const { shape } = x!.type;
    const extra = c - Number(shape[1]);
    const at = (n: number): number[] => shape.map((_, k) => (k === 1 ? n : 0));
    return b.make(pad, [x!], { low: at(Math.floor(extra / 2)), high: at(Math.ceil(extra / 2)) });
  },
};

const pad2dAttrs = {
  n: { kind: "padding", doc: "rows and columns to add on each side", min: 0 },
  value: { kind: "float", doc: "of the new pixels", default: 0 },
} as const;

export const pad2d: Composite<typeof pad2dAttrs> = {
  kind: "composite",
  name: "pad2d",
  doc: "Rows and columns of a value around the image.",
  inputs: ["x"],
  attrs: pad2dAttrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 2, 3, 4])], attrs: { n: [1, 2, 1, 2] } }],
  check: ([x]) => asImage("pad2d", x!),
  build: (b, [x], { n: [top, left, bottom, right], value }) => b.make(pad, [x!], { low: [0, 0, top, left], high: [0, 0, bottom, right], value }),
};

function asImage(name: string, x: Parameters<typeof image>[1]) {
  const from = image(name, x);
  return isProblem(from) ? from : null;
}
