// Proposals made of the language's layers: one operand in, one value out, or null where the dice fit nothing.
import type { Node } from "../../src/ir/op.ts";
import { elementsPerSample } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import type { Dice, Growth } from "./generate-growth.ts";

export type Proposal = (g: Growth, x: Node) => Node | null;
export type Table = readonly (readonly [number, Proposal])[];
type Size = readonly [number, number];
type Padding = readonly [number, number, number, number];

/** Channel counts around multiples of four, where the tails of blocked kernels begin. */
export const channelCounts = [1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64] as const;

export function kernelSize(dice: Dice): Size {
  const one = (): number => dice.weighted([[4, 1], [3, 2], [8, 3], [1, 4], [2, 5], [1, 6], [1, 7]]);
  const h = one();
  return dice.chance(0.4) ? [h, one()] : [h, h];
}

/** Nothing, even all round, or four numbers of their own; up to the kernel's size, now and then beyond. */
export function padding(dice: Dice, [h, w]: Size, most = Infinity): Padding {
  const [y, x] = [Math.min(most, dice.chance(0.05) ? 2 * h : h), Math.min(most, dice.chance(0.05) ? 2 * w : w)];
  if (dice.chance(0.2)) return [0, 0, 0, 0];
  if (dice.chance(0.4)) return [dice.int(0, y), dice.int(0, x), dice.int(0, y), dice.int(0, x)];
  const [a, b] = [dice.int(0, y), dice.int(0, x)];
  return [a, b, a, b];
}

export function steps(dice: Dice, most: number): Size {
  const one = (): number => dice.weighted([[6, 1], [3, 2], [1, Math.min(3, most)], [1, most]]);
  const h = one();
  return dice.chance(0.3) ? [h, one()] : [h, h];
}

/** 1, 2 or as many as there are channels. */
export function groupCount(dice: Dice, channels: number): number {
  return dice.weighted([[6, 1], [2, channels % 2 === 0 ? 2 : 1], [2, channels]]);
}

export function outputChannels(dice: Dice, groups: number, channels: number): number {
  if (groups === 1) return dice.pick(channelCounts);
  return groups * (groups === channels ? dice.pick([1, 1, 2]) : dice.pick([1, 2, 3, 8]));
}

const conv: Proposal = (g, x) => {
  const { dice } = g;
  const k = kernelSize(dice);
  const channels = Number(x.type.shape[1]);
  const groups = groupCount(dice, channels);
  const pad = dice.chance(0.5) ? null : padding(dice, k);
  const dilation = dice.chance(0.25) ? steps(dice, 4) : ([1, 1] as const);
  return g.layer(ops.conv, [x], { c: outputChannels(dice, groups, channels), k, stride: steps(dice, 4), pad, dilation, groups, bias: dice.chance(0.5) });
};

const upconv: Proposal = (g, x) => {
  const { dice } = g;
  const k = kernelSize(dice);
  const groups = groupCount(dice, Number(x.type.shape[1]));
  const c = groups === 1 ? dice.pick(channelCounts.slice(0, 8)) : groups * dice.int(1, 2);
  const pad = dice.chance(0.5) ? null : padding(dice, k, 2);
  return g.layer(ops.upconv, [x], { c, k, stride: steps(dice, 3), pad, dilation: dice.chance(0.25) ? [2, 1] : [1, 1], groups, bias: dice.chance(0.5) });
};

const pooling: Proposal = (g, x) => {
  const { dice } = g;
  const k = kernelSize(dice);
  const pad = dice.chance(0.5) ? null : padding(dice, [k[0] - 1, k[1] - 1], 6);
  return g.layer(dice.chance(0.5) ? ops.maxpool : ops.avgpool, [x], { k, stride: dice.chance(0.3) ? null : steps(dice, 4), pad, ceil: dice.chance(0.4) });
};

export const activation: Proposal = (g, x) => {
  const op = g.dice.weighted([[8, ops.relu], [2, ops.relu6], [2, ops.sigmoid], [2, ops.tanh], [2, ops.gelu], [2, ops.silu], [2, ops.hardswish], [1, ops.dropout]]);
  return g.dice.chance(0.1) ? g.layer(ops.leaky, [x], { slope: g.dice.pick([0.01, 0.2, -1, 0]) }) : g.layer(op, [x]);
};

export const bn: Proposal = (g, x) => g.layer(ops.bn, [x], { eps: g.dice.pick([1e-5, 1e-3, 0.5]) });
const ln: Proposal = (g, x) => g.layer(ops.ln, [x], { eps: g.dice.pick([1e-5, 1e-3]) });
const softmax: Proposal = (g, x) => g.layer(ops.softmax, [x]);
const gap: Proposal = (g, x) => g.layer(ops.gap, [x]);
const flatten: Proposal = (g, x) => g.layer(ops.flatten, [x]);
const subsample: Proposal = (g, x) => g.layer(ops.subsample, [x], { s: steps(g.dice, 3) });
const zeropad: Proposal = (g, x) => g.layer(ops.zeropad, [x], { c: Number(x.type.shape[1]) + g.dice.int(0, 5) });
const dense: Proposal = (g, x) => g.layer(ops.dense, [x], { n: g.dice.pick([1, 2, 3, 5, 7, 10, 16, 17, 33]), bias: g.dice.chance(0.6) });
const pad2d: Proposal = (g, x) => g.layer(ops.pad2d, [x], { n: padding(g.dice, [2, 3]), value: g.dice.pick([0, 0, 1.5, -1]) });

const slice: Proposal = (g, x) => {
  const axis = g.dice.int(0, x.type.shape.length - 2);
  const length = Number(x.type.shape[axis + 1]);
  const from = g.dice.int(0, length - 1);
  return g.layer(ops.slice, [x], { axis, from, to: g.dice.int(from + 1, length) });
};

const transpose: Proposal = (g, x) => {
  const axes = x.type.shape.slice(1).map((_, k) => k);
  const shuffled = axes.map((a) => [g.dice.unit(), a] as const).sort(([a], [b]) => a - b);
  return g.layer(ops.transpose, [x], { axes: shuffled.map(([, a]) => a) });
};

const reshape: Proposal = (g, x) => {
  const total = elementsPerSample(x.type.shape);
  const divisors = [1, 2, 3, 4, 5, 7, 8, 16].filter((d) => total % d === 0);
  const c = g.dice.pick(divisors);
  const h = g.dice.pick(divisors.filter((d) => (total / c) % d === 0));
  return g.layer(ops.reshape, [x], { shape: g.dice.pick([[c, total / c], [c, h, total / c / h], [total]]) });
};

export const imageLayers: Table = [
  [14, conv], [4, upconv], [6, bn], [8, activation], [6, pooling], [1, gap], [1, flatten], [1, dense], [1, ln], [1, softmax],
  [1, subsample], [1, zeropad], [1, pad2d], [1, slice], [1, transpose], [1, reshape],
];
export const rowLayers: Table = [[8, dense], [2, bn], [6, activation], [2, ln], [2, softmax], [2, zeropad], [1, slice], [3, reshape]];
export const otherLayers: Table = [[4, activation], [2, ln], [2, softmax], [1, bn], [1, dense], [2, flatten], [2, slice], [2, transpose], [4, reshape]];
