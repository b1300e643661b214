// What a layer is called in a picture, and which family's colour it has.
import type { AttrValue } from "../ir/attr.ts";
import type { Node } from "../ir/op.ts";
import { N, type Dim, type TensorType } from "../ir/type.ts";

/** Families, in the order of the legend. */
export const families = {
  value: "input, output",
  conv: "convolution",
  dense: "dense",
  norm: "normalisation",
  activation: "activation",
  pool: "pooling",
  merge: "skip, merge",
  shape: "shape",
  other: "other",
} as const;
export type Family = keyof typeof families;

const members: Readonly<Record<string, Family>> = {
  input: "value",
  conv: "conv", upconv: "conv", conv2d: "conv", conv2d_transpose: "conv",
  dense: "dense", matmul: "dense",
  bn: "norm", ln: "norm",
  relu: "activation", relu6: "activation", leaky: "activation", sigmoid: "activation", tanh: "activation", gelu: "activation", silu: "activation", hardswish: "activation", softmax: "activation", map: "activation",
  maxpool: "pool", avgpool: "pool", gap: "pool", pool: "pool", reduce: "pool",
  skip: "merge", add: "merge", mul: "merge", cat: "merge", concat: "merge",
  flatten: "shape", reshape: "shape", transpose: "shape", slice: "shape", subsample: "shape", zeropad: "shape", pad2d: "shape", view: "shape", permute: "shape", window: "shape", pad: "shape",
};

export function family(node: Node): Family {
  return Object.hasOwn(members, node.op.name) ? members[node.op.name]! : "other";
}

/** What is said beside a merge: `+`, `×`, or the op's name. */
export function mergeSymbol(node: Node): string {
  const symbols: Readonly<Record<string, string>> = { skip: "+", add: "+", mul: "×" };
  return Object.hasOwn(symbols, node.op.name) ? symbols[node.op.name]! : node.op.name;
}

/** "conv 3×3, 64, /2": the op and the attributes that are not as usual. `init` is no matter of pictures. */
export function layerLabel(node: Node): string {
  const attrs = node.attrs as { readonly [name: string]: AttrValue };
  const kernel: string[] = [];
  const plain: string[] = [];
  const named: string[] = [];
  const positional = node.op.kind === "composite" ? node.op.positional : 0;
  Object.entries(node.op.attrs).forEach(([name, spec], i) => {
    const value = attrs[name] ?? null;
    if (value === null || name === "init" || name === "eps" || name === "momentum" || spec.kind === "scalar") return;
    if (spec.kind === "size" && name === "k") kernel.push(short(value));
    else if (same(value, spec.default ?? null)) return;
    else if (name === "stride") {
      if (!same(value, attrs["k"] ?? null)) named.push(`/${Array.isArray(value) && value[0] === value[1] ? value[0] : short(value)}`);
    } else if (name === "bias" || name === "name") return;
    else if (i < positional) plain.push(short(value));
    else named.push(`${name} ${short(value)}`);
  });
  const details = [...kernel, ...plain, ...named].join(", ");
  return details === "" ? node.op.name : `${node.op.name} ${details}`;
}

function same(a: AttrValue, b: AttrValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function short(value: AttrValue): string {
  if (Array.isArray(value)) {
    const list = value as readonly Dim[];
    if (list.length === 4 && list.every((v) => v === list[0])) return String(list[0]);
    return list.length === 2 ? `${list[0]}×${list[1]}` : `[${list.join(", ")}]`;
  }
  return String(value);
}

/** "64 × 8 × 8", the batch left out; where instances of a group differ, "16…160 × 32 × 32". */
export function shapeLabel(types: readonly TensorType[]): string {
  const shapes = types.map((t) => t.shape.filter((d): d is number => d !== N));
  const first = shapes[0]!;
  if (shapes.some((s) => s.length !== first.length)) return "…";
  if (first.length === 0) return "1";
  return first.map((d, axis) => {
    const last = shapes.at(-1)![axis]!;
    return shapes.every((s) => s[axis] === d) ? String(d) : `${d}…${last}`;
  }).join(" × ");
}
