// Nodes for the tests of WGSL kernels: every sample of every core op, and one of each kind at sizes on both sides of what kernels decide by.
import { kernelOf } from "../../src/codegen/wgsl/kernels/index.ts";
import type { Attrs } from "../../src/ir/attr.ts";
import type { Core, Node } from "../../src/ir/op.ts";
import { add, arg, erf, exp, max, mul, num, select, sqrt, sub, tanh } from "../../src/ir/scalar.ts";
import { N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { wgslNode } from "./wgsl.ts";

const conv = (shape: readonly Dim[], weight: readonly Dim[], attrs: Partial<Attrs<typeof ops.conv2d.attrs>>, ...extras: readonly (readonly Dim[])[]): Node =>
  wgslNode(ops.conv2d, [shape, weight, ...extras], { ...attrs, channelsLast: true });
const up = (shape: readonly Dim[], weight: readonly Dim[], attrs: Partial<Attrs<typeof ops.conv2dTranspose.attrs>>, ...extras: readonly (readonly Dim[])[]): Node =>
  wgslNode(ops.conv2dTranspose, [shape, weight, ...extras], { ...attrs, channelsLast: true });
const relu = max(add(arg(0), arg(1)), num(0));

const kinds: Readonly<Record<string, () => Node>> = {
  "a stem of three channels": () => conv([N, 9, 8, 3], [16, 3, 3, 3], { pad: [1, 1, 1, 1], stride: [2, 2], epilogue: relu }, [1, 1, 1, 16]),
  "a convolution of fours": () => conv([N, 9, 7, 8], [12, 8, 3, 3], { pad: [1, 1, 1, 1], epilogue: relu }, [N, 9, 7, 12]),
  "outputs that are no fours, dilated": () => conv([N, 9, 9, 4], [7, 4, 3, 2], { pad: [2, 0, 1, 1], dilation: [2, 3], epilogue: relu }, [7]),
  "one by one": () => conv([N, 5, 5, 20], [36, 20, 1, 1], {}),
  "one by one, strided": () => conv([N, 6, 6, 8], [8, 8, 1, 1], { stride: [2, 2] }),
  "more columns than a tile": () => conv([N, 4, 4, 4], [72, 4, 3, 3], { pad: [1, 1, 1, 1] }),
  "depthwise": () => conv([N, 7, 6, 8], [8, 1, 3, 3], { pad: [1, 1, 1, 1], groups: 8, epilogue: relu }, [8]),
  "grouped": () => conv([N, 5, 5, 6], [9, 2, 3, 3], { pad: [0, 1, 2, 1], groups: 3, stride: [1, 2] }),
  "a transposed convolution of fours": () => up([N, 5, 4, 8], [8, 12, 3, 3], { pad: [1, 1, 1, 1], epilogue: relu }, [N, 5, 4, 12]),
  "a transposed one, strided, of no fours": () => up([N, 4, 3, 6], [6, 7, 3, 2], { stride: [2, 3], dilation: [1, 2], pad: [1, 0, 0, 1] }),
  "a transposed one in groups": () => up([N, 4, 4, 6], [6, 2, 3, 3], { groups: 3, stride: [2, 2] }),
  "weights' gradients of fours": () => wgslNode(ops.conv2dWeight, [[N, 9, 7, 8], [N, 9, 7, 12]], { kernel: [3, 3], pad: [1, 1, 1, 1], channelsLast: true }),
  "weights' gradients, strided, of a stem": () => wgslNode(ops.conv2dWeight, [[N, 9, 8, 3], [N, 5, 3, 7]], { kernel: [3, 4], stride: [2, 2], pad: [1, 1, 1, 0], channelsLast: true }),
  "weights' gradients in groups": () => wgslNode(ops.conv2dWeight, [[N, 5, 5, 6], [N, 3, 3, 9]], { kernel: [3, 3], groups: 3, channelsLast: true }),
  "an epilogue of more operands than are bound": () => conv([N, 4, 4, 4], [8, 4, 1, 1], { epilogue: [1, 2, 3, 4, 5, 6].reduce((s, k) => add(s, arg(k)), arg(0)) }, ...[8, 1, 8, 8, 8, 8].map((c, k): readonly Dim[] => (k % 2 ? [N, 4, 4, c] : [c]))),
  "a dense layer of a batch": () => wgslNode(ops.matmul, [[N, 40], [10, 40], [10]], { transposeB: true, epilogue: relu }),
  "a dense layer of fours": () => wgslNode(ops.matmul, [[N, 37], [24, 37], [24], [N, 24]], { transposeB: true, epilogue: add(max(add(arg(0), arg(1)), num(0)), arg(2)) }),
  "matrices that both change": () => wgslNode(ops.matmul, [[N, 7], [N, 9]], { transposeA: true }),
  "columns that are the batch": () => wgslNode(ops.matmul, [[5, 7], [N, 7]], { transposeB: true }),
  "a large matrix product": () => wgslNode(ops.matmul, [[70, 33], [33, 68]], {}),
  "matrices of one": () => wgslNode(ops.matmul, [[N, 1], [1, 8]], {}),
  "one row, one column": () => wgslNode(ops.matmul, [[1, 9], [N, 9]], { transposeB: true }),
  "one sum of one image": () => wgslNode(ops.reduce, [[1, 9, 9, 2]], { kind: "sum", axes: [0, 1, 2, 3] }),
  "a convolution of one pixel": () => conv([1, 1, 1, 4], [4, 4, 1, 1], {}),
  "weights' gradients of one image": () => wgslNode(ops.conv2dWeight, [[1, 3, 3, 4], [1, 1, 1, 4]], { kernel: [3, 3], channelsLast: true }),
  "few summands": () => wgslNode(ops.reduce, [[N, 4, 7]], { kind: "sum", axes: [2] }),
  "many summands": () => wgslNode(ops.reduce, [[N, 9, 9, 5], [5]], { kind: "sum", axes: [1, 2], epilogue: mul(arg(0), arg(1)) }),
  "few sums of very many": () => wgslNode(ops.reduce, [[N, 40, 40, 3], [3]], { kind: "sum", axes: [1, 2], epilogue: mul(arg(0), arg(1)) }),
  "the batch summed": () => wgslNode(ops.reduce, [[N, 6, 5, 3]], { kind: "sum", axes: [0, 1, 2] }),
  "a maximum of many": () => wgslNode(ops.reduce, [[N, 300]], { kind: "max", axes: [1], keep: true }),
  "a map over fours with every kind of operand": () => wgslNode(ops.map, [[N, 3, 4, 8], [8], [N, 1, 1, 8], [N, 3, 4, 1], []], { expr: sub(add(mul(arg(0), arg(1)), arg(2)), mul(arg(3), arg(4))) }),
  "functions": () => wgslNode(ops.map, [[N, 40], [40]], { expr: add(mul(exp(arg(0)), tanh(arg(1))), add(erf(arg(0)), sqrt(mul(arg(1), arg(1))))) }),
  "a choice": () => wgslNode(ops.map, [[N, 5], [5]], { expr: select("<", arg(0), arg(1), mul(arg(0), num(-1.5)), num(3)) }),
  "more operands than are bound": () => wgslNode(ops.map, Array.from({ length: 12 }, (_, k): readonly Dim[] => (k % 3 === 0 ? [N, 3, 4] : k % 3 === 1 ? [4] : [N, 3, 1])), { expr: Array.from({ length: 11 }, (_, k) => arg(k + 1)).reduce(add, arg(0)) }),
  "concat of fours": () => wgslNode(ops.concat, [[N, 3, 3, 8], [N, 3, 3, 4], [N, 3, 3, 8]], { axis: 3 }),
  "concat of many": () => wgslNode(ops.concat, Array.from({ length: 10 }, (_, k) => [N, k + 1, 2]), { axis: 1 }),
  "padding at the batch": () => wgslNode(ops.pad, [[N, 4, 4, 8]], { low: [0, 0, 0, 4], high: [0, 0, 0, 4] }),
};

const samples = [...ops.coreOps.values()].flatMap((op) =>
  op.samples
    .filter((s) => !("channelsLast" in op.attrs) || "channelsLast" in s.attrs || ["random", "one_hot"].includes(op.name)) // the others are images as they never reach a GPU
    .map((s, k): readonly [string, () => Node] => [`${op.name}, sample ${k + 1}`, () => wgslNode(op as Core, s.inputs.map((t) => t.shape), s.attrs as never)])
    .filter(([, node]) => kernelOf(node()) !== null));

/** By name: of every core op that has a kernel. */
export const wgslNodes: readonly (readonly [string, () => Node])[] = [...samples, ...Object.entries(kinds)];
