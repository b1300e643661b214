// pool: the maximum or the average over a sliding window, as PyTorch's max_pool2d and avg_pool2d(count_include_pad = False).
import type { Core, Node } from "../../ir/op.ts";
import { isProblem, problem, type Problem } from "../../ir/problem.ts";
import { arg, max, num } from "../../ir/scalar.ts";
import { elements, N, plus, scale, tensor, type TensorType } from "../../ir/type.ts";
import { channelsLastAttr, dataAs, shapeAs, shapeFirst, tensorFirst, typeFirst } from "./channels.ts";
import { applyEpilogue, epilogueAttr, epilogueFlops, withEpilogue } from "./epilogue.ts";
import { image, windows, type Image, type Padding, type Size } from "./geometry.ts";
import { map } from "./map.ts";
import { count } from "./strided.ts";

const attrs = {
  kind: { kind: "string", doc: "the maximum (NaN where an element is NaN), or the average of the elements inside the image", oneOf: ["max", "avg"] },
  size: { kind: "size", doc: "of the window", min: 1 },
  stride: { kind: "size", doc: "rows and columns from one window to the next", min: 1 },
  pad: { kind: "padding", doc: "around the image, never counted: top, left, bottom, right", default: [0, 0, 0, 0], min: 0 },
  ceil: { kind: "bool", doc: "also a last window that reaches beyond the image, if it starts inside it", default: false },
  channelsLast: channelsLastAttr,
  epilogue: epilogueAttr,
} as const;

export const pool: Core<typeof attrs> = {
  kind: "core",
  name: "pool",
  doc: "The maximum or the average of each window, of what lies inside the image.",
  inputs: ["x", "extras"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 7, 6])], attrs: { kind: "max", size: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] } },
    { inputs: [tensor([N, 3, 7, 6])], attrs: { kind: "avg", size: [3, 2], stride: [2, 3], pad: [1, 0, 2, 1], ceil: true, epilogue: max(arg(0), num(0)) } },
    { inputs: [tensor([N, 3, 4, 4])], attrs: { kind: "avg", size: [1, 1], stride: [1, 1] } },
    { inputs: [tensor([N, 7, 6, 3])], attrs: { kind: "max", size: [3, 2], stride: [2, 2], pad: [1, 1, 1, 0], channelsLast: true } },
  ],
  infer: (types, { size, stride, pad, ceil, channelsLast, epilogue }) => {
    const [x, ...extras] = types;
    const to = pooled("pool", typeFirst(x!, channelsLast), size, stride, pad, ceil);
    return isProblem(to) ? to : withEpilogue("pool", shapeAs(to, channelsLast), extras, epilogue);
  },
  eval: ([given, ...extras], { kind, size, stride, pad, channelsLast, epilogue }, shape) => {
    const x = tensorFirst(given!, channelsLast);
    const images = shapeFirst(shape, channelsLast);
    const [, , height, width] = x.shape as [number, number, number, number];
    const [batch, channels, rows, columns] = images as [number, number, number, number];
    const out = new Float64Array(count(shape));
    let at = 0;
    for (let plane = 0; plane < batch * channels; plane++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          let best = -Infinity;
          let sum = -0; // the neutral element of +
          let inside = 0;
          for (let row = r * stride[0] - pad[0]; row < r * stride[0] - pad[0] + size[0]; row++) {
            for (let column = c * stride[1] - pad[1]; column < c * stride[1] - pad[1] + size[1]; column++) {
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              const value = x.data[(plane * height + row) * width + column]!;
              best = Math.max(best, value);
              sum += value;
              inside++;
            }
          }
          out[at++] = kind === "max" ? best : sum / inside;
        }
      }
    }
    return applyEpilogue(dataAs(out, images, channelsLast), shape, extras, epilogue);
  },
  flops: (_, { size, epilogue }, out) => plus(scale(elements(out.shape), size[0] * size[1]), epilogueFlops(out, epilogue)),
  fold: (b, [x, ...extras], { size, epilogue }, out): Node | null => {
    if (size[0] * size[1] !== 1 || x!.type !== out) return null;
    return epilogue ? b.make(map, [x!, ...extras], { expr: epilogue }) : x!; // the maximum and average of one element is the element
  },
};

/** The result's shape. With `ceil` PyTorch's rule: the last window must start inside the image or its padding before. */
export function pooled(name: string, x: TensorType, size: Size, stride: Size, pad: Padding, ceil: boolean): Image | Problem {
  const from = image(name, x);
  if (isProblem(from)) return from;
  const [n, c, h, w] = from;
  const [top, left, bottom, right] = pad;
  if (Math.max(top, bottom) >= size[0] || Math.max(left, right) >= size[1]) {
    return problem(`${name} of [${size.join(", ")}] windows cannot pad by [${pad.join(", ")}]: a window must hold a pixel of the image`);
  }
  const floor = windows(name, [h, w], size, stride, [1, 1], pad);
  if (isProblem(floor) || !ceil) return isProblem(floor) ? floor : [n, c, ...floor];
  const more = (outputs: number, from: number, before: number, after: number, k: number, step: number): number =>
    (outputs - 1) * step + k < before + from + after && outputs * step < before + from ? outputs + 1 : outputs;
  return [n, c, more(floor[0], h, top, bottom, size[0], stride[0]), more(floor[1], w, left, right, size[1], stride[1])];
}
