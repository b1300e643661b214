// One node's WGSL kernel by itself: as a module whose only step it is. Operands without a batch are parameters, so that what is packed
// is packed in `prepare`; labels are given by their bits.
import { emitWgslModule, wgslFunctions } from "../../src/codegen/wgsl/module.ts";
import { wgslTarget } from "../../src/codegen/wgsl/target.ts";
import type { WgslFunctions } from "../../src/codegen/wgsl/functions.ts";
import type { AttrSchema, Attrs } from "../../src/ir/attr.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Core, Node } from "../../src/ir/op.ts";
import { N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { evaluate } from "../harness/execute.ts";
import { nodeOf } from "./kernels.ts";

/** The node on inputs and parameters. What draws random numbers has nothing with a batch to count samples by. */
export function wgslNode<S extends AttrSchema>(op: Core<S>, shapes: readonly (readonly Dim[])[], attrs: Partial<Attrs<S>>): Node {
  const weights = shapes.map((_, i) => i).filter((i) => !shapes[i]!.includes(N) && (op as unknown) !== ops.random);
  return nodeOf(op, shapes, attrs, weights);
}

export function planOf(node: Node): Plan {
  const operands = [...new Set(node.inputs)];
  const graph: Graph = { name: "node", inputs: operands.filter((n) => n.op === input), parameters: operands.filter((n) => n.op === parameter), outputs: [{ name: "y", node }], updates: [] };
  return makePlan(graph, wgslTarget(), "node");
}

export function functionsOf(node: Node): WgslFunctions {
  return wgslFunctions(planOf(node));
}

interface GpuModule {
  create(options: object): Promise<{ readonly precision: string; run(inputs: object): Promise<Record<string, Float32Array>>; dispose(): void }>;
}

export async function runNode(node: Node, values: readonly Float64Array[], batch: number, device: GPUDevice, precision = "f32"): Promise<Float32Array> {
  const plan = planOf(node);
  const text = emitWgslModule(plan, { version: "0", js: true, threads: false, source: "node.rn", doc: null, macs: 0, weightsFile: "node.safetensors" }).files.find((f) => f.name.endsWith(".js"))!.text;
  const { create } = evaluate(text) as unknown as GpuModule;
  const named = node.inputs.map((n, i) => ({ name: (n.attrs as { readonly name: string }).name, node: n, data: n.type.dtype === "i32" ? new Float32Array(Int32Array.from(values[i]!).buffer) : Float32Array.from(values[i]!) }));
  const weights = writeSafetensors(named.filter((o) => o.node.op === parameter).map((o) => [o.name, { shape: o.node.type.shape as readonly number[], data: o.data }]));
  const net = await create({ weights, batch, device, precision });
  if (net.precision !== precision) throw new Error(`the device cannot compute in ${precision}`);
  try {
    return (await net.run(Object.fromEntries(named.filter((o) => o.node.op === input).map((o) => [o.name, o.data]))))["y"]!.slice();
  } finally {
    net.dispose();
  }
}
