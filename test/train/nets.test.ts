// What can be trained and how: every optimizer, losses of several outputs, clipping, dropout, plain networks; each step on every target
// beside the f64 interpreter.
import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../src/index.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { elementsPerSample, N } from "../../src/ir/type.ts";
import { trainingTargets } from "../harness/targets.ts";
import { errorOf, loadTraining, nameOf, numbers, Reference, stepOf, tensorsOf, type Batch, type TrainerModule } from "../harness/trainer.ts";
import { plain } from "./programs.ts";

const STEPS = 3;
const two = (train: string, body = "dense(8, bias = false) -> bn -> silu"): string => `model two {
  input x: [5]
  ${body}
  skip { dense(8) -> silu -> dense(8) }
  output a = dense(3)
  output b = dense(2)
}
train two {
  ${train}
}
`;
const crossEntropy = "loss = cross_entropy(y)";
const cases: readonly { readonly what: string; readonly text: string; readonly options?: CompileOptions }[] = ([
  ["sgd", plain()],
  ["momentum, decay", plain("optimizer = sgd(lr = 0.1, momentum = 0.9, decay = 0.1)")],
  ["nesterov", plain("optimizer = sgd(lr = 0.1, momentum = 0.9, nesterov = true, decay = 0.1)")],
  ["adam", plain("optimizer = adam(lr = 0.01, decay = 0.1)")],
  ["adamw", plain("optimizer = adamw(lr = 0.01, decay = 0.1)")],
  ["clip", plain("optimizer = sgd(lr = 0.5)\n  clip = 0.05")],
  ["label smoothing", plain().replace(crossEntropy, "loss = cross_entropy(y, smoothing = 0.2)")],
  ["mse", plain().replace(crossEntropy, "loss = mse(y)")],
  ["two losses of two outputs", two("loss = cross_entropy(a, smoothing = 0.1) + 0.4 * mse(b)\n  optimizer = sgd(lr = 0.1, momentum = 0.5)")],
  ["two losses of one output", two("loss = cross_entropy(a) + mse(a) + 0.1 * mse(b)\n  optimizer = adamw(lr = 0.01)\n  clip = 1")],
  ["an output that no loss asks for", two("loss = mse(b)\n  optimizer = sgd(lr = 0.1)")],
  ["without its skips", two("loss = mse(b)\n  optimizer = sgd(lr = 0.1)"), { plain: true }],
  ["dropout", two("loss = mse(b)\n  optimizer = sgd(lr = 0.1)\n  seed = 6", "dense(8) -> dropout(0.5) -> silu -> dropout(0.2) -> dense(8)")],
] as const).map(([what, text, options]) => ({ what, text, ...(options ? { options } : {}) }));

/** n samples of all that the losses of a step are about. */
function batchOf(step: Graph, targets: TrainerModule["training"]["targets"], n: number, seed: number): Batch {
  return Object.fromEntries(step.inputs.filter((i) => i.type.shape.includes(N)).map((i, k): [string, ArrayLike<number>] => {
    const size = n * elementsPerSample(i.type.shape);
    const classes = targets.find((t) => t.name === nameOf(i))?.classes ?? 0;
    return [nameOf(i), classes > 0 ? Array.from({ length: size }, (_, j) => (j + seed) % classes) : numbers(size, seed + 100 * k)];
  }));
}

describe.each(trainingTargets)("--target %s", { timeout: 120_000 }, (target) => {
  test.each(cases)("$what", async ({ text, options = {} }) => {
    const module = await loadTraining(text, { ...options, target });
    const trainer = await module.createTrainer({ batch: 4 });
    const step = stepOf(text, options);
    const reference = new Reference(step, tensorsOf(await trainer.save()), module.training.seed);
    const start = reference.parameters;
    for (let t = 0; t < STEPS; t++) {
      const batch = batchOf(step, module.training.targets, 4, t);
      const rate = trainer.learningRate;
      const { loss } = await trainer.step(batch);
      expect(Math.abs(loss / reference.step(batch, rate) - 1), `loss ${t}`).toBeLessThan(1e-5);
    }
    const found = tensorsOf(await trainer.save());
    for (const [name, { data }] of Object.entries(reference.parameters)) {
      const moved = data.map((v, i) => v - start[name]!.data[i]!);
      const movedBy = found[name]!.data.length === data.length ? Float64Array.from(found[name]!.data, (v, i) => v - start[name]!.data[i]!) : [];
      const rounding = 1.2e-7 * data.reduce((m, v) => Math.max(m, Math.abs(v)), 0); // weights are stored in f32: what they moved by is known no better
      const most = moved.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      if (most > 0) expect(errorOf(movedBy, moved), name).toBeLessThan(1e-4 + (STEPS * rounding) / most);
      else expect([...movedBy].every((v) => v === 0), name).toBe(true);
    }
    expect(trainer.steps).toBe(STEPS);
  });

  test("dropout is a function of seed and step, and evaluation has none", async () => {
    const text = two("loss = cross_entropy(a)\n  optimizer = sgd(lr = 0.1)", "dense(8) -> dropout(0.5)");
    const module = await loadTraining(text, { target });
    const weights = await (await module.createTrainer()).save();
    const step = stepOf(text);
    const batch = batchOf(step, module.training.targets, 4, 1);
    const losses = async (seed: number): Promise<number[]> => {
      const trainer = await module.createTrainer({ weights, seed, batch: 4 });
      const { loss } = await trainer.evaluate(batch);
      const found = [loss];
      for (let t = 0; t < 4; t++) {
        found.push((await trainer.step(batch)).loss);
        trainer.load(weights); // the step number begins anew
      }
      return found;
    };
    const [a, again, b] = [await losses(3), await losses(3), await losses(4)];
    expect(again).toEqual(a);
    expect(b[0]).toBe(a[0]);
    expect(b[1]).not.toBe(a[1]);
    expect(a[2]).toBe(a[1]);
    const going = await module.createTrainer({ weights, seed: 3, batch: 4 });
    const one = await module.createTrainer({ weights, seed: 3, batch: 4 });
    await going.step(batch);
    one.load(await going.save());
    expect((await one.step(batch)).loss).toBe((await going.step(batch)).loss);
  });

  test("decay alone drives a residual block to the identity", async () => {
    const text = "model m {\n  input x: [4, 5, 5]\n  skip { a: conv(4, 3) -> relu -> b: conv(4, 3) }\n  output y\n}\ntrain m {\n  loss = 0 * mse(y)\n  optimizer = sgd(lr = 0.5, decay = 0.5)\n}\n";
    const module = await loadTraining(text, { target });
    const trainer = await module.createTrainer({ batch: 2 });
    const x = numbers(200, 4);
    const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
    const distance = async (): Promise<number> => {
      const { y } = await (await module.create({ weights: await trainer.save(), batch: 2 })).run({ x });
      return norm(y!.map((v, i) => v - x[i]!)) / norm(x);
    };
    const first = await distance();
    expect(first).toBeGreaterThan(0.3);
    let before = tensorsOf(await trainer.save());
    for (let t = 0; t < 40; t++) {
      expect((await trainer.step({ x, target: x })).loss).toBe(0);
      const after = tensorsOf(await trainer.save());
      for (const name of ["a.weight", "b.weight"]) expect(norm(after[name]!.data) / norm(before[name]!.data), name).toBeCloseTo(0.75, 5); // 1 − lr · decay
      before = after;
      if (t === 9) expect((await distance()) / first).toBeCloseTo(0.75 ** 20, 4); // two convolutions
    }
    expect(await distance()).toBeLessThan(1e-8);
  });
});
