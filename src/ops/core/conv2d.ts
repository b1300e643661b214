// conv2d: cross-correlation of [N, I, H, W] images with [O, I/groups, KH, KW] weights, as PyTorch's conv2d.
import type { Core } from "../../ir/op.ts";
import { isProblem, problem } from "../../ir/problem.ts";
import { add, arg, max, num } from "../../ir/scalar.ts";
import { elements, N, plus, printType, scale, tensor } from "../../ir/type.ts";
import { channelsLastAttr, dataAs, shapeAs, shapeFirst, tensorFirst, typeFirst } from "./channels.ts";
import { applyEpilogue, epilogueAttr, epilogueFlops, withEpilogue } from "./epilogue.ts";
import { image, windows } from "./geometry.ts";
import { count } from "./strided.ts";

const attrs = {
  stride: { kind: "size", doc: "rows and columns from one window to the next", default: [1, 1], min: 1 },
  pad: { kind: "padding", doc: "zeros around the image: top, left, bottom, right", default: [0, 0, 0, 0], min: 0 },
  dilation: { kind: "size", doc: "rows and columns from one weight to the next", default: [1, 1], min: 1 },
  groups: { kind: "int", doc: "channels are split into this many independent convolutions", default: 1, min: 1 },
  channelsLast: channelsLastAttr,
  epilogue: epilogueAttr,
} as const;

export const conv2d: Core<typeof attrs> = {
  kind: "core",
  name: "conv2d",
  doc: "Convolution: y[n, o, p] = Σ over i, k of x[n, i, stride·p + dilation·k − pad] · w[o, i, k], zero outside the image.",
  inputs: ["x", "w", "extras"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 6, 5]), tensor([4, 3, 3, 3]), tensor([4, 1, 1])], attrs: { pad: [1, 1, 1, 1], epilogue: max(add(arg(0), arg(1)), num(0)) } },
    { inputs: [tensor([N, 4, 7, 7]), tensor([6, 2, 3, 2])], attrs: { stride: [2, 1], pad: [1, 0, 2, 1], dilation: [1, 2], groups: 2 } },
    { inputs: [tensor([N, 6, 5, 3]), tensor([4, 3, 3, 3]), tensor([4])], attrs: { pad: [1, 1, 1, 1], channelsLast: true, epilogue: max(add(arg(0), arg(1)), num(0)) } },
  ],
  infer: (types, { stride, pad, dilation, groups, channelsLast, epilogue }) => {
    const [x, w, ...extras] = types;
    const from = image("conv2d", typeFirst(x!, channelsLast));
    if (isProblem(from)) return from;
    const weight = image("the weight of conv2d", w!);
    if (isProblem(weight)) return weight;
    const [n, c, h, width] = from;
    const [o, i, ...kernel] = weight;
    if (i * groups !== c || Number(o) % groups !== 0) return problem(`conv2d with groups ${groups} cannot apply weight ${printType(w!)} to ${c} channels`);
    const to = windows("conv2d", [h, width], kernel, stride, dilation, pad);
    return isProblem(to) ? to : withEpilogue("conv2d", shapeAs([n, o!, ...to], channelsLast), extras, epilogue);
  },
  eval: ([given, w, ...extras], { stride, pad, dilation, groups, channelsLast, epilogue }, shape) => {
    const x = tensorFirst(given!, channelsLast);
    const images = shapeFirst(shape, channelsLast);
    const [, channels, height, width] = x.shape as [number, number, number, number];
    const [, perGroup, kh, kw] = w!.shape as [number, number, number, number];
    const [batch, outputs, rows, columns] = images as [number, number, number, number];
    const out = new Float64Array(count(shape));
    let at = 0;
    for (let n = 0; n < batch; n++) {
      for (let o = 0; o < outputs; o++) {
        const first = Math.floor(o / (outputs / groups)) * perGroup; // the group's first input channel
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < columns; c++) {
            let sum = 0;
            for (let i = 0; i < perGroup; i++) {
              for (let y = 0; y < kh; y++) {
                const row = r * stride[0] + y * dilation[0] - pad[0];
                if (row < 0 || row >= height) continue;
                for (let z = 0; z < kw; z++) {
                  const column = c * stride[1] + z * dilation[1] - pad[1];
                  if (column < 0 || column >= width) continue;
                  sum += x.data[((n * channels + first + i) * height + row) * width + column]! * w!.data[((o * perGroup + i) * kh + y) * kw + z]!;
                }
              }
            }
            out[at++] = sum;
          }
        }
      }
    }
    return applyEpilogue(dataAs(out, images, channelsLast), shape, extras, epilogue);
  },
  macs: ([, w], _, out) => scale(elements(out.shape), (w!.shape.slice(1) as number[]).reduce((a, b) => a * b)),
  flops: (types, a, out) => plus(scale(conv2d.macs!(types, a, out), 2), epilogueFlops(out, a.epilogue)),
};
