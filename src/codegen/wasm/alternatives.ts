// The algorithms that could compute a convolution, each as a WebAssembly module by itself, with what the cost model says of it: for
// measuring the model. In: a plan of this target. Out: per distinct convolution its alternatives, the chosen one marked.
import { isOp } from "../../ir/graph.ts";
import type { Node } from "../../ir/op.ts";
import { elementsPerSample } from "../../ir/type.ts";
import { conv2d } from "../../ops/index.ts";
import type { Plan } from "../../plan/plan.ts";
import { convolution, type ConvNode } from "../convolution.ts";
import { fusedBytes } from "./assembler/encode.ts";
import { WasmFunctions } from "./functions.ts";
import type { WasmSelection } from "./kernel.ts";
import { costsOf, kernelBy } from "./kernels/conv2d.ts";
import { isBatched } from "../operands.ts";

export interface Alternative {
  readonly algorithm: string;
  /** Nanoseconds for one image, as the model has it. */
  readonly predicted: number;
  readonly chosen: boolean;
  /** Exports `pack(x, y)`, and `kernel(n, operands…, y, s)`. */
  readonly code: Uint8Array;
  readonly fused: Uint8Array;
  /** Elements of packed weights and of scratch. */
  readonly packed: number;
  readonly scratch: number;
}

export interface Alternatives {
  readonly label: string;
  readonly calls: number;
  /** Multiply-adds of one image. */
  readonly macs: number;
  /** Elements of each operand (weights are the second) and of the result, for one image. */
  readonly operands: readonly number[];
  readonly result: number;
  readonly batched: boolean;
  readonly choices: readonly Alternative[];
}

export function alternativesOf(plan: Plan, strictMath: boolean): readonly Alternatives[] {
  const found = new Map<string, { node: ConvNode; selection: WasmSelection; calls: number }>();
  for (const { kind, node, selection } of plan.programs.run) {
    if (kind !== "compute" || !isOp(node as Node, conv2d) || (selection as WasmSelection).algorithm === "depthwise") continue;
    const known = found.get(selection.signature);
    if (known) known.calls++;
    else found.set(selection.signature, { node: node as ConvNode, selection: selection as WasmSelection, calls: 1 });
  }
  return [...found.values()].map(({ node, selection, calls }) => ({
    label: selection.label,
    calls,
    macs: macsOf(node),
    operands: node.inputs.map((x) => elementsPerSample(x.type.shape)),
    result: elementsPerSample(node.type.shape),
    batched: isBatched(node),
    choices: (strictMath ? costsOf(convolution(node)).slice(0, 1) : costsOf(convolution(node))).map(({ algorithm, cost }) => ({ algorithm, predicted: cost, chosen: algorithm === selection.algorithm, ...moduleOf(node, algorithm, strictMath) })),
  }));
}

function macsOf(node: ConvNode): number {
  const { fixed, perSample } = conv2d.macs!(node.inputs.map((x) => x.type), node.attrs, node.type);
  return fixed + perSample;
}

function moduleOf(node: ConvNode, algorithm: Parameters<typeof kernelBy>[0], strictMath: boolean): Pick<Alternative, "code" | "fused" | "packed" | "scratch"> {
  const kernel = kernelBy(algorithm);
  const functions = new WasmFunctions(false);
  const selection: WasmSelection = { algorithm, ...kernel.select(node, { strictMath }), strictMath, signature: algorithm };
  const to = { selection, doc: "", ...functions.services };
  functions.add("pack", () => "pack", (name) => kernel.pack!(node, 1, { ...to, name }));
  functions.add("kernel", () => "kernel", (name) => kernel.emit(node, { ...to, name }));
  const encoded = functions.encode();
  return { code: encoded.bytes, fused: fusedBytes(encoded), packed: selection.packs[0]!.size, scratch: selection.scratch.fixed + selection.scratch.perSample };
}
