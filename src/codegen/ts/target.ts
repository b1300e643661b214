// `--target ts` as the planner sees it: which kernel, which packing, how much scratch. The emitter finds the kernel again by the node.
import { attrsKey } from "../../ir/attr.ts";
import type { Node } from "../../ir/op.ts";
import { printType } from "../../ir/type.ts";
import type { Phase, Target } from "../../plan/plan.ts";
import type { TargetOptions, TsSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";

export interface TsTarget extends Target {
  select(node: Node, phase: Phase, operands: readonly Phase[]): TsSelection | null;
}

/** The target with its options. Activations and weights are f32; what prepare makes and kernels work in is f64. */
export function tsTarget(options: Partial<TargetOptions> = {}): TsTarget {
  const complete: TargetOptions = { strictMath: options.strictMath ?? false };
  return {
    name: "ts",
    memory: { input: "f32", weights: "f32", packed: "f64", staging: "f64", activations: "f32", scratch: "f64" },
    select: (node, _, operands) => select(node, complete, operands),
  };
}

function select(node: Node, options: TargetOptions, operands: readonly Phase[]): TsSelection | null {
  const kernel = kernelOf(node);
  if (!kernel || node.attrs["channelsLast"] === true) return null;
  const types = [...node.inputs, node].map((n) => printType(n.type)).join(" ");
  const signature = `${node.op.name} ${types}${attrsKey(node.op.attrs, node.attrs as never)}${options.strictMath ? " strict" : ""}`;
  return { algorithm: null, ...kernel.select(node as never, options, operands), ...options, signature };
}
