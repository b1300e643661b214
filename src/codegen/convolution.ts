// The geometry of a conv2d as plain numbers, as the kernels of every CPU target take it.
import type { Attrs } from "../ir/attr.ts";
import type { Core, Node } from "../ir/op.ts";
import { shapeFirst } from "../ops/core/channels.ts";
import type { conv2d } from "../ops/core/conv2d.ts";

type Schema = typeof conv2d extends Core<infer S> ? S : never;
export type ConvNode = Node<Core<Schema>>;

export interface Convolution {
  readonly inputs: number; // channels, all groups together
  readonly outputs: number;
  readonly groups: number;
  readonly height: number;
  readonly width: number;
  readonly rows: number; // of the result
  readonly columns: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pad: Attrs<Schema>["pad"];
}

export function convolution(node: ConvNode): Convolution {
  const { groups, stride, dilation, pad, channelsLast } = node.attrs;
  const [, inputs, height, width] = shapeFirst(node.inputs[0]!.type.shape, channelsLast) as readonly [unknown, number, number, number];
  const [, outputs, rows, columns] = shapeFirst(node.type.shape, channelsLast) as readonly [unknown, number, number, number];
  const [, , kh, kw] = node.inputs[1]!.type.shape as readonly [unknown, unknown, number, number];
  return { inputs, outputs, groups, height, width, rows, columns, kernel: [kh, kw], stride, dilation, pad };
}

/** Input rows and columns that a block of results reads. */
export function reach(c: Convolution, results: readonly [number, number]): readonly [number, number] {
  return [0, 1].map((k) => (results[k]! - 1) * c.stride[k]! + (c.kernel[k]! - 1) * c.dilation[k]! + 1) as [number, number];
}

/** "conv3x3_16_32_s2" */
export function convLabel(c: Convolution): string {
  const [kh, kw] = c.kernel;
  const [sh, sw] = c.stride;
  return [`conv${kh}x${kw}`, c.inputs, c.outputs, ...(sh === 1 && sw === 1 ? [] : [sh === sw ? `s${sh}` : `s${sh}x${sw}`]), ...(c.groups === 1 ? [] : [`g${c.groups}`])].join("_");
}
