// `--target wgsl` as the planner sees it: which kernel, which packing, how much scratch. The emitter finds the kernel again by the node.
import { attrsKey } from "../../ir/attr.ts";
import type { Node } from "../../ir/op.ts";
import { printType } from "../../ir/type.ts";
import type { Phase, Target } from "../../plan/plan.ts";
import type { WgslSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";

export interface WgslTarget extends Target {
  select(node: Node, phase: Phase, operands: readonly Phase[]): WgslSelection | null;
}

/** A range of a buffer that is bound begins at a multiple of 256 bytes: what every device can do. */
export const ALIGNMENT = 64;

/** The target. Everything is f32, but what is packed where a net is wished in f16; how a sum is rounded is the device's affair, so there is nothing that --strict-math could say. */
export function wgslTarget(_options: { readonly strictMath?: boolean } = {}): WgslTarget {
  return {
    name: "wgsl",
    memory: { input: "f32", weights: "f32", packed: "f32", staging: "f32", activations: "f32", scratch: "f32" },
    alignment: ALIGNMENT,
    select: (node, _, operands) => select(node, operands),
  };
}

function select(node: Node, operands: readonly Phase[]): WgslSelection | null {
  const kernel = kernelOf(node);
  if (!kernel) return null;
  const types = [...node.inputs, node].map((n) => printType(n.type)).join(" ");
  const choice = kernel.select(node as never, operands);
  return { algorithm: null, ...choice, signature: `${node.op.name} ${types}${attrsKey(node.op.attrs, node.attrs as never)} ${choice.algorithm ?? ""}` };
}
