// Proposals made of core ops, for what no layer reaches: expressions of every kind, epilogues given in advance, weights
// computed from parameters, reductions, slices and padding along any axis.
import type { Node } from "../../src/ir/op.ts";
import * as s from "../../src/ir/scalar.ts";
import { elementsPerSample, N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import type { Dice, Growth } from "./generate-growth.ts";
import { groupCount, kernelSize, outputChannels, padding, steps, type Proposal, type Table } from "./generate-layers.ts";

/** A random expression that reads every argument; tame enough that chains of it stay finite. */
export function expression(dice: Dice, operands: number): s.Scalar {
  const parts = Array.from({ length: operands }, (_, i) => term(dice, s.arg(i)));
  const joined = parts.reduce((a, b) => dice.pick([s.add, s.sub, s.max, s.min, s.mul, quotient])(a, b));
  return dice.chance(0.5) ? joined : term(dice, joined);
}

function quotient(a: s.Scalar, b: s.Scalar): s.Scalar {
  return s.div(a, s.add(s.abs(b), s.num(1)));
}

function term(dice: Dice, x: s.Scalar): s.Scalar {
  return dice.weighted<() => s.Scalar>([
    [6, () => x],
    [3, () => s.max(x, s.num(0))],
    [2, () => s.mul(x, s.num(dice.pick([0.5, -1.25, 1 / 3, 0, 1e-5])))],
    [2, () => s.add(x, s.num(dice.pick([1, -0.1, -0, 3])))],
    [1, () => s.neg(x)],
    [1, () => s.abs(x)],
    [1, () => s.tanh(x)],
    [1, () => s.erf(x)],
    [1, () => s.exp(s.min(x, s.num(2)))],
    [1, () => s.log(s.add(s.abs(x), s.num(0.5)))],
    [1, () => s.sqrt(s.abs(x))],
    [1, () => s.div(s.num(1), s.add(s.mul(x, x), s.num(0.1)))],
    [1, () => s.sub(s.mul(x, x), x)],
    [1, () => s.select(dice.pick(["<", "<=", "=="]), x, s.num(dice.pick([0, 0.5])), s.mul(x, s.num(0.25)), s.tanh(x))],
  ])();
}

/** An operand that broadcasts to `shape`: a value, or a parameter over the channels, the pixels, one axis, or a single number. */
function broadcastable(g: Growth, shape: readonly Dim[]): Node | null {
  const same = g.values.filter((v) => v.type.shape.join() === shape.join());
  if (g.dice.chance(0.4)) return g.dice.pick(same.length > 0 ? same : g.values.slice(-1));
  const sample = shape.slice(1) as number[];
  const masked = sample.map((d) => (g.dice.chance(0.5) ? d : 1));
  const channels = sample.map((d, k) => (k === 0 ? d : 1));
  const pixels = sample.map((d, k) => (k === 0 ? 1 : d));
  return g.parameter(g.dice.pick([masked, channels, pixels, sample.slice(1), [], sample]));
}

const map: Proposal = (g, x) => {
  const more = Array.from({ length: g.dice.weighted([[4, 0], [5, 1], [2, 2], [1, 4]]) }, () => broadcastable(g, x.type.shape));
  return g.make(ops.map, [x, ...more], { expr: expression(g.dice, 1 + more.length) });
};

/** Extras and the expression that reads them, for an op whose result has `shape`. */
function epilogue(g: Growth, make: (extras: readonly Node[], expr: s.Scalar | null) => Node | null): Node | null {
  const plain = make([], null);
  if (!plain || g.dice.chance(0.4)) return plain;
  const extras = Array.from({ length: g.dice.int(0, 2) }, () => broadcastable(g, plain.type.shape)).filter((e) => e !== null);
  return make(extras, expression(g.dice, 1 + extras.length));
}

/** A parameter as it is, or a weight that `prepare` computes. */
function weight(g: Growth, shape: readonly number[], fanIn: number): Node | null {
  const w = g.parameter(shape, fanIn);
  if (!w || g.dice.chance(0.7)) return w;
  return g.make(ops.map, [w, g.parameter(shape.map((d, k) => (k === 0 ? d : 1)))], { expr: s.mul(s.arg(0), s.arg(1)) });
}

const conv2d: Proposal = (g, x) => {
  const { dice } = g;
  const channels = Number(x.type.shape[1]);
  const [k, groups] = [kernelSize(dice), groupCount(dice, channels)];
  const fanIn = (channels / groups) * k[0] * k[1];
  const w = weight(g, [outputChannels(dice, groups, channels), channels / groups, ...k], fanIn);
  const attrs = { stride: steps(dice, 4), pad: padding(dice, k), dilation: steps(dice, 2), groups };
  return epilogue(g, (extras, expr) => g.make(ops.conv2d, [x, w, ...extras], { ...attrs, epilogue: expr }));
};

const conv2dTranspose: Proposal = (g, x) => {
  const { dice } = g;
  const channels = Number(x.type.shape[1]);
  const [k, groups] = [kernelSize(dice), groupCount(dice, channels)];
  const w = weight(g, [channels, dice.pick([1, 2, 3, 5]), ...k], (channels / groups) * k[0] * k[1]);
  const attrs = { stride: steps(dice, 3), pad: padding(dice, k, 3), dilation: steps(dice, 2), groups };
  return epilogue(g, (extras, expr) => g.make(ops.conv2dTranspose, [x, w, ...extras], { ...attrs, epilogue: expr }));
};

const pool: Proposal = (g, x) => {
  const size = kernelSize(g.dice);
  const attrs = { kind: g.dice.pick(["max", "avg"]), size, stride: steps(g.dice, 4), pad: padding(g.dice, [size[0] - 1, size[1] - 1]), ceil: g.dice.chance(0.5) };
  return epilogue(g, (extras, expr) => g.make(ops.pool, [x, ...extras], { ...attrs, epilogue: expr }));
};

const reduce: Proposal = (g, x) => {
  const axes = x.type.shape.map((_, k) => k).filter((k) => k > 0 && g.dice.chance(0.5));
  const attrs = { kind: g.dice.pick(["sum", "max"]), axes, keep: g.dice.chance(0.5) };
  return epilogue(g, (extras, expr) => g.make(ops.reduce, [x, ...extras], { ...attrs, epilogue: expr }));
};

const matmul: Proposal = (g, x) => {
  const inner = Number(x.type.shape[1]);
  const transposeB = g.dice.chance(0.5);
  const to = g.dice.pick([1, 3, 4, 5, 15, 17]);
  const w = weight(g, transposeB ? [to, inner] : [inner, to], inner);
  return epilogue(g, (extras, expr) => g.make(ops.matmul, [x, w, ...extras], { transposeB, epilogue: expr }));
};

const window: Proposal = (g, x) => {
  const { dice } = g;
  const ranges = x.type.shape.map((d) => {
    if (d === N) return { start: 0, stop: d, step: 1 };
    const start = dice.chance(0.5) ? 0 : dice.int(0, d - 1);
    return { start, stop: dice.int(start + 1, d), step: dice.weighted([[3, 1], [1, 2], [1, 3]]) };
  });
  return g.make(ops.window, [x], { start: ranges.map((r) => r.start), stop: ranges.map((r) => r.stop), step: ranges.map((r) => r.step) });
};

const pad: Proposal = (g, x) => {
  const some = (): number[] => x.type.shape.map((d) => (d === N || g.dice.chance(0.5) ? 0 : g.dice.int(1, 3)));
  return g.make(ops.pad, [x], { low: some(), high: some(), value: g.dice.pick([0, 0, -1, 0.1, -Infinity]) });
};

const permute: Proposal = (g, x) => {
  const rest = x.type.shape.slice(1).map((_, k) => [g.dice.unit(), k + 1] as const);
  return g.make(ops.permute, [x], { perm: [0, ...rest.sort(([a], [b]) => a - b).map(([, k]) => k)] });
};

const view: Proposal = (g, x) => {
  const total = elementsPerSample(x.type.shape);
  const d = g.dice.pick([1, 2, 3, 4, 6].filter((n) => total % n === 0));
  return g.make(ops.view, [x], { shape: g.dice.pick([[N, total], [N, d, total / d], [N, 1, d, total / d], [N, d, 1, total / d, 1]]) });
};

const splat: Proposal = (g, x) => {
  const shape = g.dice.chance(0.5) ? x.type.shape : [];
  const c = g.make(ops.constant, [], { value: g.dice.pick([0, -0, 1, 0.1, -3]), shape });
  return g.make(ops.map, [x, c], { expr: expression(g.dice, 2) });
};

const anyRank: Table = [[6, map], [2, reduce], [2, window], [2, pad], [2, permute], [2, view], [1, splat]];
export const imageCore: Table = [...anyRank, [8, conv2d], [4, conv2dTranspose], [4, pool]];
export const rowCore: Table = [...anyRank, [8, matmul]];
export const otherCore: Table = anyRank;
