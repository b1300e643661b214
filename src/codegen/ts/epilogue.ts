// Epilogues: how a kernel turns raw results into stored ones, y = epilogue(x0, extras…), and how it finds the extras' elements.
import type { Node } from "../../ir/op.ts";
import { arg, type Scalar } from "../../ir/scalar.ts";
import { product, sum } from "../code.ts";
import { index, type Emission } from "./kernel.ts";
import { quantityText } from "./loops.ts";
import { scalarCode, type ScalarCode } from "./scalar.ts";
import { extraNames } from "../operands.ts";
import { broadcastStrides } from "../axes.ts";

interface Extra {
  readonly name: string; // e1: what the kernel's function calls the array
  readonly strides: readonly string[]; // along the result's axes
}

export function epilogueExpression(node: Node): Scalar {
  return (node.attrs["epilogue"] as Scalar | null | undefined) ?? arg(0);
}

function extrasOf(node: Node, first: number): readonly Extra[] {
  return extraNames(node, first).map((name, i) => ({ name, strides: broadcastStrides(node.inputs[first + i]!.type.shape, node.type.shape).map(quantityText) }));
}

/** The value to store at `indices`, from the text of the raw result. */
export function storedValue(node: Node, first: number, to: Emission, raw: string, indices: readonly string[]): ScalarCode {
  const reads = extrasOf(node, first).map((e) => `${e.name}[${sum(`${e.name}o`, ...indices.map((i, k) => product(i, e.strides[k]!)))}]`);
  return scalarCode(epilogueExpression(node), [raw, ...reads], to);
}

/** The epilogue of a result [n, channel, row, column], pixel after pixel of a channel. */
export interface ImageEpilogue {
  readonly names: readonly string[];
  /** Statements for each channel: what does not depend on the pixel is read once. */
  channel(n: string, channel: string): readonly string[];
  /** The value to store at pixel `base + offset`, counted row by row; `prefix` keeps its constants apart from others'. */
  value(raw: string, base: string, offset?: string | number, prefix?: string): ScalarCode;
}

export function imageEpilogue(node: Node, first: number, to: Emission): ImageEpilogue {
  const extras = extrasOf(node, first);
  const width = node.type.shape[3] as number;
  const perChannel = ({ strides: [, , sh, sw] }: Extra): boolean => sh === "0" && sw === "0";
  const read = (e: Extra, base: string, offset: string | number): string => {
    if (perChannel(e)) return `v_${e.name}`;
    const [, , sh, sw] = e.strides;
    if (Number(sh) === Number(sw) * width) return `${e.name}[${sum(`i_${e.name}`, product(base, sw!), product(String(offset), sw!))}]`;
    const pixel = sum(base, offset);
    return `${e.name}[${sum(`i_${e.name}`, product(`((${pixel}) / ${width} | 0)`, sh!), product(`((${pixel}) % ${width})`, sw!))}]`;
  };
  return {
    names: extras.map((e) => e.name),
    channel: (n, channel) =>
      extras.map((e) => {
        const place = sum(`${e.name}o`, product(n, e.strides[0]!), product(channel, e.strides[1]!));
        return perChannel(e) ? `const v_${e.name} = ${e.name}[${place}];` : `const i_${e.name} = ${index(place)};`;
      }),
    value: (raw, base, offset = 0, prefix) => scalarCode(epilogueExpression(node), [raw, ...extras.map((e) => read(e, base, offset))], to, prefix),
  };
}
