// maxpool, avgpool and gap: layers that summarise pixels.
import type { Attrs } from "../ir/attr.ts";
import type { Composite } from "../ir/op.ts";
import { isProblem } from "../ir/problem.ts";
import { arg, div, num } from "../ir/scalar.ts";
import { N, tensor } from "../ir/type.ts";
import { image, samePadding } from "./core/geometry.ts";
import { map } from "./core/map.ts";
import { pool, pooled } from "./core/pool.ts";
import { reduce } from "./core/reduce.ts";

const attrs = {
  k: { kind: "size", doc: "rows and columns of the window", min: 1 },
  stride: { kind: "size", doc: "rows and columns from one window to the next; k if not given", optional: true, min: 1 },
  pad: { kind: "padding", doc: "around the image, never counted; ⌊(k − 1) / 2⌋ on each side if not given", optional: true, min: 0 },
  ceil: { kind: "bool", doc: "also a last window that reaches beyond the image, if it starts inside it", default: false },
} as const;

export const maxpool = pooling("maxpool", "max", "The maximum of each window.");
export const avgpool = pooling("avgpool", "avg", "The average of each window; padding is not counted.");

function pooling(name: string, kind: "max" | "avg", doc: string): Composite<typeof attrs> {
  const explicit = ({ k, stride, pad, ceil }: Attrs<typeof attrs>) => ({ size: k, stride: stride ?? k, pad: pad ?? samePadding(k), ceil });
  return {
    kind: "composite",
    name,
    doc,
    inputs: ["x"],
    attrs,
    positional: 2,
    samples: [
      { inputs: [tensor([N, 3, 8, 8])], attrs: { k: [2, 2] } },
      { inputs: [tensor([N, 3, 8, 7])], attrs: { k: [3, 3], stride: [2, 2], ceil: true } },
    ],
    check: ([x], a) => {
      const { size, stride, pad, ceil } = explicit(a);
      const to = pooled(name, x!, size, stride, pad, ceil);
      return isProblem(to) ? to : null;
    },
    build: (b, [x], a) => b.make(pool, [x!], { kind, ...explicit(a) }),
  };
}

export const gap: Composite<Record<never, never>> = {
  kind: "composite",
  name: "gap",
  doc: "Global average pooling: the mean of each channel, [C, H, W] to [C].",
  inputs: ["x"],
  attrs: {},
  positional: 0,
  samples: [{ inputs: [tensor([N, 3, 4, 5])], attrs: {} }],
  check: ([x]) => {
    const from = image("gap", x!);
    return isProblem(from) ? from : null;
  },
  build: (b, [x]) => {
    const [, , h, w] = x!.type.shape as [unknown, unknown, number, number];
    return b.make(map, [b.make(reduce, [x!], { kind: "sum", axes: [2, 3] })], { expr: div(arg(0), num(h * w)) });
  },
};
