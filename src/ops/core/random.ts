// random: uniform numbers that are a function of their place, so that every target draws the same ones in any order and any number of
// threads: pcg4d of Jarzynski and Olano 2020 ("Hash Functions for GPU Rendering", JCGT 9(3)), in 32-bit multiplications, additions,
// shifts and xors alone, keyed by (element, site, step, seed).
import type { Core } from "../../ir/op.ts";
import { problem } from "../../ir/problem.ts";
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

/** The number of element `index`, counted in row-major order with the channels second. */
export function uniform(index: number, site: number, step: number, seed: number): number {
  return (pcg4d(index, site, step, seed) >>> 8) / 2 ** 24;
}

/** The first of pcg4d's four numbers. */
function pcg4d(...key: readonly [number, number, number, number]): number {
  let [x, y, z, w] = key.map((k) => (Math.imul(k, 1664525) + 1013904223) | 0) as [number, number, number, number];
  const mix = (): void => {
    x = (x + Math.imul(y, w)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
    w = (w + Math.imul(y, z)) | 0;
  };
  mix();
  [x, y, z, w] = [x ^ (x >>> 16), y ^ (y >>> 16), z ^ (z >>> 16), w ^ (w >>> 16)];
  mix();
  return x;
}
