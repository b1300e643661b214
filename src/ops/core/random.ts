// random: uniform numbers that are a function of their place (element, site, step, seed), so that every target draws the same ones in
// any order and any number of threads. Elements count in row-major order with the channels second.
import type { Core } from "../../ir/op.ts";
import { problem } from "../../ir/problem.ts";
import { uniform } from "../../ir/random.ts";
import { elements, N, printType, scale, tensor } from "../../ir/type.ts";
import { channelsLastAttr, dataAs, shapeFirst } from "./channels.ts";
import { count } from "./strided.ts";

const attrs = {
  shape: { kind: "dims", doc: "of the result, with N for the batch", min: 1 },
  site: { kind: "int", doc: "tells the random tensors of one step apart", min: 0 },
  channelsLast: channelsLastAttr,
} as const;

export const random: Core<typeof attrs> = {
  kind: "core",
  name: "random",
  doc: "Uniform numbers in [0, 1), multiples of 2⁻²⁴, from a site, a step and a seed (both integers from 0 to 2²⁴).",
  inputs: ["step", "seed"],
  attrs,
  samples: [
    { inputs: [tensor([]), tensor([])], attrs: { shape: [N, 3, 2, 5], site: 0 } },
    { inputs: [tensor([]), tensor([])], attrs: { shape: [7], site: 3 } },
    { inputs: [tensor([]), tensor([])], attrs: { shape: [N, 2, 3, 5], site: 1, channelsLast: true } },
  ],
  infer: (types, { shape, channelsLast }) => {
    const wrong = types.find((t) => t.shape.length > 0);
    if (wrong) return problem(`random takes a number for step and seed, found ${printType(wrong)}`);
    if (channelsLast && shape.length !== 4) return problem(`random cannot put the channels of [${shape.join(", ")}] last`);
    return tensor(shape);
  },
  eval: ([step, seed], { site, channelsLast }, shape) => {
    const images = channelsLast ? shapeFirst(shape, true) : shape;
    const numbers = Float64Array.from({ length: count(shape) }, (_, i) => uniform(i, site, step!.data[0]!, seed!.data[0]!));
    return channelsLast ? dataAs(numbers, images, true) : numbers;
  },
  flops: (_, __, out) => scale(elements(out.shape), 30),
};
