// `--target wasm` as the planner sees it: which kernel, which packing, how much scratch. The emitter finds the kernel again by the node.
import { attrsKey } from "../../ir/attr.ts";
import type { Node } from "../../ir/op.ts";
import { printType } from "../../ir/type.ts";
import type { Target } from "../../plan/plan.ts";
import type { TargetOptions, WasmSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";

export interface WasmTarget extends Target {
  select(node: Node): WasmSelection | null;
}

/** The target with its options. Everything is f32, in one memory. */
export function wasmTarget(options: Partial<TargetOptions> = {}): WasmTarget {
  const complete: TargetOptions = { strictMath: options.strictMath ?? false };
  return {
    name: "wasm",
    streams: true,
    memory: { input: "f32", weights: "f32", packed: "f32", staging: "f32", activations: "f32", scratch: "f32" },
    select: (node) => select(node, complete),
  };
}

function select(node: Node, options: TargetOptions): WasmSelection | null {
  const kernel = kernelOf(node);
  if (!kernel) return null;
  const types = [...node.inputs, node].map((n) => printType(n.type)).join(" ");
  const signature = `${node.op.name} ${types}${attrsKey(node.op.attrs, node.attrs as never)}${options.strictMath ? " strict" : ""}`;
  return { algorithm: null, ...kernel.select(node as never, options), ...options, signature };
}
