// What a trainer is at first, and what it is after it was saved and loaded.
import { describe, expect, test } from "vitest";
import { trainingTargets } from "../harness/targets.ts";
import { fileOf, loadTraining, numbers, refusal, tensorsOf, type Batch, type Trainer } from "../harness/trainer.ts";
import type { Tensors } from "../harness/module.ts";
import { readSafetensors } from "../../src/index.ts";
import { IMAGE, residual } from "./programs.ts";

const batchOf = (n: number, seed = 1): Batch => ({ image: numbers(n * IMAGE, seed), label: Array.from({ length: n }, (_, i) => (3 * i + seed) % 10) });
const stateOf = async (t: Trainer): Promise<readonly unknown[]> => [t.steps, t.learningRate, tensorsOf(await t.save())];
const without = (tensors: Tensors, ...names: string[]): Tensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.some((n) => name === n || name.startsWith(`${n}.`))));

const memories = [
  ["sgd(lr = 0.05, momentum = 0.9, decay = 1e-3)", ["velocity"]],
  ["sgd(lr = 0.05)", []],
  ["adamw(lr = 0.01)", ["moment1", "moment2"]],
] as const;

describe.each(trainingTargets)("--target %s", { timeout: 120_000 }, async (target) => {
  const module = await loadTraining(residual("optimizer = adam(lr = 0.01)\n  schedule = step(by = 0.5, at = [2, 4])"), { target });

  test.each(memories)("saved, loaded and gone on with is never having stopped, bit for bit: %s", async (optimizer, memory) => {
    const m = await loadTraining(residual(`optimizer = ${optimizer}\n  schedule = step(by = 0.5, at = [2, 4])\n  clip = 2`), { target });
    const [straight, first] = [await m.createTrainer({ seed: 3 }), await m.createTrainer({ seed: 3 })];
    for (let t = 0; t < 6; t++) await straight.step(batchOf(6, t));
    for (let t = 0; t < 3; t++) await first.step(batchOf(6, t));
    const file = await first.save({ epoch: "1" });
    const [created, loaded] = [await m.createTrainer({ weights: file, seed: 3 }), await m.createTrainer({ seed: 9 })];
    loaded.load(file.slice().buffer);
    for (const t of [created, loaded]) {
      expect(await stateOf(t)).toEqual(await stateOf(first));
      for (let k = 3; k < 6; k++) await t.step(batchOf(6, k));
      expect(await stateOf(t)).toEqual(await stateOf(straight));
      expect(await t.save()).toEqual(await straight.save());
    }
    expect([...new Set(Object.keys(tensorsOf(file)).filter((n) => n.startsWith("optimizer.")).map((n) => n.split(".")[1]))].sort()).toEqual([...memory, "step"].sort());
    expect([...readSafetensors(file).metadata]).toEqual([["epoch", "1"]]);
  });

  test("a checkpoint that does not fit is refused, and leaves everything as it was", async () => {
    const trainer = await module.createTrainer();
    for (let t = 0; t < 3; t++) await trainer.step(batchOf(6, t));
    const tensors = tensorsOf(await trainer.save());
    const other = await module.createTrainer({ seed: 77 });
    await other.step(batchOf(6));
    const before = await stateOf(other);
    const bias = tensors["fc.bias"]!;
    const moment = "optimizer.moment1.fc.bias";
    const told = (t: Tensors): Promise<string> => refusal(() => other.load(fileOf(t)));
    expect(await told(without(tensors, "fc.bias"))).toBe('weights: the weights lack "fc.bias" [10]');
    expect(await told({ ...tensors, extra: bias })).toBe('weights: the weights have "extra" [10], which the model has not');
    expect(await told({ ...tensors, "fc.bias": { shape: [2, 5], data: bias.data } })).toBe('weights: the weights have "fc.bias" [2, 5] where the model has [10]');
    expect(await told(without(tensors, moment))).toBe(`weights: the weights lack "${moment}" [10]`);
    expect(await told({ ...tensors, [moment]: { shape: [2, 5], data: bias.data } })).toBe(`weights: the weights have "${moment}" [2, 5] where the model has [10]`);
    const short = (await trainer.save()).subarray(0, 1000);
    expect(await refusal(() => other.load(short))).toMatch(/^weights: /);
    expect(await refusal(() => other.load(new Uint8Array(0)))).toMatch(/^weights: /);
    expect(await refusal(() => other.load("checkpoint" as never))).toMatch(/^weights: /);
    for (const step of [-1, 0.5, NaN, 2 ** 25]) expect(await told({ ...tensors, "optimizer.step": { shape: [], data: Float32Array.of(step) } })).toMatch(/^weights: .*optimizer\.step/);
    expect(await stateOf(other)).toEqual(before);
  });

  test("weights alone begin at step 0, with an optimizer that remembers nothing", async () => {
    const trainer = await module.createTrainer();
    for (let t = 0; t < 3; t++) await trainer.step(batchOf(6, t));
    const weights = without(tensorsOf(await trainer.save()), "optimizer");
    const [fresh, loaded] = [await module.createTrainer({ weights: fileOf(weights) }), trainer];
    loaded.load(fileOf(weights));
    expect(fresh.steps).toBe(0);
    expect(await stateOf(loaded)).toEqual(await stateOf(fresh));
    expect(Object.entries(tensorsOf(await fresh.save())).filter(([n, t]) => n.startsWith("optimizer.") && t.data.some((v) => v !== 0))).toEqual([]);
    const counted = { ...weights, "conv1.num_batches_tracked": { shape: [], data: Float32Array.of(7) } };
    loaded.load(fileOf(counted));
    expect(await stateOf(loaded)).toEqual(await stateOf(fresh));
  });

  test("the memory of another optimizer is no memory of this one", async () => {
    const sgd = await (await loadTraining(residual(), { target })).createTrainer();
    for (let t = 0; t < 2; t++) await sgd.step(batchOf(6, t));
    const trainer = await module.createTrainer({ weights: await sgd.save() });
    expect(trainer.steps).toBe(0);
    expect(tensorsOf(await trainer.save())["fc.bias"]).toEqual(tensorsOf(await sgd.save())["fc.bias"]);
  });

  test("a checkpoint is weights for `create`", async () => {
    const trainer = await module.createTrainer();
    await trainer.step(batchOf(6));
    const image = batchOf(2)["image"] as Float32Array;
    const [all, some] = [await trainer.save(), fileOf(without(tensorsOf(await trainer.save()), "optimizer"))];
    const [a, b] = [await module.create({ weights: all, batch: 2 }), await module.create({ weights: some, batch: 2 })];
    expect([...(await a.run({ image }))["logits"]!]).toEqual([...(await b.run({ image }))["logits"]!]);
  });

  test("initial weights are a function of the seed", async () => {
    const of = async (seed?: number): Promise<Tensors> => tensorsOf(await (await module.createTrainer(seed === undefined ? {} : { seed })).save());
    expect(await of(3)).toEqual(await of(3));
    expect(await of()).toEqual(await of(0));
    const [a, b] = [await of(3), await of(4)];
    for (const [name, { data }] of Object.entries(a)) if (/^(conv1|conv2|fc)\.weight$/.test(name)) expect(data, name).not.toEqual(b[name]!.data);
    expect(new Set(a["conv1.weight"]!.data).size).toBeGreaterThan(140); // of 144
  });
});

test("both targets begin with the same weights", async () => {
  const [ts, wasm] = await Promise.all((["ts", "wasm"] as const).map(async (target) => tensorsOf(await (await (await loadTraining(residual(), { target })).createTrainer({ seed: 8 })).save())));
  expect(Object.keys(ts!).sort()).toEqual(Object.keys(wasm!).sort());
  expect(wasm).toEqual(ts);
});

test("initialisers are scaled as the papers say", async () => {
  const text = `model m {
  input x: [30]
  a: dense(400, init = he) -> relu -> b: dense(200, init = xavier) -> reshape([8, 5, 5]) -> c: conv(64, 3, init = he) -> d: bn -> e: bn(init = zero) -> gap -> f: dense(3, init = zero)
  output y
}
train m {
  loss = mse(y)
  optimizer = sgd(lr = 0.1)
}
`;
  const tensors = tensorsOf(await (await (await loadTraining(text)).createTrainer({ seed: 1 })).save());
  const moments = (name: string): { mean: number; deviation: number; most: number; fourth: number } => {
    const { data } = tensors[name]!;
    const mean = data.reduce((s, v) => s + v, 0) / data.length;
    const variance = data.reduce((s, v) => s + (v - mean) ** 2, 0) / data.length;
    return { mean, deviation: Math.sqrt(variance), most: data.reduce((m, v) => Math.max(m, Math.abs(v)), 0), fourth: data.reduce((s, v) => s + (v - mean) ** 4, 0) / data.length / variance ** 2 };
  };
  // 12,000 and 4,608 numbers: the deviation of the sample is within 3 % with a certainty of 1 − 10⁻⁵ and more
  for (const [name, fan] of [["a.weight", 30], ["c.weight", 72]] as const) {
    const { mean, deviation, fourth } = moments(name);
    expect(Math.abs(deviation / Math.sqrt(2 / fan) - 1), name).toBeLessThan(0.05);
    expect(Math.abs(mean) / deviation, name).toBeLessThan(0.06);
    expect(Math.abs(fourth - 2.9), name).toBeLessThan(0.35); // normal: 3; the sum of twelve uniform numbers: 2.9
  }
  const bound = Math.sqrt(6 / 600);
  const { mean, deviation, most } = moments("b.weight");
  expect(most).toBeLessThanOrEqual(bound);
  expect(most).toBeGreaterThan(0.999 * bound);
  expect(Math.abs(deviation / (bound / Math.sqrt(3)) - 1)).toBeLessThan(0.02);
  expect(Math.abs(mean) / deviation).toBeLessThan(0.02);
  const all = (name: string, value: number): void => expect(tensors[name]!.data.every((v) => v === value), name).toBe(true);
  for (const name of ["a.bias", "b.bias", "c.bias", "d.bias", "d.running_mean", "e.weight", "e.bias", "f.weight", "f.bias"]) all(name, 0);
  for (const name of ["d.weight", "d.running_var", "e.running_var"]) all(name, 1);
});
