// Numbers that are infinite or none: told in the step where they appear, by the name of where they come from; and nothing is changed.
import { describe, expect, test } from "vitest";
import { trainingTargets } from "../harness/targets.ts";
import { fileOf, loadTraining, numbers, refusal, tensorsOf, type Batch, type Trainer } from "../harness/trainer.ts";
import { IMAGE, plain, residual } from "./programs.ts";

const batchOf = (n: number, seed = 1): { readonly image: Float32Array; readonly label: readonly number[] } => ({ image: numbers(n * IMAGE, seed), label: Array.from({ length: n }, (_, i) => (3 * i + seed) % 10) });
const stateOf = async (t: Trainer): Promise<readonly unknown[]> => [t.steps, t.learningRate, await t.save()];

describe.each(trainingTargets)("--target %s", { timeout: 120_000 }, async (target) => {
  const module = await loadTraining(residual(), { target });
  const told = async (trainer: Trainer, batch: Batch): Promise<string> => refusal(() => trainer.step(batch));

  test("in an input", async () => {
    const [trainer, other] = [await module.createTrainer(), await module.createTrainer()];
    for (const t of [trainer, other]) for (let k = 0; k < 3; k++) await t.step(batchOf(6, k));
    const before = await stateOf(trainer);
    const { image, label } = batchOf(6);
    for (const [value, at] of [[NaN, 100], [Infinity, 0], [-Infinity, 6 * IMAGE - 1]] as const) {
      expect(await told(trainer, { image: image.with(at, value), label })).toMatch(/^diverged: the loss of step 3 is NaN: input "image" holds numbers that are infinite or none; nothing was changed$/);
      expect(await stateOf(trainer)).toEqual(before);
    }
    expect(await trainer.step(batchOf(6, 4))).toEqual(await other.step(batchOf(6, 4))); // and it goes on
    expect(await stateOf(trainer)).toEqual(await stateOf(other));
  });

  test("not in samples that are not there", async () => {
    const trainer = await module.createTrainer();
    const { image, label } = batchOf(6);
    expect(await told(trainer, { image: image.with(5 * IMAGE, NaN), label })).toMatch(/^diverged/);
    expect(await told(trainer, { image: image.subarray(0, 4 * IMAGE), label: label.slice(0, 4) })).toBe("none");
  });

  test("in the weights, whatever brought it there", async () => {
    const trainer = await module.createTrainer();
    await trainer.step(batchOf(6));
    const tensors = tensorsOf(await trainer.save());
    for (const name of ["conv2.weight", "fc.bias", "bn1.weight"]) {
      const spoilt = { ...tensors, [name]: { ...tensors[name]!, data: tensors[name]!.data.with(1, NaN) } };
      const from = await module.createTrainer({ weights: fileOf(spoilt) });
      expect(await told(from, batchOf(6))).toBe(`diverged: the loss of step 1 is NaN: "${name}" is infinite or no number; nothing was changed`);
      expect(from.steps).toBe(1);
      expect(await refusal(() => from.save())).toBe(`diverged: "${name}" is infinite or no number: this is nothing to keep`);
      from.load(fileOf(tensors));
      expect(await from.save()).toEqual(await trainer.save());
      expect(await told(from, batchOf(6))).toBe("none");
    }
  });

  test.each([
    ["sigmoid", (s: number) => s, (s: number, rest: number) => s * rest],
    ["silu", (s: number, x: number) => x * s, (s: number, rest: number, x: number) => s + x * s * rest],
  ] as const)("not in the gradient of %s, wherever its input lies; and it is right", async (name, value, slope) => {
    const { createTrainer } = await loadTraining(`model m {\n  input x: [1]\n  fc: dense(1)\n  ${name}\n  output y: [1]\n}\ntrain m {\n  loss = mse(y)\n  optimizer = sgd(lr = 1)\n}\n`, { target });
    const one = (v: number): { readonly shape: readonly number[]; readonly data: Float32Array } => ({ shape: [1], data: Float32Array.of(v) });
    for (const x of [-95, -17, -12, -1, 0, 1, 12, 17, 95]) {
      const trainer = await createTrainer({ batch: 1, weights: fileOf({ "fc.weight": { shape: [1, 1], data: Float32Array.of(1) }, "fc.bias": one(0) }) });
      await trainer.step({ x: Float32Array.of(x), target: Float32Array.of(0) });
      const [s, rest] = [1 / (1 + Math.exp(-x)), 1 / (1 + Math.exp(x))];
      const expected = -2 * value(s, x) * slope(s, rest, x);
      const found = tensorsOf(await trainer.save())["fc.bias"]!.data[0]!;
      expect(Math.abs(found - expected), `at ${x}: ${found}, not ${expected}`).toBeLessThan(1e-5 * Math.abs(expected) + 1e-30);
      trainer.dispose();
    }
  });

  test("by a learning rate that is far too large: the last numbers that were finite are kept", async () => {
    const fast = await loadTraining(residual("optimizer = sgd(lr = 1e18, momentum = 0.9)"), { target });
    const trainer = await fast.createTrainer();
    let [steps, message] = [0, "none"];
    let before: readonly unknown[] = [];
    for (; message === "none" && steps < 20; steps++) {
      before = await stateOf(trainer);
      message = await told(trainer, batchOf(6, steps));
    }
    expect(message).toMatch(new RegExp(`^diverged: .*step ${steps - 1} .*lower the learning rate, or clip the gradient; nothing was changed$`));
    expect(steps).toBeGreaterThan(1);
    expect(steps).toBeLessThan(10);
    expect(await stateOf(trainer)).toEqual(before);
  });

  test("on the way: the first layer whose statistics are not finite is named", async () => {
    const trainer = await module.createTrainer();
    const tensors = tensorsOf(await trainer.save());
    const large = { ...tensors, "conv2.weight": { ...tensors["conv2.weight"]!, data: tensors["conv2.weight"]!.data.map((v) => v * 1e30) } };
    trainer.load(fileOf(large));
    const before = await stateOf(trainer);
    expect(await told(trainer, batchOf(6))).toMatch(/^diverged: .*step 0.* "[\w.]*running_var".*; nothing was changed$/);
    expect(await stateOf(trainer)).toEqual(before);
  });

  test.each(["sgd(lr = 1)", "sgd(lr = 1, momentum = 0.9)", "adam(lr = 1)"])("in a gradient, where the loss is finite: %s", async (optimizer) => {
    // The output is 0 whatever the hidden layer is, but its gradient is not: 1e30 · 1e30.
    const m = await loadTraining(plain(`optimizer = ${optimizer}`, "a: dense(4) -> b: dense(3) -> c: dense(3)").replace("dense(3)\n  output", "d: dense(3)\n  output"), { target });
    const trainer = await m.createTrainer();
    const tensors = { ...tensorsOf(await trainer.save()) };
    const fill = (name: string, value: number): void => void (tensors[name] = { ...tensors[name]!, data: tensors[name]!.data.map(() => value) });
    for (const name of ["a.weight", "a.bias", "b.bias", "c.bias"]) fill(name, 0);
    fill("b.weight", 1e25);
    fill("c.weight", 1e20);
    for (const name of Object.keys(tensors).filter((n) => n.startsWith("optimizer."))) delete tensors[name];
    trainer.load(fileOf(tensors));
    const before = await stateOf(trainer);
    expect(await told(trainer, { x: numbers(20, 2), label: [0, 1, 2, 0] })).toMatch(/^diverged: step 0 would make "a\.(weight|bias)" infinite or no number: lower the learning rate, or clip the gradient; nothing was changed$/);
    expect(await stateOf(trainer)).toEqual(before);
  });
});
