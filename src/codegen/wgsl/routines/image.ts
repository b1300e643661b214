// The geometry of kernels on images with their channels last, [batch, row, column, channel], and where an invocation stands in one.
import type { Node } from "../../../ir/op.ts";
import { quantity, type Quantity } from "../../axes.ts";
import { N } from "../../../ir/type.ts";

export interface Image {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** All elements. */
  readonly total: Quantity;
}

export function imageOf(node: Node): Image {
  const [, rows, columns, channels] = node.type.shape as readonly [unknown, number, number, number];
  return { rows, columns, channels, total: quantity(...node.type.shape) };
}

/** The number of images: "n", or what the shapes say. */
export function batchOf(node: Node): Quantity {
  return quantity(node.type.shape[0] === N ? N : Number(node.type.shape[0]));
}

/** Statements that take the index of a result apart: channel (in units of `unit`), column, row and image. */
export function position({ rows, columns, channels }: Image, unit: number, index = "i"): readonly string[] {
  const across = channels / unit;
  return [`let c = ${index} % ${across};`, `let pixel = ${index} / ${across};`, `let column = pixel % ${columns};`, `let row = pixel / ${columns} % ${rows};`, `let image = pixel / ${rows * columns};`];
}
