// One step of a trainer, watched: what every kernel wrote, in order, with NaN wherever nothing may be read any more; as execute.ts does
// for a run.
import { scalars, type Objective } from "../../src/autodiff/objective.ts";
import { evaluationGraph, leastBatch, stepGraph } from "../../src/autodiff/training.ts";
import { targets } from "../../src/compiler/targets.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { N, type Extent } from "../../src/ir/type.ts";
import { bind, elementsPerSample } from "../../src/ir/type.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import type { Allowance } from "../../src/plan/checkpoints.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { deadAfter, guards, type Range } from "./dead.ts";
import { reusing } from "./gpu/reused.ts";
import { watching, type Shown } from "./gpu/shown.ts";
import { evaluate, type TargetName, type Watched, type Written } from "./execute.ts";
import type { Batch, Trainer } from "./trainer.ts";

export interface StepOptions {
  readonly target: TargetName;
  readonly lr: number;
  readonly seed?: number;
  /** Optional passes to leave out. */
  readonly without?: readonly string[];
  readonly strictMath?: boolean;
  readonly guard?: number;
  readonly allowance?: Allowance;
}

export interface CompiledStep {
  /** The step before the passes, and after them as the plan has it. */
  readonly graph: Graph;
  readonly passed: Graph;
  readonly plan: Plan;
  readonly text: string;
}

/** A module that trains the graph, a network in layers or core ops. */
export function compileStep(network: Graph, objective: Objective, { target, lr, seed = 0, without = [], strictMath = false, guard = 0, allowance }: StepOptions): CompiledStep {
  const { target: targetOf, emit, channelsLast } = targets[target];
  const kernels = targetOf({ strictMath });
  const passes = (g: Graph): Graph => runPipeline(g, { disabled: new Set(without), channelsLast });
  const graph = stepGraph(network, objective);
  const passed = passes(graph);
  const step = makePlan(passed, kernels, "step", { guard, ...(allowance ? { allowance } : {}) });
  const evaluation = makePlan(passes(evaluationGraph(network, objective)), kernels, "step", { changing: true, weights: step });
  const classes = (name: string): number => Number(network.outputs.find((o) => o.name === objective.losses.find((l) => l.target === name)!.output)!.node.type.shape[1]);
  const training = {
    step,
    evaluation,
    leastBatch: leastBatch(network),
    scheduled: { optimizer: { lr }, warmup: null, schedule: { kind: "constant" }, steps: 1 } as const,
    batch: 1,
    seed,
    targets: objective.targets.map(({ name, type }) => ({ name, classes: type.dtype === "i32" ? classes(name) : 0 })),
    scalars,
  };
  const { files } = emit(makePlan(passes(network), kernels, "step"), { version: "0", js: true, threads: false, source: "step.rn", doc: null, macs: 0, weightsFile: "step.safetensors", training });
  return { graph, passed, plan: step, text: files.find((f) => f.name.endsWith(".js"))!.text };
}

interface WatchedTrainer extends Omit<Watched, "create"> {
  createTrainer(options: object): Promise<Trainer>;
  trainingPlace: ((batch: number) => Readonly<Record<string, number>>) | null;
}

export interface StepRun {
  readonly written: readonly Written[];
  readonly loss: number;
  /** After the step, and after a second, unwatched one. */
  readonly saved: Uint8Array;
}

/** One step of `weights` on the samples of `inputs`, in memory for `batch`. */
export function executeStep(compiled: CompiledStep, weights: Uint8Array, inputs: Batch, batch: number): Promise<StepRun> {
  return compiled.plan.target === "wgsl" ? executeOnDevice(compiled, weights, inputs, batch) : executeInMemory(compiled, weights, inputs, batch);
}

async function executeInMemory({ plan, text }: CompiledStep, weights: Uint8Array, inputs: Batch, batch: number): Promise<StepRun> {
  const module = evaluate(text, ["createTrainer", text.includes("function trainingPlace(") ? "trainingPlace" : null]) as unknown as WatchedTrainer;
  const trainer = await module.createTrainer({ weights, batch });
  const samples = samplesOf(plan, inputs);
  const written: Written[] = [];
  const [dead, free] = [deadAfter(plan), guards(plan)];
  let t = 0;
  module.watch((call, args) => {
    const step = plan.programs.run[t];
    if (!step) throw new Error(`kernel call ${t + 1} of ${t} steps`);
    const { y, yo, base } = place(module, plan, step, args, batch);
    const poison = (ranges: readonly Range[]): void => (step.output.region === "activations" ? fill(y, base, ranges, batch) : undefined);
    poison(free[t]!);
    call();
    if (step.kind === "compute") written.push({ step, data: y.slice(yo, yo + elementsPerSample(bind(step.node.type.shape, samples))) });
    poison(dead[t]!);
    t++;
  });
  const { loss } = await trainer.step(inputs);
  module.watch(null);
  if (t !== plan.programs.run.length) throw new Error(`${t} kernel calls of ${plan.programs.run.length} steps`);
  const saved = await trainer.save();
  trainer.dispose();
  return { written, loss, saved };
}

interface DeviceTrainer {
  createTrainer(options: object): Promise<Trainer>;
  readonly kernels: { readonly [name: string]: { readonly stages: readonly unknown[] } };
  trainingProgram(batch: number): { readonly regions: object; step(call: object, memory: object, inputs: readonly unknown[]): void };
}

/** On a device nothing is filled with NaN: WGSL does not say what comes of it. */
async function executeOnDevice({ plan, text }: CompiledStep, weights: Uint8Array, inputs: Batch, batch: number): Promise<StepRun> {
  const module = evaluate(text, ["createTrainer", "kernels", "trainingProgram"]) as unknown as DeviceTrainer;
  const { hasFeature, testDevice } = await import("./gpu.ts"); // which opens a GPU
  const { device, watch, seen } = watching(reusing(await testDevice(...((await hasFeature("subgroups")) ? (["subgroups"] as const) : []))));
  const trainer = await module.createTrainer({ weights, batch, device });
  watch(shownBy(module, plan, samplesOf(plan, inputs), batch));
  const { loss } = await trainer.step(inputs);
  const data = await seen();
  const saved = await trainer.save();
  trainer.dispose();
  return { written: plan.programs.run.filter((s) => s.kind === "compute").map((step, k) => ({ step, data: data[k]! })), loss, saved };
}

/** After the last dispatch of each step what it wrote for the samples. */
function shownBy({ trainingProgram, kernels }: DeviceTrainer, { programs: { run } }: Plan, samples: number, batch: number): (Shown | null)[] {
  const { regions, step: program } = trainingProgram(batch);
  const called: string[] = [];
  program(new Proxy({}, { get: (_, name: string) => () => called.push(name) }), {}, []);
  return run.flatMap(({ kind, node, output: { region, offset } }, t) => {
    const last = kind === "compute" ? { buffer: Object.keys(regions).indexOf(region), offset: 4 * (offset.fixed + offset.perSample * batch), size: 4 * elementsPerSample(bind(node.type.shape, samples)) } : null;
    return [...kernels[called[t]!]!.stages.slice(1).map(() => null), last];
  });
}

function fill(y: Float32Array | Float64Array, base: number, ranges: readonly Range[], batch: number): void {
  const at = (e: Extent): number => e.fixed + e.perSample * batch;
  for (const r of ranges) y.fill(NaN, base + at(r.offset), base + at(r.offset) + at(r.size));
}

/** What a call writes: its arguments end in y, yo or y, yo, s, so (arrays and offsets), or in y or y, s (addresses in bytes). */
function place(module: WatchedTrainer, plan: Plan, step: Step, args: readonly unknown[], batch: number): { readonly y: Float32Array | Float64Array; readonly yo: number; readonly base: number } {
  if (plan.target === "ts") {
    const [y, yo] = args.slice(args.length - (step.scratch ? 4 : 2)) as [Float32Array | Float64Array, number];
    return { y, yo, base: 0 };
  }
  return { y: new Float32Array(module.memory()), yo: (args.at(step.scratch ? -2 : -1) as number) / 4, base: module.trainingPlace!(batch)["activations"]! / 4 };
}

function samplesOf(plan: Plan, inputs: Batch): number {
  const given = plan.inputs.find((i) => i.buffer.type!.shape.includes(N) && inputs[i.name])!;
  return inputs[given.name]!.length / elementsPerSample(given.buffer.type!.shape);
}
