// conv2d_transpose: the adjoint of conv2d with the same weights, [I, O/groups, KH, KW], as PyTorch's conv_transpose2d.
import type { Core } from "../../ir/op.ts";
import { isProblem, problem, type Problem } from "../../ir/problem.ts";
import { add, arg } from "../../ir/scalar.ts";
import { elements, N, plus, printType, scale, tensor } from "../../ir/type.ts";
import { channelsLastAttr, dataAs, shapeAs, shapeFirst, tensorFirst, typeFirst } from "./channels.ts";
import { applyEpilogue, epilogueAttr, epilogueFlops, withEpilogue } from "./epilogue.ts";
import { image, type Padding, type Size } from "./geometry.ts";
import { count } from "./strided.ts";

const attrs = {
  stride: { kind: "size", doc: "rows and columns of the result from one input pixel to the next", default: [1, 1], min: 1 },
  pad: { kind: "padding", doc: "taken away from the result: top, left, bottom, right", default: [0, 0, 0, 0], min: 0 },
  dilation: { kind: "size", doc: "rows and columns from one weight to the next", default: [1, 1], min: 1 },
  groups: { kind: "int", doc: "channels are split into this many independent convolutions", default: 1, min: 1 },
  channelsLast: channelsLastAttr,
  epilogue: epilogueAttr,
} as const;

export const conv2dTranspose: Core<typeof attrs> = {
  kind: "core",
  name: "conv2d_transpose",
  doc: "Transposed convolution: each x[n, i, p] · w[i, o, k] is added to y[n, o, stride·p + dilation·k − pad].",
  inputs: ["x", "w", "extras"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 4, 5]), tensor([3, 4, 2, 2]), tensor([4, 1, 1])], attrs: { stride: [2, 2], epilogue: add(arg(0), arg(1)) } },
    { inputs: [tensor([N, 4, 3, 3]), tensor([4, 3, 3, 2])], attrs: { stride: [2, 1], pad: [1, 0, 0, 1], dilation: [1, 2], groups: 2 } },
    { inputs: [tensor([N, 4, 5, 3]), tensor([3, 4, 2, 2]), tensor([4])], attrs: { stride: [2, 2], channelsLast: true, epilogue: add(arg(0), arg(1)) } },
  ],
  infer: (types, { stride, pad, dilation, groups, channelsLast, epilogue }) => {
    const [x, w, ...extras] = types;
    const from = image("conv2d_transpose", typeFirst(x!, channelsLast));
    if (isProblem(from)) return from;
    const weight = image("the weight of conv2d_transpose", w!);
    if (isProblem(weight)) return weight;
    const [n, c, h, width] = from;
    const [i, perGroup, ...kernel] = weight;
    if (i !== c || c % groups !== 0) return problem(`conv2d_transpose with groups ${groups} cannot apply weight ${printType(w!)} to ${c} channels`);
    const to = transposedWindows("conv2d_transpose", [h, width], kernel, stride, dilation, pad);
    return isProblem(to) ? to : withEpilogue("conv2d_transpose", shapeAs([n, perGroup * groups, ...to], channelsLast), extras, epilogue);
  },
  eval: ([given, w, ...extras], { stride, pad, dilation, groups, channelsLast, epilogue }, shape) => {
    const x = tensorFirst(given!, channelsLast);
    const images = shapeFirst(shape, channelsLast);
    const [batch, inputs, height, width] = x.shape as [number, number, number, number];
    const [, perGroup, kh, kw] = w!.shape as [number, number, number, number];
    const [, outputs, rows, columns] = images as [number, number, number, number];
    const out = new Float64Array(count(shape));
    for (let n = 0; n < batch; n++) {
      for (let i = 0; i < inputs; i++) {
        const first = Math.floor(i / (inputs / groups)) * perGroup; // the group's first output channel
        for (let o = 0; o < perGroup; o++) {
          for (let r = 0; r < height; r++) {
            for (let y = 0; y < kh; y++) {
              const row = r * stride[0] + y * dilation[0] - pad[0];
              if (row < 0 || row >= rows) continue;
              for (let c = 0; c < width; c++) {
                for (let z = 0; z < kw; z++) {
                  const column = c * stride[1] + z * dilation[1] - pad[1];
                  if (column < 0 || column >= columns) continue;
                  const to = ((n * outputs + first + o) * rows + row) * columns + column;
                  out[to] = out[to]! + x.data[((n * inputs + i) * height + r) * width + c]! * w!.data[((i * perGroup + o) * kh + y) * kw + z]!;
                }
              }
            }
          }
        }
      }
    }
    return applyEpilogue(dataAs(out, images, channelsLast), shape, extras, epilogue);
  },
  macs: ([x, w], _) => scale(elements(x!.shape), (w!.shape.slice(1) as number[]).reduce((a, b) => a * b)),
  flops: (types, a, out) => plus(scale(conv2dTranspose.macs!(types, a, out), 2), epilogueFlops(out, a.epilogue)),
};

/** (in − 1)·stride + dilation·(k − 1) + 1 − before − after for both axes, or a problem where nothing is left. */
export function transposedWindows(name: string, from: Size, kernel: Size, stride: Size, dilation: Size, [top, left, bottom, right]: Padding): Size | Problem {
  const full = [0, 1].map((k) => (from[k]! - 1) * stride[k]! + dilation[k]! * (kernel[k]! - 1) + 1) as [number, number];
  const to: Size = [full[0] - top - bottom, full[1] - left - right];
  return to[0] < 1 || to[1] < 1 ? problem(`${name} makes [${full.join(", ")}] pixels, and its padding takes them all`) : to;
}
