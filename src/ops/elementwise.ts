// Elementwise layers: a name, a sentence and a scalar expression each; shape, derivative, cost and every target's code follow.
// They take a value of any shape and give one of the same shape.
import type { AttrSchema, Attrs } from "../ir/attr.ts";
import type { Composite } from "../ir/op.ts";
import { add, arg, div, erf as erfOf, exp, max, min, mul, neg, num, select, tanh as tanhOf, type Scalar } from "../ir/scalar.ts";
import { N, tensor } from "../ir/type.ts";
import { map } from "./core/map.ts";

const x = arg(0);
const sigmoidOf = (s: Scalar): Scalar => div(num(1), add(exp(neg(s)), num(1)));
const clamp6 = (s: Scalar): Scalar => min(max(s, num(0)), num(6));

function elementwise<S extends AttrSchema>(name: string, doc: string, attrs: S, expression: (attrs: Attrs<S>) => Scalar): Composite<S> {
  return {
    kind: "composite",
    name,
    doc,
    inputs: ["x"],
    attrs,
    positional: Object.keys(attrs).length,
    samples: [{ inputs: [tensor([N, 3, 4, 4])], attrs: {} }, { inputs: [tensor([N, 10])], attrs: {} }],
    build: (b, inputs, a) => b.make(map, inputs, { expr: expression(a) }),
  };
}

const slope = { slope: { kind: "float", doc: "factor of negative values", default: 0.01 } } as const;

export const relu = elementwise("relu", "The positive part: max(x, 0).", {}, () => max(x, num(0)));
export const relu6 = elementwise("relu6", "The positive part, at most six: min(max(x, 0), 6).", {}, () => clamp6(x));
export const leaky = elementwise("leaky", "Negative values are scaled instead of cut: x < 0 ? slope · x : x.", slope, (a) => select("<", x, num(0), mul(x, num(a.slope)), x));
export const sigmoid = elementwise("sigmoid", "Squashes to (0, 1): 1 / (1 + exp(−x)).", {}, () => sigmoidOf(x));
export const tanh = elementwise("tanh", "Squashes to (−1, 1): the hyperbolic tangent.", {}, () => tanhOf(x));
export const gelu = elementwise("gelu", "The value times the normal distribution's Φ(x): x · (1 + erf(x / √2)) / 2 (Hendrycks and Gimpel 2016).", {}, () => mul(mul(x, num(0.5)), add(erfOf(mul(x, num(Math.SQRT1_2))), num(1))));
export const silu = elementwise("silu", "The value times its sigmoid: x / (1 + exp(−x)).", {}, () => div(x, add(exp(neg(x)), num(1))));
export const hardswish = elementwise("hardswish", "A silu of straight lines: x · min(max(x + 3, 0), 6) / 6 (Howard et al. 2019).", {}, () => div(mul(x, clamp6(add(x, num(3)))), num(6)));
