// One step of training of random graphs on every target: every tensor within its kernel's bounds, gradients and updates too; the plan
// in memory that is NaN wherever nothing may be read; the passes.
import { expect, test } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { TargetName } from "../harness/execute.ts";
import { compileStep, executeStep } from "../harness/execute-step.ts";
import { judgeAll, trainingCases, type TrainingCase } from "../harness/generate-training.ts";
import { haveGpu } from "../harness/gpu.ts";
import { simulate, simulated } from "../harness/simulate.ts";
import { checkStep, type StepGiven, type StepTally } from "../harness/step-check.ts";
import { count } from "../harness/tier.ts";
import { fileOf, Reference } from "../harness/trainer.ts";
import { relativeError } from "../passes/texts.ts";

const SHARDS = 4;
const cases = count(24, 2_000) / SHARDS;
/** On a GPU. */
const parts = count(1, SHARDS);
const onGpu = count(4, 200) / parts;

interface Found extends StepTally {
  /** Cases in which the last bits of an operand decide what a maximum or a ReLU lets pass: passes may do so as well. */
  kinks: number;
  /** Cases whose numbers outgrow f32. */
  large: number;
}

/** What is wrong with the case, in words; null where nothing is. */
async function judge(it: TrainingCase, targets: readonly TargetName[], found: Found): Promise<string | null> {
  const { seed, samples, batch, without } = it.case;
  for (const target of targets) {
    const compiled = compileStep(it.network, it.objective, { target, lr: it.lr, without, strictMath: seed % 8 === 7, guard: seed % 3 === 0 ? 5 : 0 });
    const reference = new Reference(compiled.graph, it.weights, 0, 3);
    const given: StepGiven = { inputs: reference.inputsOf(it.batch, it.lr), parameters: reference.parameters, batch: samples };
    if (target === targets[0]) {
      const exact = evaluate(compiled.graph, given);
      if ([...exact.updates.values(), ...exact.outputs.values()].some((t) => t.data.some((v) => !(Math.abs(v) < 1e18)))) return void found.large++, null;
      const wrong = planned(it, compiled.graph, given, exact.updates, found);
      if (wrong) return wrong;
    }
    const wrong = checkStep(compiled.plan, await executeStep(compiled, fileOf(it.weights), it.batch, batch), given, found);
    if (wrong) return `${target}: ${wrong}`;
  }
  return null;
}

/** The passes, and the plan of what they made. */
function planned({ case: { without, batch, samples } }: TrainingCase, graph: Parameters<typeof evaluate>[0], given: StepGiven, exact: ReturnType<typeof evaluate>["updates"], found: Found): string | null {
  const passed = runPipeline(graph, { disabled: new Set(without) });
  const { updates } = evaluate(passed, given);
  const moved = (other: typeof exact): number => Math.max(...[...exact].map(([name, t]) => relativeError(t.data, other.get(name)!.data)));
  if (!(moved(updates) < 1e-9)) {
    const parameters = Object.fromEntries(Object.entries(given.parameters).map(([name, t], k) => [name, { ...t, data: t.data.map((v, i) => v * (1 + 1e-13 * Math.sin(i + k))) }]));
    const inputs = Object.fromEntries(Object.entries(given.inputs).map(([name, t], k) => [name, { ...t, data: t.data.map((v, i) => (Number.isInteger(v) ? v : v * (1 + 1e-13 * Math.cos(i + k)))) }]));
    if (moved(evaluate(graph, { ...given, inputs, parameters }).updates) < 1e-9) return `the passes move an update by ${moved(updates)}`;
    found.kinks++;
  }
  const net = simulate(makePlan(passed, simulated, "test", { guard: 16 }), given.parameters, batch);
  net.run(given.inputs, samples);
  const left = net.parameters();
  const differing = [...updates].find(([name, t]) => !left[name]!.data.every((v, i) => Object.is(v, t.data[i])));
  return differing ? `the plan leaves another ${differing[0]} than the graph` : null;
}

test.each(Array.from({ length: SHARDS }, (_, k) => k))(`${cases} random graphs, one step, part %i`, async (shard) => {
  const found: Found = { kinks: 0, large: 0, tensors: 0, elements: 0, unknown: 0 };
  expect(await judgeAll(trainingCases(cases, shard + 1, SHARDS), (it) => judge(it, ["ts", "wasm"], found))).toEqual({ judged: cases, wrong: [] });
  expect(found.tensors).toBeGreaterThan(40 * cases);
  expect(found.unknown).toBeLessThan(0.02 * found.elements);
  expect(found.kinks).toBeLessThan(0.2 * cases);
  expect(found.large).toBeLessThan(0.3 * cases);
}, count(120_000, 3_600_000));

test.skipIf(!haveGpu).each(Array.from({ length: parts }, (_, k) => k))(`${onGpu} of them on a GPU, part %i`, async (shard) => {
  const found: Found = { kinks: 0, large: 0, tensors: 0, elements: 0, unknown: 0 };
  expect(await judgeAll(trainingCases(onGpu, shard + 1, parts), (it) => judge(it, ["wgsl"], found))).toEqual({ judged: onGpu, wrong: [] });
  expect(found.tensors).toBeGreaterThan(40 * onGpu);
  expect(found.unknown).toBeLessThan(0.05 * found.elements);
}, count(240_000, 3_600_000));

test("a learning rate that is off by a millionth is noticed", async () => {
  let [noticed, tried] = [0, 0];
  for (const it of trainingCases(40)) {
    if (it.objective.optimizer.kind !== "sgd") continue;
    if (tried++ === 5) break;
    const compiled = compileStep(it.network, it.objective, { target: "ts", lr: it.lr * (1 + 1e-6) });
    const reference = new Reference(compiled.graph, it.weights, 0, 3);
    const given = { inputs: reference.inputsOf(it.batch, it.lr), parameters: reference.parameters, batch: it.case.samples };
    const tally = { tensors: 0, elements: 0, unknown: 0 };
    if (checkStep(compiled.plan, await executeStep(compiled, fileOf(it.weights), it.batch, it.case.batch), given, tally)) noticed++;
  }
  expect(noticed).toBeGreaterThanOrEqual(4);
});
