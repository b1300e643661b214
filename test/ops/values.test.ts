// Each layer on numbers small enough to check by hand; the conventions are PyTorch's.
import { expect, test } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import type { Op } from "../../src/ir/op.ts";
import { N, printType, tensor } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { oneOp, tensorOf } from "../harness/tensor.ts";

interface Case {
  readonly of: string;
  readonly op: unknown;
  /** Shape without the batch, numbers of one sample. */
  readonly inputs: readonly (readonly [readonly number[], readonly number[]])[];
  readonly attrs?: object;
  readonly parameters?: { readonly [name: string]: readonly number[] };
  readonly shape: string;
  readonly result: readonly number[];
}

const to = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
const nine = [[1, 3, 3], to(9)] as const;
const sixteen = [[1, 4, 4], to(16)] as const;
const six = [[6], [-4, -1, 0, 0.5, 1, 7]] as const;

const cases: readonly Case[] = [
  { of: "conv is a cross-correlation", op: ops.conv, inputs: [nine], attrs: { c: 1, k: [2, 2], bias: false }, parameters: { weight: [1, 2, 3, 4] }, shape: "[N, 1, 2, 2]", result: [37, 47, 67, 77] },
  { of: "conv pads 3 by 1 and strides from the corner", op: ops.conv, inputs: [nine], attrs: { c: 1, k: [3, 3], stride: [2, 2], bias: false }, parameters: { weight: new Array<number>(9).fill(1) }, shape: "[N, 1, 2, 2]", result: [12, 16, 24, 28] },
  { of: "conv pads left of even kernels nothing", op: ops.conv, inputs: [nine], attrs: { c: 1, k: [2, 2], pad: [1, 0, 0, 1], bias: false }, parameters: { weight: [1, 0, 0, 10] }, shape: "[N, 1, 3, 3]", result: [20, 30, 0, 51, 62, 3, 84, 95, 6] },
  { of: "conv with dilation", op: ops.conv, inputs: [nine], attrs: { c: 1, k: [2, 2], dilation: [2, 2], pad: [0, 0, 0, 0], bias: false }, parameters: { weight: [1, 1, 1, 1] }, shape: "[N, 1, 1, 1]", result: [20] },
  { of: "conv in groups, with bias", op: ops.conv, inputs: [[[4, 1, 1], [1, 2, 3, 4]]], attrs: { c: 2, groups: 2 }, parameters: { weight: [1, 10, 100, 1000], bias: [0.5, -0.5] }, shape: "[N, 2, 1, 1]", result: [21.5, 4299.5] },
  { of: "upconv spreads pixels", op: ops.upconv, inputs: [[[1, 2, 2], [1, 2, 3, 4]]], attrs: { c: 1, k: [2, 2], stride: [2, 2], bias: false }, parameters: { weight: [1, 10, 100, 1000] }, shape: "[N, 1, 4, 4]", result: [1, 10, 2, 20, 100, 1000, 200, 2000, 3, 30, 4, 40, 300, 3000, 400, 4000] },
  { of: "upconv sums where windows overlap", op: ops.upconv, inputs: [[[1, 2, 2], [1, 2, 3, 4]]], attrs: { c: 1, k: [3, 3], stride: [2, 2] }, parameters: { weight: new Array<number>(9).fill(1), bias: [100] }, shape: "[N, 1, 3, 3]", result: [101, 103, 102, 104, 110, 106, 103, 107, 104] },
  { of: "upconv's weight is [in, out]", op: ops.upconv, inputs: [[[2, 1, 1], [1, 10]]], attrs: { c: 3, k: [1, 1], bias: false }, parameters: { weight: [1, 2, 3, 4, 5, 6] }, shape: "[N, 3, 1, 1]", result: [41, 52, 63] },
  { of: "dense", op: ops.dense, inputs: [[[2], [1, 10]]], attrs: { n: 3 }, parameters: { weight: [1, 2, 3, 4, 5, 6], bias: [0, 100, 1000] }, shape: "[N, 3]", result: [21, 143, 1065] },
  { of: "dense flattens", op: ops.dense, inputs: [[[2, 1, 2], [1, 2, 3, 4]]], attrs: { n: 1, bias: false }, parameters: { weight: [1, 10, 100, 1000] }, shape: "[N, 1]", result: [4321] },
  { of: "bn uses the running statistics", op: ops.bn, inputs: [[[2, 1, 2], [3, 1, 0, 4]]], attrs: { eps: 0 }, parameters: { weight: [2, 1], bias: [0.5, 0], running_mean: [1, 2], running_var: [4, 1] }, shape: "[N, 2, 1, 2]", result: [2.5, 0.5, -2, 2] },
  { of: "bn on a row", op: ops.bn, inputs: [[[2], [3, 1]]], parameters: { weight: [1, 1], bias: [0, 0], running_mean: [0, 0], running_var: [1, 1] }, shape: "[N, 2]", result: [3 / Math.sqrt(1.00001), 1 / Math.sqrt(1.00001)] },
  { of: "ln over the whole sample, biased variance", op: ops.ln, inputs: [[[1, 2, 2], [1, 2, 3, 4]]], attrs: { eps: 0.3125 }, parameters: { weight: [1, 1, 1, 2], bias: [0, 0, 10, 0] }, shape: "[N, 1, 2, 2]", result: [-1.2, -0.4, 10.4, 2.4] },
  { of: "relu", op: ops.relu, inputs: [six], shape: "[N, 6]", result: [0, 0, 0, 0.5, 1, 7] },
  { of: "relu6", op: ops.relu6, inputs: [six], shape: "[N, 6]", result: [0, 0, 0, 0.5, 1, 6] },
  { of: "leaky", op: ops.leaky, inputs: [six], shape: "[N, 6]", result: [-0.04, -0.01, 0, 0.5, 1, 7] },
  { of: "leaky with a slope", op: ops.leaky, inputs: [six], attrs: { slope: 0.5 }, shape: "[N, 6]", result: [-2, -0.5, 0, 0.5, 1, 7] },
  { of: "sigmoid", op: ops.sigmoid, inputs: [[[3], [0, Math.log(3), -1000]]], shape: "[N, 3]", result: [0.5, 0.75, 0] },
  { of: "tanh", op: ops.tanh, inputs: [[[2], [0, Math.log(2)]]], shape: "[N, 2]", result: [0, 0.6] },
  { of: "gelu by erf", op: ops.gelu, inputs: [[[3], [1, -1, 0]]], shape: "[N, 3]", result: [0.8413447460685429, -0.15865525393145707, 0] },
  { of: "silu", op: ops.silu, inputs: [[[3], [1, -1, 0]]], shape: "[N, 3]", result: [0.7310585786300049, -0.2689414213699951, 0] },
  { of: "hardswish", op: ops.hardswish, inputs: [six], shape: "[N, 6]", result: [0, -1 / 3, 0, 0.875 / 3, 2 / 3, 7] },
  { of: "softmax over a row", op: ops.softmax, inputs: [[[3], [0, Math.log(2), Math.log(5)]]], shape: "[N, 3]", result: [0.125, 0.25, 0.625] },
  { of: "softmax over channels, not pixels, of large numbers", op: ops.softmax, inputs: [[[2, 1, 2], [1000, -1000, 1000, -1000]]], shape: "[N, 2, 1, 2]", result: [0.5, 0.5, 0.5, 0.5] },
  { of: "maxpool", op: ops.maxpool, inputs: [sixteen], attrs: { k: [2, 2] }, shape: "[N, 1, 2, 2]", result: [6, 8, 14, 16] },
  { of: "maxpool(3, 2) pads by 1", op: ops.maxpool, inputs: [sixteen], attrs: { k: [3, 3], stride: [2, 2] }, shape: "[N, 1, 2, 2]", result: [6, 8, 14, 16] },
  { of: "maxpool's padding never wins", op: ops.maxpool, inputs: [[[1, 2, 2], [-4, -3, -2, -1]]], attrs: { k: [3, 3], stride: [1, 1] }, shape: "[N, 1, 2, 2]", result: [-1, -1, -1, -1] },
  { of: "maxpool with ceil", op: ops.maxpool, inputs: [nine], attrs: { k: [2, 2], ceil: true }, shape: "[N, 1, 2, 2]", result: [5, 6, 8, 9] },
  { of: "maxpool without ceil", op: ops.maxpool, inputs: [nine], attrs: { k: [2, 2] }, shape: "[N, 1, 1, 1]", result: [5] },
  { of: "a window that would start beyond the image is none, ceil or not", op: ops.maxpool, inputs: [nine], attrs: { k: [2, 2], stride: [4, 4], ceil: true }, shape: "[N, 1, 1, 1]", result: [5] },
  { of: "avgpool does not count padding", op: ops.avgpool, inputs: [nine], attrs: { k: [3, 3], stride: [2, 2] }, shape: "[N, 1, 2, 2]", result: [3, 4, 6, 7] },
  { of: "avgpool with ceil does not count what is outside", op: ops.avgpool, inputs: [nine], attrs: { k: [2, 2], ceil: true }, shape: "[N, 1, 2, 2]", result: [3, 4.5, 7.5, 9] },
  { of: "gap", op: ops.gap, inputs: [[[2, 1, 3], [1, 2, 6, 0, 0, 3]]], shape: "[N, 2]", result: [3, 1] },
  { of: "flatten", op: ops.flatten, inputs: [[[2, 1, 2], to(4)]], shape: "[N, 4]", result: to(4) },
  { of: "reshape", op: ops.reshape, inputs: [[[6], to(6)]], attrs: { shape: [2, 3, 1] }, shape: "[N, 2, 3, 1]", result: to(6) },
  { of: "transpose", op: ops.transpose, inputs: [[[2, 1, 3], to(6)]], attrs: { axes: [1, 2, 0] }, shape: "[N, 1, 3, 2]", result: [1, 4, 2, 5, 3, 6] },
  { of: "slice of channels", op: ops.slice, inputs: [[[3, 1, 2], to(6)]], attrs: { axis: 0, from: 1, to: 3 }, shape: "[N, 2, 1, 2]", result: [3, 4, 5, 6] },
  { of: "slice of columns", op: ops.slice, inputs: [nine], attrs: { axis: 2, from: 1, to: 2 }, shape: "[N, 1, 3, 1]", result: [2, 5, 8] },
  { of: "subsample starts at 0", op: ops.subsample, inputs: [sixteen], attrs: { s: [2, 3] }, shape: "[N, 1, 2, 2]", result: [1, 4, 9, 12] },
  { of: "zeropad puts half before and half after", op: ops.zeropad, inputs: [[[2, 1, 1], [1, 2]]], attrs: { c: 4 }, shape: "[N, 4, 1, 1]", result: [0, 1, 2, 0] },
  { of: "zeropad puts the odd one after", op: ops.zeropad, inputs: [[[2], [1, 2]]], attrs: { c: 5 }, shape: "[N, 5]", result: [0, 1, 2, 0, 0] },
  { of: "pad2d with a value", op: ops.pad2d, inputs: [[[1, 1, 2], [1, 2]]], attrs: { n: [0, 1, 1, 0], value: 9 }, shape: "[N, 1, 2, 3]", result: [9, 1, 2, 9, 9, 9] },
  { of: "add broadcasts over pixels", op: ops.add, inputs: [[[2, 1, 2], to(4)], [[2, 1, 1], [10, 20]]], shape: "[N, 2, 1, 2]", result: [11, 12, 23, 24] },
  { of: "add aligns on the right of the sample", op: ops.add, inputs: [[[2, 1, 2], to(4)], [[2], [10, 20]]], shape: "[N, 2, 1, 2]", result: [11, 22, 13, 24] },
  { of: "mul of three", op: ops.mul, inputs: [[[2], [1, 2]], [[2], [3, 4]], [[1], [10]]], shape: "[N, 2]", result: [30, 80] },
  { of: "cat puts the flow first", op: ops.cat, inputs: [[[1, 1, 2], [1, 2]], [[2, 1, 2], [3, 4, 5, 6]]], shape: "[N, 3, 1, 2]", result: to(6) },
  { of: "skip", op: ops.skip, inputs: [[[2], [1, 2]], [[2], [10, 20]]], shape: "[N, 2]", result: [11, 22] },
  { of: "dropout is the identity", op: ops.dropout, inputs: [six], attrs: { p: 0.5 }, shape: "[N, 6]", result: [-4, -1, 0, 0.5, 1, 7] },
];

test.each(cases)("$of", ({ op, inputs, attrs = {}, parameters = {}, shape, result }) => {
  const graph = oneOp(op as Op, inputs.map(([s]) => tensor([N, ...s])), { ...attrs });
  expect(printType(graph.node.type)).toBe(shape);
  const y = evaluate(graph, {
    inputs: Object.fromEntries(inputs.map(([s, data], i) => [`x${i}`, tensorOf([1, ...s], data)])),
    parameters: Object.fromEntries(graph.parameters.map((p) => [(p.attrs as { name: string }).name, tensorOf(p.type.shape as number[], parameters[(p.attrs as { name: string }).name]!)])),
  }).outputs.get("y")!;
  expect(y.data.length).toBe(result.length);
  result.forEach((expected, i) => expect(Math.abs(y.data[i]! - expected)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(expected))));
});

test("every layer of the language is among the cases", () => {
  expect(new Set(cases.map((c) => (c.op as Op).name))).toEqual(new Set(ops.layers.keys()));
});

test.each([
  ["conv", { c: 8, k: [3, 3], groups: 2 }, ["weight he [8, 2, 3, 3] 18 36", "bias zero [8] 0 0"]],
  ["upconv", { c: 8, k: [2, 2], stride: [2, 2], init: "xavier" }, ["weight xavier [4, 8, 2, 2] 4 32", "bias zero [8] 0 0"]],
  ["dense", { n: 10, bias: false }, ["weight he [10, 256] 256 10"]],
  ["bn", { init: "zero" }, ["weight zero [4] 0 0", "bias zero [4] 0 0", "running_mean zero [4] 0 0 state", "running_var one [4] 0 0 state"]],
  ["ln", {}, ["weight one [4, 8, 8] 0 0", "bias zero [4, 8, 8] 0 0"]],
])("%s owns its parameters as PyTorch does", (name, attrs, expected) => {
  const graph = oneOp(ops.layers.get(name)!, [tensor([N, 4, 8, 8])], attrs);
  const shown = graph.parameters.map((p) => {
    const a = p.attrs as { name: string; init: string; shape: number[]; fanIn: number; fanOut: number; state: boolean };
    return `${a.name} ${a.init} [${a.shape.join(", ")}] ${a.fanIn} ${a.fanOut}${a.state ? " state" : ""}`;
  });
  expect(shown).toEqual(expected);
});

test("NaN goes through relu, max pooling and softmax; relu of −0 and of −∞ is 0", () => {
  const value = (op: unknown, shape: readonly number[], data: readonly number[], attrs: object = {}): number[] => {
    const graph = oneOp(op as Op, [tensor([N, ...shape])], { ...attrs });
    return [...evaluate(graph, { inputs: { x0: tensorOf([1, ...shape], data) }, parameters: {} }).outputs.get("y")!.data];
  };
  expect(value(ops.relu, [4], [NaN, -Infinity, Infinity, -0])).toEqual([NaN, 0, Infinity, 0]);
  expect(value(ops.leaky, [2], [NaN, -Infinity])).toEqual([NaN, -Infinity]);
  expect(value(ops.maxpool, [1, 2, 2], [1, NaN, 3, 4], { k: [2, 2] })).toEqual([NaN]);
  expect(value(ops.softmax, [2], [NaN, 1])).toEqual([NaN, NaN]);
});
