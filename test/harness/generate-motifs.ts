// Proposals that join values: skips of every reach, residual blocks, merges with broadcasting, concatenation with duplicates,
// one value read many times.
import type { Node } from "../../src/ir/op.ts";
import { sameShape } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import type { Growth } from "./generate-growth.ts";
import { activation, bn, type Proposal, type Table } from "./generate-layers.ts";

/** A skip over any distance: to a value of the same shape, else through a 1×1 convolution with a stride. */
const skip: Proposal = (g, x) => {
  const same = g.values.filter((v) => v !== x && sameShape(v.type.shape, x.type.shape));
  if (same.length > 0) return g.layer(ops.skip, [x, g.dice.pick(same)]);
  const other = g.valueOfRank(4);
  if (!other || x.type.shape.length !== 4) return null;
  const [, c, h, w] = x.type.shape as [unknown, number, number, number];
  const [, , fromH, fromW] = other.type.shape as [unknown, number, number, number];
  const stride = [Math.ceil(fromH / h), Math.ceil(fromW / w)] as const;
  return g.layer(ops.skip, [x, g.layer(ops.conv, [other], { c, stride, bias: false })]);
};

/** skip { conv -> bn -> relu -> conv -> bn } -> relu */
const residual: Proposal = (g, x) => {
  const c = Number(x.type.shape[1]);
  const half = (from: Node | null): Node | null => from && g.layer(ops.bn, [g.layer(ops.conv, [from], { c, k: [3, 3], bias: false })]);
  const inner = half(x);
  const branch = inner && half(g.layer(ops.relu, [inner]));
  return g.layer(ops.relu, [g.layer(ops.skip, [branch, x])]);
};

/** skip { dense -> relu -> dense } -> relu */
const residualRow: Proposal = (g, x) => {
  const n = Number(x.type.shape[1]);
  const inner = g.layer(ops.relu, [g.layer(ops.dense, [x], { n })]);
  return g.layer(ops.relu, [g.layer(ops.skip, [g.layer(ops.dense, [inner], { n }), x])]);
};

/** Squeeze and excitation: x · sigmoid(dense(gap x)), a broadcast over the pixels. */
const excite: Proposal = (g, x) => {
  const [, c] = x.type.shape;
  const gate = g.layer(ops.sigmoid, [g.layer(ops.dense, [g.layer(ops.gap, [x])], { n: Number(c) })]);
  return g.layer(ops.mul, [x, g.layer(ops.reshape, [gate], { shape: [Number(c), 1, 1] })]);
};

/** add or mul of the flow with values that broadcast: over the channels, the pixels, or everything. */
const merge: Proposal = (g, x) => {
  const joined = g.values.filter((v) => v.type.shape.length <= x.type.shape.length && v.type.shape.slice(1).every((d, k, s) => d === 1 || d === x.type.shape[x.type.shape.length - s.length + k]));
  const small = g.dice.chance(0.5) ? g.make(ops.reduce, [x], { kind: "max", axes: x.type.shape.map((_, k) => k).filter((k) => k > 0 && g.dice.chance(0.6)), keep: true }) : g.dice.pick(joined);
  const operands = [x, small, ...(g.dice.chance(0.3) ? [g.dice.pick(joined)] : [])];
  return g.layer(g.dice.chance(0.6) ? ops.add : ops.mul, operands);
};

/** Up to six values side by side, some of them more than once. */
const cat: Proposal = (g, x) => {
  const axis = g.dice.chance(0.8) ? 1 : g.dice.int(1, x.type.shape.length - 1);
  const fits = g.values.filter((v) => v.type.shape.length === x.type.shape.length && v.type.shape.every((d, k) => k === axis || d === x.type.shape[k]));
  const operands = [x, ...Array.from({ length: g.dice.int(0, 5) }, () => g.dice.pick(fits))];
  return axis === 1 ? g.layer(ops.cat, operands) : g.make(ops.concat, operands, { axis });
};

/** One value read up to eight times, by branches that are added up or set side by side. */
const fan: Proposal = (g, x) => {
  const many = g.dice.int(2, 8);
  const branches = Array.from({ length: many }, (_, k) => (g.dice.chance(0.5) ? g.layer(ops.leaky, [x], { slope: (k + 1) / 8 }) : g.dice.chance(0.7) ? activation(g, x) : bn(g, x)));
  return g.layer(g.dice.pick([ops.add, ops.cat, ops.mul]), branches);
};

/** A convolution whose result a batch normalisation and something else read: the fold must not break the other reader. */
const sharedNorm: Proposal = (g, x) => {
  const y = g.layer(ops.conv, [x], { c: Number(x.type.shape[1]), k: [3, 3], bias: g.dice.chance(0.5) });
  const first = y && bn(g, y);
  return y && g.layer(ops.add, [first, g.dice.chance(0.5) ? bn(g, y) : y]);
};

const anyRank: Table = [[6, skip], [4, merge], [4, cat], [2, fan]];
export const imageMotifs: Table = [...anyRank, [5, residual], [1, excite], [2, sharedNorm]];
export const rowMotifs: Table = [...anyRank, [4, residualRow]];
export const otherMotifs: Table = anyRank;

/** A step of a long chain over one shape: activations, skips to the recent past and, unless it is to be `light`, layers with weights. */
export function chainStep(g: Growth, x: Node, light: boolean): Node | null {
  const recent = (): Node => g.values[Math.max(0, g.values.length - 1 - g.dice.int(1, 12))]!;
  const row = x.type.shape.length === 2;
  const c = Number(x.type.shape[1]);
  const heavy = light ? 0.01 : 1;
  return g.dice.weighted<() => Node | null>([
    [6, () => activation(g, x)],
    [2, () => g.layer(ops.tanh, [x])],
    [5, () => g.layer(ops.skip, [x, recent()])],
    [2 * heavy, () => bn(g, x)],
    [4 * heavy, () => (row ? g.layer(ops.dense, [x], { n: c }) : g.layer(ops.conv, [x], { c, k: [3, 3], bias: false }))],
    [heavy, () => (row ? g.layer(ops.softmax, [x]) : g.layer(ops.maxpool, [x], { k: [3, 3], stride: [1, 1] }))],
    [heavy, () => (row ? residualRow : residual)(g, x)],
  ])();
}
