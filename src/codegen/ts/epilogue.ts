// Epilogues: how a kernel stores a raw result, y = epilogue(x0, extras…), and how it finds the extras' elements.
import type { Node } from "../../ir/op.ts";
import { arg, type Scalar } from "../../ir/scalar.ts";
import { product, sum } from "../code.ts";
import { extraNames, type Emission } from "./kernel.ts";
import { broadcastStrides, quantityText } from "./loops.ts";
import { scalarCode, type ScalarCode } from "./scalar.ts";

/** Where an element of the result lies in an extra operand, in terms of the extra's strides along the result's axes. */
export type Place = (strides: readonly string[]) => string;

export interface Epilogue {
  readonly expr: Scalar;
  /** Names of the extra operands, e1, e2, …: what kernels call them. */
  readonly names: readonly string[];
  /** The value to store, from the text of the raw result. */
  value(raw: string, place: Place, prefix?: string): ScalarCode;
}

/** The epilogue of a node whose extras begin at operand `first`. */
export function epilogueOf(node: Node, first: number, to: Emission): Epilogue {
  const names = extraNames(node, first);
  const expr = (node.attrs["epilogue"] as Scalar | null | undefined) ?? arg(0);
  const strides = node.inputs.slice(first).map((e) => broadcastStrides(e.type.shape, node.type.shape).map(quantityText));
  return {
    expr,
    names,
    value: (raw, place, prefix) => scalarCode(expr, [raw, ...names.map((e, i) => `${e}[${sum(`${e}o`, place(strides[i]!))}]`)], to, prefix),
  };
}

/** The place of the element with these indices. */
export function at(...indices: readonly string[]): Place {
  return (strides) => sum(...indices.map((index, k) => product(index, strides[k]!)));
}

/** The place in a result [n, channel, row, column] whose pixels are counted through: pixel = row · width + column. */
export function atPixel(width: number, n: string, channel: string, pixel: string): Place {
  return ([sn, sc, sh, sw]) => {
    const even = Number(sh) === Number(sw) * width;
    const within = even ? product(pixel, sw!) : sum(product(`((${pixel}) / ${width} | 0)`, sh!), product(`((${pixel}) % ${width})`, sw!));
    return sum(product(n, sn!), product(channel, sc!), within);
  };
}
