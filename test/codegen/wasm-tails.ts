// Nodes of every kind of kernel with one size from 0 to 67: what is left over after the vectors, tiles and panels of each loop.
// No dimension of a tensor is ever 0 (the first test says so); what can be 0 is what is cut off or put around.
import { add, arg, max, mul, num } from "../../src/ir/scalar.ts";
import { constant } from "../../src/ir/leaf.ts";
import type { Node } from "../../src/ir/op.ts";
import type { TileSize } from "../../src/codegen/wasm/kernels/winograd-transforms.ts";
import { emitWinograd, packWinograd, selectWinograd } from "../../src/codegen/wasm/kernels/conv-winograd.ts";
import { plain, tiles } from "../../src/codegen/wasm/kernels/conv2d.ts";
import { turned } from "../../src/codegen/wasm/kernels/conv2d-transpose.ts";
import { N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { nodeOf } from "./kernels.ts";
import type { AnyKernel } from "./wasm.ts";

export interface Kind {
  readonly make: (n: number) => Node;
  /** The smallest size that there can be, and the step to the next. */
  readonly from?: number;
  readonly step?: number;
  /** One algorithm of several; without it the target's choice. */
  readonly kernel?: AnyKernel;
  /** What the kernel's label must match: the algorithm that is meant. */
  readonly label?: RegExp;
}

const bias = add(arg(0), arg(1));
const relu = max(bias, num(0));
const expr = mul(bias, arg(2));

/** `as`: the convolution that the node is. */
function winograd(m: TileSize, as: typeof plain | typeof turned = plain): AnyKernel {
  return { select: (n) => selectWinograd(as(n as never), m), emit: (n, to) => emitWinograd(as(n as never), m, to), pack: (n, _, to) => packWinograd(as(n as never), m, to) };
}

function image(shape: readonly Dim[], w: readonly number[], attrs: object, extras: readonly (readonly Dim[])[] = []): Node {
  return nodeOf(ops.conv2d, [shape, w, ...extras], { channelsLast: true, ...attrs }, [1]);
}

function transposed(shape: readonly Dim[], w: readonly number[], attrs: object, extras: readonly (readonly Dim[])[] = []): Node {
  return nodeOf(ops.conv2dTranspose, [shape, w, ...extras], { channelsLast: true, ...attrs }, [1]);
}

const winogradKinds = Object.entries(tiles).flatMap(([name, m]): [string, Kind][] => [
  [`${name}: columns`, { make: (n) => image([N, 3, n, 4], [4, 4, 3, 3], { pad: [1, 1, 1, 1] }), kernel: winograd(m), label: /_winograd/ }],
  [`${name}: rows and padding of its own`, { make: (n) => image([N, n, 3, 4], [8, 4, 3, 3], { pad: [2, 0, 1, 1], epilogue: relu }, [[8]]), kernel: winograd(m), label: /_winograd/ }],
  [`${name}: channels`, { make: (n) => image([N, 3, 5, n], [4, n, 3, 3], { pad: [1, 1, 1, 1] }), from: 4, step: 4, kernel: winograd(m), label: /_winograd/ }],
  [`${name}: result channels`, { make: (n) => image([N, 3, 5, 4], [n, 4, 3, 3], { pad: [1, 1, 1, 1], epilogue: relu }, [[n]]), from: 4, step: 4, kernel: winograd(m), label: /_winograd/ }],
]);

function weightGradient(x: readonly Dim[], dy: readonly Dim[], attrs: object): Node {
  return nodeOf(ops.conv2dWeight, [x, dy], { stride: [1, 1], pad: [0, 0, 0, 0], dilation: [1, 1], groups: 1, channelsLast: true, ...attrs } as never);
}

const multiplying: readonly (readonly [string, Kind])[] = [
  ["product: result channels", { make: (n) => image([N, 3, 3, 5], [n, 5, 1, 1], { epilogue: bias }, [[n]]) }],
  ["product: channels", { make: (n) => image([N, 2, 3, n], [9, n, 1, 1], {}) }],
  ["product: pixels", { make: (n) => image([N, 1, n, 3], [8, 3, 1, 1], {}) }],
  ["matmul: rows", { make: (n) => nodeOf(ops.matmul, [[n, 7], [10, 7]], { transposeB: true }, [1]) }],
  ["matmul: columns", { make: (n) => nodeOf(ops.matmul, [[3, 7], [7, n], [n]], { epilogue: relu }, [1]) }],
  ["matmul: terms", { make: (n) => nodeOf(ops.matmul, [[N, n], [9, n]], { transposeB: true }, [1]) }],
  ["matmul: terms, both computed and transposed", { make: (n) => nodeOf(ops.matmul, [[n, N], [5, n]], { transposeA: true, transposeB: true }) }],
  ["direct: channels", { make: (n) => image([N, 2, 3, n], [9, n, 3, 1], { pad: [1, 0, 1, 0] }) }],
  ["direct: pixels of a row", { make: (n) => image([N, 2, n, 3], [9, 3, 1, 3], { pad: [0, 1, 0, 1] }) }],
  ["direct: pixels of a strided row", { make: (n) => image([N, 1, 2 * n, 4], [8, 4, 1, 1], { stride: [1, 2] }) }],
  ["direct: padding", { make: (n) => image([N, 2, 3, 3], [5, 3, 2, 2], { pad: [1, n, 0, 1] }), from: 0 }],
  ["direct: padding behind, dilated", { make: (n) => image([N, 3, 4, 2], [4, 2, 2, 2], { pad: [0, 0, 1, n], dilation: [1, 2] }), from: 0 }],
  ["depthwise: channels", { make: (n) => image([N, 3, 6, n], [n, 1, 3, 3], { pad: [1, 1, 1, 1], groups: n, epilogue: bias }, [[n]]) }],
  ["depthwise: columns", { make: (n) => image([N, 2, n, 5], [5, 1, 3, 3], { pad: [1, 1, 1, 1], groups: 5 }) }],
  ["grouped: channels of a group", { make: (n) => image([N, 2, 3, 2 * n], [6, n, 2, 2], { groups: 2 }) }],
  ["grouped: result channels of a group", { make: (n) => image([N, 2, 3, 6], [2 * n, 3, 2, 2], { groups: 2, epilogue: relu }, [[2 * n]]) }],
  ["transposed: channels", { make: (n) => transposed([N, 2, 3, n], [n, 5, 2, 2], { stride: [2, 2] }) }],
  ["transposed: result channels", { make: (n) => transposed([N, 2, 3, 5], [5, n, 3, 3], { stride: [2, 1], pad: [1, 1, 1, 1], epilogue: relu }, [[n]]) }],
  ["transposed: columns", { make: (n) => transposed([N, 2, n, 4], [4, 3, 2, 3], { stride: [1, 2] }) }],
  ["transposed: groups", { make: (n) => transposed([N, 2, 2, 2 * n], [2 * n, 3, 2, 2], { groups: 2 }) }],
  ...winogradKinds,
  ["transposed by Winograd: columns", { make: (n) => transposed([N, 3, n, 4], [4, 4, 3, 3], { pad: [1, 1, 1, 1] }), kernel: winograd(tiles.winograd4, turned), label: /^up.*_winograd/ }],
  ["transposed by Winograd: channels", { make: (n) => transposed([N, 3, 5, n], [n, 4, 3, 3], { pad: [1, 1, 1, 1] }), from: 4, step: 4, kernel: winograd(tiles.winograd4x2, turned), label: /^up.*_winograd/ }],
  ["transposed by Winograd: result channels", { make: (n) => transposed([N, 3, 5, 4], [4, n, 3, 3], { pad: [1, 0, 1, 0] }), from: 4, step: 4, kernel: winograd(tiles.winograd2, turned), label: /^up.*_winograd/ }],
  ["gradient of weights: channels", { make: (n) => weightGradient([N, 3, 4, n], [N, 3, 4, 5], { kernel: [3, 3], pad: [1, 1, 1, 1] }) }],
  ["gradient of weights: result channels", { make: (n) => weightGradient([N, 3, 5, 3], [N, 2, 3, n], { kernel: [2, 1], stride: [1, 2] }) }],
  ["gradient of weights: columns", { make: (n) => weightGradient([N, 2, n, 3], [N, 2, n, 9], { kernel: [1, 3], pad: [0, 1, 0, 1] }) }],
  ["gradient of weights: groups", { make: (n) => weightGradient([N, 2, 2, 2 * n], [N, 2, 2, 2 * n], { kernel: [1, 1], groups: 2 }) }],
];

const moving: readonly (readonly [string, Kind])[] = [
  ["map: one operand", { make: (n) => nodeOf(ops.map, [[N, n]], { expr: mul(arg(0), num(3)) }) }],
  ["map: an operand per channel, and a number", { make: (n) => nodeOf(ops.map, [[N, 2, 3, n], [n], []], { expr }) }],
  ["map: per pixel, per sample", { make: (n) => nodeOf(ops.map, [[N, 2, 3, n], [2, 3, 1], [N, 1, 1, n]], { expr }) }],
  ["map: batch last", { make: (n) => nodeOf(ops.map, [[3, n, N], [n, 1], [1]], { expr }) }],
  ["map: no batch", { make: (n) => nodeOf(ops.map, [[n], [n], [1]], { expr }) }],
  ["sum: pixels", { make: (n) => nodeOf(ops.reduce, [[N, 3, 2, n], [n]], { kind: "sum", axes: [1, 2], epilogue: bias }) }],
  ["max: innermost", { make: (n) => nodeOf(ops.reduce, [[N, 3, n], [N, 3]], { kind: "max", axes: [2], epilogue: bias }) }],
  ["sum: over the batch too", { make: (n) => nodeOf(ops.reduce, [[2, N, n]], { kind: "sum", axes: [1, 2], keep: true }) }],
  ["max: batch last", { make: (n) => nodeOf(ops.reduce, [[n, 3, N]], { kind: "max", axes: [2] }) }],
  ["sum: over no axis", { make: (n) => nodeOf(ops.reduce, [[N, n]], { kind: "sum", axes: [] }) }],
  ["average: channels", { make: (n) => nodeOf(ops.pool, [[N, 4, 5, n]], { kind: "avg", size: [3, 3], stride: [2, 1], pad: [1, 1, 0, 1], channelsLast: true }) }],
  ["maximum: channels", { make: (n) => nodeOf(ops.pool, [[N, 5, 5, n], [n]], { kind: "max", size: [2, 3], stride: [2, 2], epilogue: relu, channelsLast: true }) }],
  ["maximum: columns", { make: (n) => nodeOf(ops.pool, [[N, 3, n, 3]], { kind: "max", size: [2, 2], stride: [1, 1], pad: [0, 1, 0, 0], channelsLast: true }) }],
  ["average: columns", { make: (n) => nodeOf(ops.pool, [[N, 3, n, 5]], { kind: "avg", size: [2, 2], stride: [1, 1], pad: [0, 1, 0, 0], channelsLast: true }) }],
  ["gradient of a maximum: channels", { make: (n) => nodeOf(ops.poolGrad, [[N, 2, 2, n], [N, 5, 5, n]], { kind: "max", image: [5, 5], size: [2, 3], stride: [2, 2], channelsLast: true }) }],
  ["gradient of a maximum: columns", { make: (n) => nodeOf(ops.poolGrad, [[N, 2, n, 3], [N, 3, n + 1, 3]], { kind: "max", image: [3, n + 1], size: [2, 2], stride: [1, 1], channelsLast: true }) }],
  ["gradient of an average: channels", { make: (n) => nodeOf(ops.poolGrad, [[N, 2, 2, n]], { kind: "avg", image: [3, 3], size: [2, 2], stride: [1, 1], channelsLast: true }) }],
  ["one hot: classes", { make: (n) => nodeOf(ops.oneHot, [[N]], { classes: n }) }],
  ["one hot: pixels", { make: (n) => nodeOf(ops.oneHot, [[N, 2, n]], { classes: 3, channelsLast: true }) }],
  ["random: numbers of a row", { make: (n) => nodeOf(ops.random, [[], []], { shape: [N, 3, n], site: 5 }) }],
  ["random: channels last", { make: (n) => nodeOf(ops.random, [[], []], { shape: [N, 2, 3, n], site: 7, channelsLast: true }) }],
  ["permute: two axes exchanged", { make: (n) => nodeOf(ops.permute, [[N, 5, n]], { perm: [0, 2, 1] }) }],
  ["permute: channels last", { make: (n) => nodeOf(ops.permute, [[N, n, 2, 9]], { perm: [0, 2, 3, 1] }) }],
  ["permute: batch last", { make: (n) => nodeOf(ops.permute, [[n, N]], { perm: [1, 0] }) }],
  ["permute: rows of runs", { make: (n) => nodeOf(ops.permute, [[N, 2, 3, n]], { perm: [2, 0, 1, 3] }) }],
  ["pad: numbers of a row", { make: (n) => nodeOf(ops.pad, [[N, 2, n]], { low: [0, 1, 2], high: [0, 0, 1], value: 4 }) }],
  ["pad: rows", { make: (n) => nodeOf(ops.pad, [[N, 3, n]], { low: [0, 1, 0], high: [0, 2, 0] }) }],
  ["pad: how many before", { make: (n) => nodeOf(ops.pad, [[N, 2, 5]], { low: [0, 0, n], high: [0, 0, 1] }), from: 0 }],
  ["pad: how many behind", { make: (n) => nodeOf(ops.pad, [[N, 2, 5]], { low: [0, 1, 0], high: [0, 0, n], value: -1 }), from: 0 }],
  ["window: numbers of a row", { make: (n) => nodeOf(ops.window, [[N, 3, n + 3]], { start: [0, 1, 3], stop: [N, 3, n + 3], step: [1, 1, 1] }) }],
  ["window: every second", { make: (n) => nodeOf(ops.window, [[N, 2 * n]], { start: [0, 1], stop: [N, 2 * n], step: [1, 2] }) }],
  ["window: how many are cut off", { make: (n) => nodeOf(ops.window, [[N, 2, n + 5]], { start: [0, 0, n], stop: [N, 2, n + 5], step: [1, 1, 1] }), from: 0 }],
  ["concat: numbers of a row", { make: (n) => nodeOf(ops.concat, [[N, 2, n], [N, 2, 3], [N, 2, n + 1]], { axis: 2 }) }],
  ["concat: rows", { make: (n) => nodeOf(ops.concat, [[n, N], [2, N]], { axis: 0 }) }],
  ["fill: no batch", { make: (n) => nodeOf(constant, [], { shape: [n], value: 3 }) }],
  ["fill: batch", { make: (n) => nodeOf(constant, [], { shape: [N, 2, n], value: -0.5 }) }],
];

export const kinds: readonly (readonly [string, Kind])[] = [...multiplying, ...moving];
