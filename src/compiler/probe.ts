// A network's probe as a module: its trainer's only step writes sums of squares instead of weights (autodiff/probe.ts).
import { scalars, type Objective } from "../autodiff/objective.ts";
import { probedLayers, probeGraph, type ProbedLayer } from "../autodiff/probe.ts";
import { evaluationGraph, leastBatch } from "../autodiff/training.ts";
import type { EmittedModule } from "../codegen/module/contract.ts";
import { emitWasmModule } from "../codegen/wasm/module.ts";
import { wasmTarget } from "../codegen/wasm/target.ts";
import { isOp, type Graph } from "../ir/graph.ts";
import { input } from "../ir/leaf.ts";
import { N, tensor } from "../ir/type.ts";
import { runPipeline } from "../passes/pipeline.ts";
import { makePlan } from "../plan/make.ts";
import { version } from "./version.ts";

export interface Probe {
  readonly module: EmittedModule;
  readonly layers: readonly ProbedLayer[];
  /** What the label is called, and how many classes it tells. */
  readonly label: { readonly name: string; readonly classes: number };
  /** The fewest samples. */
  readonly least: number;
}

/** Null where the network has no output of the form [classes]: there is no loss to take gradients of. */
export function makeProbe(graph: Graph): Probe | null {
  const output = graph.outputs.find((o) => o.node.type.shape.length === 2 && o.node.type.shape[0] === N);
  if (!output) return null;
  const label = { name: labelName(graph), classes: Number(output.node.type.shape[1]) };
  const losses: Objective["losses"] = [{ kind: "cross_entropy", smoothing: 0, output: output.name, target: label.name, weight: 1 }];
  const objective: Objective = { losses, targets: [{ name: label.name, type: tensor([N], "i32") }], optimizer: { kind: "sgd", momentum: 0, nesterov: false, decay: 0 }, clip: null };
  const layers = probedLayers(graph);
  const target = wasmTarget({ strictMath: false });
  const optimised = (g: Graph): Graph => runPipeline(g, { disabled: new Set(), channelsLast: true });
  const step = makePlan(optimised(probeGraph(graph, objective, layers)), target, graph.name);
  const evaluation = makePlan(optimised(evaluationGraph(graph, objective)), target, graph.name, { changing: true, weights: step });
  const least = leastBatch(graph);
  const module = emitWasmModule(makePlan(optimised(graph), target, graph.name), {
    version, js: true, threads: false, source: "probe", doc: null, macs: 0, weightsFile: "",
    training: { step, evaluation, leastBatch: least, scheduled: { optimizer: { lr: 0 }, warmup: null, schedule: { kind: "constant" }, steps: 1 }, batch: least, seed: 0, targets: [label], scalars },
  });
  return { module, layers, label, least };
}

/** "label", unless an input is called so. */
function labelName(graph: Graph): string {
  const taken = graph.inputs.map((i) => (isOp(i, input) ? i.attrs.name : ""));
  let name = "label";
  while (taken.includes(name)) name += "_";
  return name;
}
