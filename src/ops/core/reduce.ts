// reduce: the sum or the maximum over some axes.
import type { Core, Node } from "../../ir/op.ts";
import { problem } from "../../ir/problem.ts";
import { arg, mul, num } from "../../ir/scalar.ts";
import { elements, N, plus, tensor, type Dim } from "../../ir/type.ts";
import { applyEpilogue, epilogueAttr, epilogueFlops, withEpilogue } from "./epilogue.ts";
import { map } from "./map.ts";
import { count, rowMajor } from "./strided.ts";
import { view } from "./view.ts";

const attrs = {
  kind: { kind: "string", doc: "the sum, or the maximum (NaN where an element is NaN)", oneOf: ["sum", "max"] },
  axes: { kind: "ints", doc: "the axes that go, in rising order", min: 0 },
  keep: { kind: "bool", doc: "leave the axes there, with size 1", default: false },
  epilogue: epilogueAttr,
} as const;

export const reduce: Core<typeof attrs> = {
  kind: "core",
  name: "reduce",
  doc: "Sums over axes, or takes the maximum over them.",
  inputs: ["x", "extras"],
  variadic: true,
  attrs,
  samples: [
    { inputs: [tensor([N, 3, 4, 5])], attrs: { kind: "sum", axes: [2, 3], epilogue: mul(arg(0), num(0.05)) } },
    { inputs: [tensor([N, 3, 4])], attrs: { kind: "max", axes: [1], keep: true } },
    { inputs: [tensor([3, 4])], attrs: { kind: "sum", axes: [0] } },
    { inputs: [tensor([N, 3, 1]), tensor([N, 3])], attrs: { kind: "sum", axes: [2], epilogue: mul(arg(0), arg(1)) } },
  ],
  infer: (types, { axes, keep, epilogue }) => {
    const [x, ...extras] = types;
    const { shape } = x!;
    const sorted = axes.every((a, i) => a < shape.length && (i === 0 || axes[i - 1]! < a));
    if (!sorted) return problem(`reduce needs rising axes below ${shape.length}, found [${axes.join(", ")}]`);
    return withEpilogue("reduce", reduced(shape, axes, keep), extras, epilogue);
  },
  eval: ([x, ...extras], { kind, axes, epilogue }, shape) => {
    // The result's element of an input element: its index without the reduced axes. -0 is the neutral element of +.
    const kept = x!.shape.map((d, k) => (axes.includes(k) ? 1 : d));
    const strides = rowMajor(kept).map((s, k) => (axes.includes(k) ? 0 : s));
    const own = rowMajor(x!.shape);
    const out = new Float64Array(count(kept)).fill(kind === "sum" ? -0 : -Infinity);
    x!.data.forEach((value, i) => {
      const to = strides.reduce((sum, s, k) => sum + s * (Math.floor(i / own[k]!) % x!.shape[k]!), 0);
      out[to] = kind === "sum" ? out[to]! + value : Math.max(out[to]!, value);
    });
    return applyEpilogue(out, shape, extras, epilogue);
  },
  flops: ([x], { epilogue }, out) => plus(elements(x!.shape), epilogueFlops(out, epilogue)),
  fold: (b, [x, ...extras], { axes, keep, epilogue }): Node | null => {
    if (axes.some((a) => x!.type.shape[a] !== 1)) return null;
    const same = b.make(view, [x!], { shape: reduced(x!.type.shape, axes, keep) }); // the sum and maximum of one element is the element
    return epilogue ? b.make(map, [same, ...extras], { expr: epilogue }) : same;
  },
};

function reduced(shape: readonly Dim[], axes: readonly number[], keep: boolean): readonly Dim[] {
  return keep ? shape.map((d, k) => (axes.includes(k) ? 1 : d)) : shape.filter((_, k) => !axes.includes(k));
}
