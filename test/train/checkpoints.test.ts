// Checkpoints: a step in less memory is the same step to the bit, whatever the network; it is as small as it was asked to be, or says
// what it needs; and it repeats no more than the forward pass.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { compile, Compilation, renderText, type CompileOptions } from "../../src/index.ts";
import type { Graph } from "../../src/ir/graph.ts";
import type { Core } from "../../src/ir/op.ts";
import { optionalPasses, runPipeline } from "../../src/passes/pipeline.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { liveBound } from "../harness/dead.ts";
import { compileStep, executeStep, type CompiledStep, type StepRun } from "../harness/execute-step.ts";
import { generate } from "../harness/generate.ts";
import { judgeAll, trainingCase, trainingCases, type TrainingCase } from "../harness/generate-training.ts";
import { simulate, simulated } from "../harness/simulate.ts";
import { count } from "../harness/tier.ts";
import { fileOf, loadTraining, numbers, Reference, type Trainer } from "../harness/trainer.ts";
import { example } from "../lower/program.ts";
import { IMAGE, residual } from "./programs.ts";

const MOST = Number.MAX_SAFE_INTEGER;
const sizeOf = ({ regions: { activations: a } }: Plan, batch: number): number => a.fixed + a.perSample * batch;

/** Deep enough to be cut, with dropout and running averages. */
function deep(blocks: number): string {
  return residual().replace("skip {", `for i in 0..${blocks} {\n    skip { conv(8, 3) -> bn -> relu -> dropout(0.3) -> conv(8, 3) -> bn }\n    relu\n  }\n  skip {`);
}

describe("random networks", () => {
  interface Found {
    /** Cases in which something was computed twice. */
    repeated: number;
    smaller: number;
    /** Cases whose numbers outgrow f32. */
    large: number;
  }

  /** What differs between the step as it is and the same in less memory; null where nothing does. */
  async function judge({ case: { seed, samples, batch, without }, network, objective, lr, batch: given, weights }: TrainingCase, found: Found): Promise<string | null> {
    const options = { lr, without, guard: seed % 2 === 0 ? 5 : 0 } as const;
    const at = { target: seed % 3 === 0 ? "ts" : "wasm", ...options } as const;
    /** What the trainer says where numbers outgrow f32. */
    const stepped = (compiled: CompiledStep): Promise<StepRun | string> => executeStep(compiled, fileOf(weights), given, batch).catch((e: Error & { code?: string }) => (e.code === "diverged" ? e.message : Promise.reject(e)));
    const plain = compileStep(network, objective, at);
    const size = sizeOf(plain.plan, batch);
    const allowance = { elements: seed % 2 === 0 ? 0 : 0.7 * size, batch };
    const less = compileStep(network, objective, { ...at, allowance });
    if (sizeOf(less.plan, batch) > size) return `takes ${sizeOf(less.plan, batch)} instead of ${size}`;
    if (less.plan.programs.run.length > plain.plan.programs.run.length) found.repeated++;
    if (sizeOf(less.plan, batch) < size) found.smaller++;
    const [a, b] = [await stepped(plain), await stepped(less)];
    if (typeof a === "string" || typeof b === "string") return a === b ? (found.large++, null) : `${String(a)}, in less memory ${String(b)}`;
    if (!Object.is(a.loss, b.loss) || Buffer.compare(a.saved, b.saved) !== 0) return "another step";
    const reference = new Reference(plain.graph, weights, 0, 3);
    const inputs = reference.inputsOf(given, lr);
    const [left, right] = [{}, { allowance }].map((more) => {
      const net = simulate(makePlan(runPipeline(plain.graph, { disabled: new Set(without) }), simulated, "test", { guard: 16, ...more }), reference.parameters, batch);
      return [...net.run(inputs, samples).values(), ...Object.values(net.parameters())];
    });
    return left!.every((t, k) => t.data.every((v, i) => Object.is(v, right![k]!.data[i]))) ? null : "another step in the interpreter";
  }

  test.each([86, 280, 392])("seed %i: parameters keep their order, which decides how they are drawn", (seed) => {
    const { network, objective, lr, case: { batch, without } } = trainingCase(generate(seed, optionalPasses))!;
    const [plain, less] = [{}, { allowance: { elements: 0, batch } }].map((more) => compileStep(network, objective, { target: "wasm", lr, without, ...more }).plan);
    expect(less!.programs.run.length).not.toBe(plain!.programs.run.length);
    expect(less!.parameters.map((p) => p.buffer)).toEqual(plain!.parameters.map((p) => expect.objectContaining({ name: p.buffer.name, offset: p.buffer.offset })));
  });

  const cases = count(40, 1000);
  test(`${cases} of them: the same to the bit`, async () => {
    const found: Found = { repeated: 0, smaller: 0, large: 0 };
    expect(await judgeAll(trainingCases(cases), (it) => judge(it, found))).toEqual({ judged: cases, wrong: [] });
    expect(found.repeated).toBeGreaterThan(0.3 * cases);
    expect(found.smaller).toBeGreaterThan(0.3 * cases);
    expect(found.large).toBeLessThan(0.1 * cases);
  }, count(120_000, 3_600_000));
});

describe.each([["ts", 1], ["wasm", 1], ["wasm", 2]] as const)("a trainer: --target %s, threads: %i", (target, threads) => {
  test("losses, weights, statistics and what the optimizer remembers are those of one with all the memory, to the bit", async () => {
    const text = deep(5);
    const options: CompileOptions = { target, ...(threads > 1 ? { threads: true } : {}) };
    const run = async (more: CompileOptions): Promise<readonly unknown[]> => {
      const trainer: Trainer = await (await loadTraining(text, { ...options, ...more })).createTrainer({ threads, seed: 3 });
      const losses: number[] = [];
      for (let t = 0; t < 4; t++) losses.push((await trainer.step({ image: numbers(6 * IMAGE, t), label: [1, 2, 3, 4, 5, t] })).loss);
      const state = [losses, createHash("sha256").update(await trainer.save()).digest("hex"), await trainer.evaluate({ image: numbers(6 * IMAGE, 9), label: [1, 2, 3, 4, 5, 6] })];
      trainer.dispose();
      return state;
    };
    const stepOf = (more: CompileOptions) => new Compilation(text, { ...options, train: true, ...more }).exports[0]!.step!;
    const whole = stepOf({});
    const bounds = ["least", 0.7 * whole.bytes] as const;
    const expected = await run({});
    for (const memory of bounds) {
      const step = stepOf({ memory });
      expect(step.bytes).toBeLessThan(0.71 * whole.bytes);
      expect(step.plan.programs.run.length).toBeGreaterThan(whole.plan.programs.run.length);
      expect(await run({ memory })).toEqual(expected);
    }
  });
});

const cifar = example("cifar").replace("train resnet110", "train");

function optimised(only: string, n?: number): Graph {
  const { training } = new Compilation(cifar, { only, ...(n === undefined ? {} : { defines: { n: String(n) } }) }).exports[0]!;
  return runPipeline(training!.step, { disabled: new Set() });
}

/** Scalar operations of steps, for one sample. */
function workOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { node }) => sum + (node.op as Core).flops(node.inputs.map((i) => i.type), node.attrs as never, node.type).perSample, 0);
}

describe("ResNet-56, batch 32", () => {
  const batch = 32;
  const graph = optimised("resnet56");
  const within = (elements: number): Plan => makePlan(graph, simulated, "resnet56", { allowance: { elements, batch } });
  const plain = makePlan(graph, simulated, "resnet56");
  const whole = sizeOf(plain, batch);
  // In f32: 140 MB as it is, 33 MB at least.
  const least = within(0);

  test("at least three quarters less are possible, with at most a forward pass more", () => {
    expect(sizeOf(least, batch)).toBeLessThan(whole / 4);
    const { run } = plain.programs;
    const forward = run.slice(0, 1 + run.findLastIndex((s) => s.output === plain.outputs[0]!.buffer));
    expect(workOf(least.programs.run) - workOf(run)).toBeLessThan(workOf(forward));
    const of = (plan: Plan, op: string): number => plan.programs.run.filter((s) => s.kind === "compute" && s.node.op.name === op).length;
    expect(of(least, "conv2d")).toBeLessThan(2 * of(plain, "conv2d"));
    for (const op of ["conv2d_weight", "conv2d_transpose"]) expect(of(least, op), op).toBe(of(plain, op));
  });

  test("what fits is left as it is; what is allowed is used: the less, the more is repeated", () => {
    expect(within(whole).programs.run.length).toBe(plain.programs.run.length);
    let before = workOf(plain.programs.run);
    for (const share of [0.9, 0.7, 0.5, 0.35]) {
      const plan = within(share * whole);
      expect(sizeOf(plan, batch), String(share)).toBeLessThanOrEqual(share * whole);
      expect(workOf(plan.programs.run), String(share)).toBeGreaterThan(before);
      expect(workOf(plan.programs.run)).toBeLessThanOrEqual(workOf(least.programs.run));
      before = workOf(plan.programs.run);
    }
    expect(sizeOf(within(sizeOf(least, batch)), batch)).toBe(sizeOf(least, batch));
    expect(sizeOf(within(sizeOf(least, batch) - 1), batch)).toBe(sizeOf(least, batch));
  });

  test("placement takes no more than is alive", () => {
    const bound = liveBound(least);
    expect(sizeOf(least, batch)).toBeLessThan(1.1 * (bound.fixed + bound.perSample * batch));
  });
});

test("memory grows with the square root of the depth", () => {
  const [a, b] = [8, 32].map((n) => sizeOf(makePlan(optimised("resnet110", n), simulated, "deep", { allowance: { elements: 0, batch: 32 } }), 32));
  expect(b! / a!).toBeLessThan(2.5); // four times as deep
});

describe("what is said", () => {
  const refused = (options: CompileOptions): string => {
    const { modules, diagnostics } = compile(deep(5), { name: "deep.rn", train: true, ...options });
    expect(modules).toEqual([]);
    return diagnostics.map((d) => renderText(d)).join("");
  };

  test("a bound that cannot be kept: the least that can be", () => {
    const text = refused({ memory: 1000 });
    const [, size, unit] = /^error\[RN708\]: a step of tiny with a batch of 6 takes at least ([\d.]+) (kB|MB) for what it computes; 1000 B are allowed\n/.exec(text)!;
    const told = Number(size) * (unit === "kB" ? 1e3 : 1e6);
    expect(compile(deep(5), { train: true, memory: told }).modules).toHaveLength(1);
    expect(refused({ memory: 0.99 * told })).toContain("RN708");
    expect(refused({ memory: told, batch: 7 })).toContain("with a batch of 7");
  });

  test("a bound that is no bound, or of nothing", () => {
    expect(() => compile(deep(1), { memory: 1e6 })).toThrow(new RangeError("memory is what a step of training may take; without training there is none"));
    for (const memory of [0, -1, NaN, "most" as never]) expect(() => compile(deep(1), { train: true, memory })).toThrow(/^memory is a number of bytes or "least", not /);
  });

  test("no bound leaves the module as it is", () => {
    const files = (memory?: number): unknown => compile(deep(5), { train: true, ...(memory === undefined ? {} : { memory }) }).modules[0]!.files;
    expect(files(MOST)).toEqual(files());
  });
});
