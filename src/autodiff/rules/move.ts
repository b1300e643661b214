// Rules of the ops that only move elements: what was moved there comes back, what was repeated is summed, what was cut off is zero.
import { N, sameShape, type Dim } from "../../ir/type.ts";
import type { Maker, Node } from "../../ir/op.ts";
import { pad, permute, view, window, type concat } from "../../ops/index.ts";
import { ofRank, whole } from "../adjoint.ts";
import type { Rule, SchemaOf } from "../rule.ts";

export const viewRule: Rule<SchemaOf<typeof view>> = (b, { inputs: [x], type }, dy) => {
  if (dy.type.shape.every((d) => d === 1)) return [b.make(view, [dy], { shape: [] })];
  return [b.make(view, [whole(b, dy, type.shape)], { shape: x!.type.shape })];
};

export const permuteRule: Rule<SchemaOf<typeof permute>> = (b, { attrs: { perm } }, dy) => [
  b.make(permute, [ofRank(b, dy, perm.length)], { perm: perm.map((_, k) => perm.indexOf(k)) }),
];

/** The pad that puts each element where it came from. */
export const windowRule: Rule<SchemaOf<typeof window>> = (b, { inputs: [x], attrs: { start, step }, type }, dy) => {
  const last = type.shape.map((d, k) => (d === N ? 0 : start[k]! + (d - 1) * step[k]!));
  const high = x!.type.shape.map((d, k) => (d === N ? 0 : d - 1 - last[k]!));
  const interior = step.every((s) => s === 1) ? [] : step.map((s) => s - 1);
  return [b.make(pad, [whole(b, dy, type.shape)], { low: start, high, interior })];
};

/** The window that takes each element from where it was put. */
export const padRule: Rule<SchemaOf<typeof pad>> = (b, { inputs: [x], attrs: { low, interior }, type }, dy) => {
  const step = low.map((_, k) => (interior[k] ?? 0) + 1);
  const stop = x!.type.shape.map((d, k) => (d === N ? N : low[k]! + (d - 1) * step[k]! + 1));
  return [cut(b, dy, type.shape, low, stop, step)];
};

export const concatRule: Rule<SchemaOf<typeof concat>> = (b, { inputs, attrs: { axis }, type }, dy) => {
  const { shape } = type;
  let start = 0;
  return inputs.map((x) => {
    const from = start;
    start += Number(x.type.shape[axis]);
    return cut(b, dy, shape, shape.map((_, k) => (k === axis ? from : 0)), shape.with(axis, start), shape.map(() => 1));
  });
};

/** A window of what `value` is when it is repeated to `shape`; repeated axes stay as they are. */
function cut(b: Maker, value: Node, shape: readonly Dim[], start: readonly number[], stop: readonly Dim[], step: readonly number[]): Node {
  const v = ofRank(b, value, shape.length);
  if (sameShape(v.type.shape, shape)) return b.make(window, [v], { start, stop, step });
  const one = v.type.shape.map((d, k) => d === 1 && shape[k] !== 1);
  return b.make(window, [v], { start: start.map((s, k) => (one[k] ? 0 : s)), stop: stop.map((s, k) => (one[k] ? 1 : s)), step: step.map((s, k) => (one[k] ? 1 : s)) });
}
