// What people ask of a compiled export before anything else: parameters, multiply-accumulates, memory, kernels; layer by layer too.
// In: the graph (as the program says it) and the plan (as it runs). Counts are per sample, sizes in bytes at batch 1.
import { attrsKey } from "../ir/attr.ts";
import { expand } from "../ir/decompose.ts";
import { reachable, type Graph } from "../ir/graph.ts";
import { parameter } from "../ir/leaf.ts";
import type { Node, Op } from "../ir/op.ts";
import { elementsPerSample, N, printType, type Dim, type Extent, type TensorType } from "../ir/type.ts";
import type { Plan } from "../plan/plan.ts";

export interface LayerSummary {
  /** The scope of its parameters, "layer1.0.conv1". */
  readonly name: string;
  readonly op: string;
  /** What it makes, without the batch. */
  readonly shape: readonly Dim[];
  readonly parameters: number;
  readonly macs: number;
}

export interface Summary {
  readonly name: string;
  /** Learned numbers; running statistics are not counted, as everywhere in the literature. */
  readonly parameters: number;
  /** Multiply-accumulates of convolutions and matrix products, for one sample. */
  readonly macs: number;
  readonly bytes: { readonly weights: number; readonly activations: number };
  readonly steps: number;
  readonly kernels: number;
  readonly layers: readonly LayerSummary[];
}

/** `kernels`: the distinct functions of the module. */
export function summarise(graph: Graph, plan: Plan, kernels: number): Summary {
  const layers = layersOf(graph);
  const learned = graph.parameters.filter((p) => !isState(p));
  return {
    name: graph.name,
    parameters: learned.reduce((sum, p) => sum + elementsPerSample(p.type.shape), 0),
    macs: countMacs(layers),
    bytes: {
      weights: 4 * graph.parameters.reduce((sum, p) => sum + elementsPerSample(p.type.shape), 0),
      activations: 4 * atOne(plan.regions.activations),
    },
    steps: plan.programs.run.length,
    kernels,
    layers,
  };
}

/** Multiply-accumulates of one sample. */
export function countMacs(layers: readonly LayerSummary[]): number {
  return layers.reduce((sum, l) => sum + l.macs, 0);
}

/** Every layer in the order of the program, those without parameters too. */
export function layersOf(graph: Graph): readonly LayerSummary[] {
  const macs = new Map<string, number>();
  return reachable(graph)
    .filter((n) => n.op.kind === "composite")
    .map((n) => ({
      name: n.origin?.path ?? "",
      op: n.op.name,
      shape: n.type.shape.filter((d) => d !== N),
      parameters: n.inputs.filter((i) => i.op === parameter && !isState(i)).reduce((sum, p) => sum + elementsPerSample(p.type.shape), 0),
      macs: macsOf(n.op, n.inputs.map((i) => i.type), n.attrs, macs),
    }));
}

/** Of one sample; `types` are those of the operands and of the layer's parameters. Equal signatures are counted once: a network of 1,200 layers has a few dozen. */
export function macsOf(op: Op, types: readonly TensorType[], attrs: Node["attrs"], known: Map<string, number>): number {
  const key = `${op.name}${types.map(printType).join()}${attrsKey(op.attrs, attrs)}`;
  let macs = known.get(key);
  if (macs === undefined) {
    const core = expand(op, types, attrs);
    macs = reachable(core).reduce((sum, n) => sum + (n.op.kind === "core" && n.op.macs ? atOne(n.op.macs(n.inputs.map((i) => i.type), n.attrs, n.type)) : 0), 0);
    known.set(key, macs);
  }
  return macs;
}

function isState(node: Node): boolean {
  return (node.attrs as { readonly state?: boolean }).state === true;
}

function atOne(e: Extent): number {
  return e.fixed + e.perSample;
}
