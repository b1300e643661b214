// conv2d_weight: the gradient of conv2d with respect to its weights, [O, I/groups, KH, KW], from the images that were convolved and
// the gradient of the result: PyTorch's conv2d_weight. With x and dy exchanged it is that of conv2d_transpose.
import type { Core } from "../../ir/op.ts";
import { isProblem, problem } from "../../ir/problem.ts";
import { elements, N, printType, scale, tensor } from "../../ir/type.ts";
import { channelsLastAttr, tensorFirst, typeFirst } from "./channels.ts";
import { image, windows } from "./geometry.ts";
import { count } from "./strided.ts";

const attrs = {
  kernel: { kind: "size", doc: "rows and columns of the weights", min: 1 },
  stride: { kind: "size", doc: "of the convolution: rows and columns from one window to the next", default: [1, 1], min: 1 },
  pad: { kind: "padding", doc: "of the convolution: zeros around the image, top, left, bottom, right", default: [0, 0, 0, 0], min: 0 },
  dilation: { kind: "size", doc: "of the convolution: rows and columns from one weight to the next", default: [1, 1], min: 1 },
  groups: { kind: "int", doc: "of the convolution: channels are split into this many independent ones", default: 1, min: 1 },
  channelsLast: channelsLastAttr,
} as const;

export const conv2dWeight: Core<typeof attrs> = {
  kind: "core",
  name: "conv2d_weight",
  doc: "The gradient of a convolution's weights: dw[o, i, k] = Σ over n, p of dy[n, o, p] · x[n, i, stride·p + dilation·k − pad].",
  inputs: ["x", "dy"],
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 6, 5]), tensor([N, 4, 6, 5])], attrs: { kernel: [3, 3], pad: [1, 1, 1, 1] } },
    { inputs: [tensor([N, 4, 7, 7]), tensor([N, 6, 4, 6])], attrs: { kernel: [3, 2], stride: [2, 1], pad: [1, 0, 2, 1], dilation: [1, 2], groups: 2 } },
    { inputs: [tensor([N, 6, 6, 3]), tensor([N, 3, 3, 5])], attrs: { kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1], channelsLast: true } },
    { inputs: [tensor([N, 5, 5, 4]), tensor([N, 3, 3, 8])], attrs: { kernel: [3, 3], groups: 4, channelsLast: true } },
  ],
  infer: ([x, dy], { kernel, stride, pad, dilation, groups, channelsLast }) => {
    const from = image("conv2d_weight", typeFirst(x!, channelsLast));
    if (isProblem(from)) return from;
    const to = image("conv2d_weight", typeFirst(dy!, channelsLast));
    if (isProblem(to)) return to;
    const size = windows("conv2d_weight", [from[2], from[3]], kernel, stride, dilation, pad);
    if (isProblem(size)) return size;
    const fits = from[0] === to[0] && size[0] === to[2] && size[1] === to[3] && from[1] % groups === 0 && to[1] % groups === 0;
    return fits ? tensor([to[1], from[1] / groups, ...kernel]) : problem(`conv2d_weight with groups ${groups} does not make ${printType(dy!)} of ${printType(x!)}`);
  },
  eval: ([givenX, givenDy], { kernel: [kh, kw], stride, pad, dilation, groups, channelsLast }, shape) => {
    const [x, dy] = [tensorFirst(givenX!, channelsLast), tensorFirst(givenDy!, channelsLast)];
    const [batch, channels, height, width] = x.shape as [number, number, number, number];
    const [, , rows, columns] = dy.shape as [number, number, number, number];
    const [outputs, perGroup] = shape as [number, number];
    const out = new Float64Array(count(shape));
    let at = 0;
    for (let o = 0; o < outputs; o++) {
      const first = Math.floor(o / (outputs / groups)) * perGroup; // the group's first input channel
      for (let i = 0; i < perGroup; i++) {
        for (let y = 0; y < kh; y++) {
          for (let z = 0; z < kw; z++) {
            let sum = 0;
            for (let n = 0; n < batch; n++) {
              for (let r = 0; r < rows; r++) {
                const row = r * stride[0] + y * dilation[0] - pad[0];
                if (row < 0 || row >= height) continue;
                for (let c = 0; c < columns; c++) {
                  const column = c * stride[1] + z * dilation[1] - pad[1];
                  if (column < 0 || column >= width) continue;
                  sum += dy.data[((n * outputs + o) * rows + r) * columns + c]! * x.data[((n * channels + first + i) * height + row) * width + column]!;
                }
              }
            }
            out[at++] = sum;
          }
        }
      }
    }
    return out;
  },
  macs: ([, dy], _, out) => scale(elements(dy!.shape), (out.shape.slice(1) as number[]).reduce((a, b) => a * b)),
  flops: (types, a, out) => scale(conv2dWeight.macs!(types, a, out), 2),
};
