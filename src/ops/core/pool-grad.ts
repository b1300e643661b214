// pool_grad: the gradient of pool with respect to its images. A maximum gives all to the window's first largest element in row-major
// order (a NaN is larger than all), an average the same to each element inside the image: as PyTorch's max_pool2d and avg_pool2d.
import type { Core } from "../../ir/op.ts";
import { isProblem, problem } from "../../ir/problem.ts";
import { elements, N, printType, scale, tensor } from "../../ir/type.ts";
import { channelsLastAttr, dataAs, shapeAs, shapeFirst, tensorFirst, typeFirst } from "./channels.ts";
import { image } from "./geometry.ts";
import { pooled } from "./pool.ts";
import { count } from "./strided.ts";

const attrs = {
  kind: { kind: "string", doc: "of the pooling: the maximum, or the average", oneOf: ["max", "avg"] },
  image: { kind: "size", doc: "rows and columns of the images that were pooled", min: 1 },
  size: { kind: "size", doc: "of the window", min: 1 },
  stride: { kind: "size", doc: "rows and columns from one window to the next", min: 1 },
  pad: { kind: "padding", doc: "around the image, never counted: top, left, bottom, right", default: [0, 0, 0, 0], min: 0 },
  ceil: { kind: "bool", doc: "also a last window that reaches beyond the image, if it starts inside it", default: false },
  channelsLast: channelsLastAttr,
} as const;

export const poolGrad: Core<typeof attrs> = {
  kind: "core",
  name: "pool_grad",
  doc: "The gradient of the images that were pooled, from that of the result; for maxima from the images too.",
  inputs: ["dy", "x"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 4, 3]), tensor([N, 3, 7, 6])], attrs: { kind: "max", image: [7, 6], size: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] } },
    { inputs: [tensor([N, 3, 4, 2])], attrs: { kind: "avg", image: [7, 6], size: [3, 2], stride: [2, 3], pad: [1, 0, 2, 1], ceil: true } },
    { inputs: [tensor([N, 4, 3, 5]), tensor([N, 7, 6, 5])], attrs: { kind: "max", image: [7, 6], size: [3, 2], stride: [2, 2], pad: [1, 1, 1, 0], channelsLast: true } },
    { inputs: [tensor([N, 3, 3, 6])], attrs: { kind: "avg", image: [6, 7], size: [2, 3], stride: [2, 2], channelsLast: true } },
  ],
  infer: ([dy, ...images], { kind, image: [h, w], size, stride, pad, ceil, channelsLast }) => {
    const from = image("pool_grad", typeFirst(dy!, channelsLast));
    if (isProblem(from)) return from;
    const wanted = tensor(shapeAs([from[0], from[1], h, w], channelsLast));
    const to = pooled("pool_grad", typeFirst(wanted, channelsLast), size, stride, pad, ceil);
    if (isProblem(to)) return to;
    if (to[2] !== from[2] || to[3] !== from[3]) return problem(`pool_grad does not make ${printType(wanted)} of ${printType(dy!)}`);
    const fits = images.length === (kind === "max" ? 1 : 0) && images.every((x) => x === wanted);
    return fits ? wanted : problem(`pool_grad of ${kind} takes ${kind === "max" ? `the images ${printType(wanted)}` : "no images"}, found ${images.map(printType).join(" and ") || "none"}`);
  },
  eval: ([givenDy, givenX], { kind, size, stride, pad, channelsLast }, shape) => {
    const dy = tensorFirst(givenDy!, channelsLast);
    const x = givenX && tensorFirst(givenX, channelsLast);
    const [, , rows, columns] = dy.shape as [number, number, number, number];
    const images = shapeFirst(shape, channelsLast);
    const [batch, channels, height, width] = images as [number, number, number, number];
    const out = new Float64Array(count(shape));
    for (let plane = 0; plane < batch * channels; plane++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          const [top, left] = [Math.max(0, r * stride[0] - pad[0]), Math.max(0, c * stride[1] - pad[1])];
          const [bottom, right] = [Math.min(height, r * stride[0] - pad[0] + size[0]), Math.min(width, c * stride[1] - pad[1] + size[1])];
          const inside: number[] = [];
          for (let row = top; row < bottom; row++) for (let column = left; column < right; column++) inside.push((plane * height + row) * width + column);
          const chosen = kind === "max" ? [firstLargest(x!.data, inside)] : inside;
          for (const to of chosen) out[to] = out[to]! + dy.data[(plane * rows + r) * columns + c]! / chosen.length;
        }
      }
    }
    return dataAs(out, images, channelsLast);
  },
  flops: ([dy], { size }) => scale(elements(dy!.shape), size[0] * size[1]),
};

function firstLargest(data: Float64Array, places: readonly number[]): number {
  return places.reduce((best, i) => (data[i]! > data[best]! || (Number.isNaN(data[i]!) && !Number.isNaN(data[best]!)) ? i : best));
}
