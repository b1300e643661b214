// Random graphs as networks to train: losses of some of their outputs, an optimizer, and numbers for all of it, from the case's seed.
import type { LossTerm, Objective, Optimizer } from "../../src/autodiff/objective.ts";
import type { Node } from "../../src/ir/op.ts";
import { elementsPerSample, N, tensor } from "../../src/ir/type.ts";
import { leastBatch, stepGraph } from "../../src/autodiff/training.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { optionalPasses } from "../../src/passes/pipeline.ts";
import { numbersOf } from "./generate-data.ts";
import { Dice } from "./generate-growth.ts";
import { generate, type Case } from "./generate.ts";
import type { Tensors } from "./module.ts";
import { nameOf, numbers, type Batch } from "./trainer.ts";

export interface TrainingCase {
  readonly case: Case;
  readonly network: Graph;
  readonly objective: Objective;
  readonly lr: number;
  readonly batch: Batch;
  /** Weights, and something that the optimizer remembers. */
  readonly weights: Tensors;
}

/** Null where there is nothing to train: no parameters, no output of a batch, numbers that are out of the ordinary, too few samples. */
export function trainingCase(c: Case): TrainingCase | null {
  const dice = new Dice(c.seed + 5e6);
  const scored = c.graph.outputs.filter(({ node: { type } }) => type.dtype === "f32" && type.shape.length >= 2 && type.shape[0] === N && type.shape.lastIndexOf(N) === 0);
  if (c.size !== "net" || !["none", "negative"].includes(c.special) || scored.length === 0 || c.graph.parameters.length === 0 || c.samples < leastBatch(c.graph)) return null;
  const losses = scored.slice(0, 2).map(({ name, node }, k): LossTerm & { readonly node: Node } => {
    const common = { output: name, target: `target ${k}`, weight: k === 0 ? 1 : 0.4, node };
    return Number(node.type.shape[1]) > 1 && dice.chance(0.6) ? { ...common, kind: "cross_entropy", smoothing: dice.pick([0, 0.1]) } : { ...common, kind: "mse" };
  });
  const targets = losses.map(({ kind, target, node: { type } }) => ({ name: target, type: kind === "mse" ? type : tensor([N, ...type.shape.slice(2)], "i32") }));
  const objective: Objective = { losses: losses.map(({ node: _, ...l }) => l), targets, optimizer: optimizerOf(dice), clip: dice.chance(0.3) ? 0.5 : null };
  const used = new Set(numbersFor(c.graph));
  if (used.size < c.graph.parameters.length + c.graph.inputs.length) return null;
  const lr = objective.optimizer.kind === "sgd" ? 0.05 : 0.01;
  const step = stepGraph(c.graph, objective);
  if (step.updates.length === 0) return null;
  return { case: c, network: c.graph, objective, lr, batch: { ...numbersOf(c).inputs, ...targetsOf(c, losses) }, weights: { ...numbersOf(c).parameters, ...remembered(step, c.seed) } };
}

/** Of the seeds `from`, `from + by`, …: the first `count` that can be trained, fewer only where not one in forty can. */
export function* trainingCases(count: number, from = 1, by = 1): Generator<TrainingCase, void> {
  for (let seed = from, found = 0; found < count && seed < 40 * by * count; seed += by) {
    const it = trainingCase(generate(seed, optionalPasses));
    if (it) found++, yield it;
  }
}

/** How many cases there were, and what is wrong with which, a throw included: `judge` says it in words, or null where nothing is. */
export async function judgeAll(cases: Iterable<TrainingCase>, judge: (it: TrainingCase) => Promise<string | null>): Promise<{ readonly judged: number; readonly wrong: readonly string[] }> {
  const wrong: string[] = [];
  let judged = 0;
  for (const it of cases) {
    judged++;
    const said = await judge(it).catch((e: Error) => `${e.name}: ${e.message}`);
    if (said) wrong.push(`seed ${it.case.seed}: ${said}`);
  }
  return { judged, wrong };
}

function numbersFor({ inputs, parameters }: Graph): readonly string[] {
  return [...inputs, ...parameters].map((n) => `${n.op === input ? "input" : n.op === parameter ? "parameter" : ""} ${nameOf(n)}`);
}

function optimizerOf(dice: Dice): Optimizer {
  const decay = dice.pick([0, 1e-2]);
  if (dice.chance(0.6)) return { kind: "sgd", momentum: dice.pick([0, 0.9]), nesterov: dice.chance(0.3), decay };
  return { kind: dice.chance(0.5) ? "adam" : "adamw", beta1: 0.9, beta2: 0.999, eps: 1e-3, decay };
}

function targetsOf({ seed, samples }: Case, losses: readonly (LossTerm & { readonly node: Node })[]): Batch {
  return Object.fromEntries(losses.map(({ kind, target, node }, k) => {
    const [, classes] = node.type.shape;
    const count = (samples * elementsPerSample(node.type.shape)) / (kind === "mse" ? 1 : Number(classes));
    const drawn = numbers(count, seed + k);
    return [target, kind === "mse" ? drawn : Int32Array.from(drawn, (v) => Math.floor(((v + 1) / 2) * Number(classes)))];
  }));
}

/** After three steps, say. */
function remembered(step: Graph, seed: number): Tensors {
  const memory = step.parameters.filter((p) => nameOf(p).startsWith("optimizer."));
  const tensors = memory.map((p, k) => {
    const drawn = numbers(elementsPerSample(p.type.shape), seed + 50 + k);
    return [nameOf(p), { shape: p.type.shape as readonly number[], data: nameOf(p).includes("moment2") ? drawn.map((v) => v * v) : drawn.map((v) => 0.1 * v) }] as const;
  });
  return Object.fromEntries([...tensors, ["optimizer.step", { shape: [], data: Float32Array.of(3) }]]);
}
