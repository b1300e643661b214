// `createTrainer` as its users meet it, on every target: what it says of itself, what it refuses, and that a refusal changes nothing.
import { describe, expect, test } from "vitest";
import { Compilation, compile, renderText, type CompileOptions, type Edit } from "../../src/index.ts";
import { learningRate, type Scheduled } from "../../src/runtime/schedule.ts";
import { trainingTargets } from "../harness/targets.ts";
import { loadTraining, numbers, refusal, tensorsOf, type Batch, type Trainer } from "../harness/trainer.ts";
import { IMAGE, plain, residual } from "./programs.ts";

const labels = (n: number): number[] => Array.from({ length: n }, (_, i) => (7 * i + 3) % 10);
const batchOf = (n: number, seed = 1): Batch => ({ image: numbers(n * IMAGE, seed), label: labels(n) });

/** What a trainer is, to the bit. */
const stateOf = async (t: Trainer): Promise<readonly unknown[]> => [t.steps, t.learningRate, tensorsOf(await t.save())];

test("an export that nothing trains is a mistake where training is asked for, and the declaration to write is told", () => {
  const text = "model m {\n  input x: [4]\n  dense(3)\n  output scores\n}\n";
  const told = (program: string, options: CompileOptions = {}): string => {
    const { modules, diagnostics } = compile(program, { name: "net.rn", train: true, ...options });
    expect(modules).toEqual([]);
    return diagnostics.map((d) => renderText(d)).join("");
  };
  expect(told(text)).toBe("error[RN707]: m has no train declaration\n  = help: say what is minimised, and how: train m { loss = cross_entropy(scores) optimizer = sgd(lr = 0.1, momentum = 0.9) }, a key on each line\n");
  const [{ span: { start }, text: declaration }] = compile(text, { train: true }).diagnostics[0]!.help[0]!.edits as readonly [Edit];
  expect(compile(text.slice(0, start) + declaration, { train: true })).toMatchObject({ modules: [{ name: "m" }], diagnostics: [] }); // what it says to write does it
  const two = `${text}model other {\n  input x: [4]\n  dense(3)\n  output y\n}\ntrain m {\n  loss = mse(scores)\n  optimizer = adam\n}\n`;
  expect(told(two)).toBe("error[RN707]: other has no train declaration\n  = help: choose one that has: --only m\n");
  expect(compile(two, { train: true, only: "m" }).diagnostics).toEqual([]);
  expect(told(`${text}model m { }`)).not.toContain("RN707"); // one mistake at a time
  expect(compile(text).diagnostics).toEqual([]);
  expect(new Compilation(text, { train: true }).diagnostics).toEqual([]); // the program itself is none
});

describe.each(trainingTargets)("--target %s", { timeout: 120_000 }, async (target) => {
  const module = await loadTraining(residual("optimizer = sgd(lr = 0.05, momentum = 0.9, decay = 1e-3)\n  schedule = warmup(2, lr = 0.01) -> step(by = 0.1, at = [4])\n  seed = 5\n  steps = 7"), { target });

  test("`training` is what the program says", () => {
    expect(module.training).toEqual({
      batch: 6,
      seed: 5,
      leastBatch: 1,
      targets: [{ name: "label", classes: 10 }],
      scheduled: { optimizer: { lr: 0.05 }, warmup: { steps: 2, lr: 0.01 }, schedule: { kind: "step", by: 0.1, at: [4] }, steps: 7 },
    });
  });

  test("steps are counted, and the learning rate is the schedule's", async () => {
    const trainer = await module.createTrainer();
    const rates: number[] = [];
    for (let t = 0; t < 6; t++) {
      expect(trainer.steps).toBe(t);
      rates.push(trainer.learningRate);
      const { loss } = await trainer.step(batchOf(6, t));
      expect(loss).toBeGreaterThan(0.5);
      expect(loss).toBeLessThan(8);
    }
    expect(rates).toEqual([0.01, 0.01, 0.05, 0.05, 0.005000000000000001, 0.005000000000000001]);
    const cosine = await loadTraining(residual("optimizer = adam(lr = 0.02)\n  schedule = cosine(to = 1e-3)\n  steps = 4"), { target });
    const other = await cosine.createTrainer();
    for (let t = 0; t < 6; t++) {
      expect(other.learningRate).toBe(learningRate(cosine.training.scheduled as Scheduled, t));
      await other.step(batchOf(6, t));
    }
    expect(other.learningRate).toBe(1e-3);
  });

  test("the learning rate is what a step goes by", async () => {
    const [slow, fast] = await Promise.all([module.createTrainer(), module.createTrainer()]);
    const before = tensorsOf(await slow.save())["fc.bias"]!.data;
    const shift = async (t: Trainer): Promise<number> => (await t.step(batchOf(6)), Math.max(...tensorsOf(await t.save())["fc.bias"]!.data.map((v, i) => Math.abs(v - before[i]!))));
    const first = await shift(slow);
    const text = residual("optimizer = sgd(lr = 0.05, momentum = 0.9, decay = 1e-3)\n  seed = 5");
    const unwarmed = await (await loadTraining(text, { target })).createTrainer();
    expect((await shift(unwarmed)) / first).toBeCloseTo(5, 4);
    fast.dispose();
  });

  test("evaluate counts, learns nothing, and takes one sample", async () => {
    const trainer = await module.createTrainer();
    await trainer.step(batchOf(6));
    const before = await stateOf(trainer);
    for (const n of [1, 4, 6]) {
      const { loss, wrong, count } = await trainer.evaluate(batchOf(n));
      expect(count).toBe(n);
      expect(Number.isInteger(wrong) && wrong >= 0 && wrong <= n).toBe(true);
      expect(loss).toBeGreaterThan(0);
    }
    expect(await stateOf(trainer)).toEqual(before);
  });

  test("evaluate agrees with `create` of the same module", async () => {
    const trainer = await module.createTrainer();
    for (let t = 0; t < 3; t++) await trainer.step(batchOf(6, t));
    const net = await module.create({ weights: await trainer.save(), batch: 6 });
    const batch = batchOf(6, 9);
    const { logits } = await net.run({ image: batch["image"] as Float32Array });
    let [loss, wrong] = [0, 0];
    labels(6).forEach((label, n) => {
      const row = [...logits!.subarray(10 * n, 10 * n + 10)];
      loss += (Math.log(row.reduce((s, v) => s + Math.exp(v), 0)) - row[label]!) / 6;
      if (row.indexOf(Math.max(...row)) !== label) wrong++;
    });
    const found = await trainer.evaluate(batch);
    expect(found.wrong).toBe(wrong);
    expect(Math.abs(found.loss / loss - 1)).toBeLessThan(1e-5);
  });

  test("labels are integers of any array, inputs numbers of any", async () => {
    const [a, b, c] = await Promise.all([module.createTrainer(), module.createTrainer(), module.createTrainer()]);
    const { image } = batchOf(6);
    const { loss } = await a.step({ image: image!, label: labels(6) });
    expect((await b.step({ image: Float64Array.from(image as Float32Array), label: BigInt64Array.from(labels(6), BigInt) })).loss).toBe(loss);
    expect((await c.step({ image: [...(image as Float32Array)], label: Uint8Array.from(labels(6)) })).loss).toBe(loss);
  });

  test("batches that do not fit are refused in words, and nothing changes", async () => {
    const trainer = await module.createTrainer();
    await trainer.step(batchOf(6));
    const before = await stateOf(trainer);
    const { image, label } = batchOf(6) as { image: Float32Array; label: number[] };
    const told = (batch: unknown): Promise<string> => refusal(() => trainer.step(batch as Batch));
    expect(await told({ image: image.subarray(1), label })).toBe('input: input "image" has 431 numbers; a sample has 72');
    expect(await told({ image: image.subarray(0, 0), label })).toBe('input: input "image" has 0 numbers; a sample has 72');
    expect(await told({ image, label: label.slice(1) })).toBe('input: input "label" holds 5 samples, and another input 6');
    expect(await told({ image })).toBe('input: input "label" is missing: a batch is { image, label }, found { image }');
    expect(await told({ label })).toBe('input: input "image" is missing: a batch is { image, label }, found { label }');
    expect(await told({ image, label, mask: label })).toBe('input: there is no input "mask"');
    expect(await told({ image: 3, label })).toBe('input: input "image" is no array of numbers');
    expect(await told(null)).toBe("input: a batch is { image, label }");
    expect(await told(batchOf(7))).toBe('batch: input "image" holds 7 samples; the trainer was created for a batch of 6');
    for (const [wrong, shown] of [[10, "10"], [-1, "-1"], [1.5, "1.5"], [NaN, "NaN"], ["x", "x"], ["3", "3"], [null, "null"], [undefined, "undefined"], [2 ** 40, String(2 ** 40)]] as const) {
      expect(await told({ image, label: label.with(3, wrong as never) })).toBe(`input: "label"[3] is ${shown}; there are the classes 0 to 9`);
      expect(await refusal(() => trainer.evaluate({ image, label: label.with(3, wrong as never) }))).toBe(`input: "label"[3] is ${shown}; there are the classes 0 to 9`);
    }
    expect(await stateOf(trainer)).toEqual(before);
  });

  test("options that do not fit are refused in words", async () => {
    const told = (options: unknown): Promise<string> => refusal(() => module.createTrainer(options as never));
    for (const seed of [-1, 1.5, 2 ** 24, NaN, "1"]) expect(await told({ seed })).toBe(`seed: seed is a whole number from 0 to 16777215, not ${seed}`);
    for (const batch of [0, -1, 1.5, "2", NaN]) expect(await told({ batch })).toBe(`batch: batch is a whole number from 1, not ${batch === "2" ? '"2"' : batch}`);
    expect(await told({ batch: 2 ** 30 })).toMatch(/^batch: batch 1073741824 needs an array of \d+ elements; at most 1073741823 can be/);
    for (const threads of [0, 2, "1"]) expect(await told({ threads })).toMatch(/^threads: this module computes in one thread/);
    expect(await told({ weight: 1 })).toBe('options: there is no option "weight": did you mean "weights"?');
    const known = `weights, batch, seed, threads${target === "wgsl" ? ", device" : ""}`;
    expect(await told({ epochs: 1 })).toBe(`options: there is no option "epochs": there are ${known}`);
    for (const options of [null, 3, "seed", []]) expect(await told(options)).toBe(`options: createTrainer takes one object, { ${known} }`);
    expect(await told({ weights: "file" })).toMatch(/^weights: weights are the bytes of a safetensors file/);
    expect(await told({ weights: new Uint8Array(3) })).toMatch(/^weights: /);
  });

  test("one step at a time, none after dispose", async () => {
    const trainer = await module.createTrainer();
    const first = trainer.step(batchOf(6));
    const busy = "busy: the trainer is still computing: await its last step before the next";
    const works = [() => trainer.step(batchOf(6)), () => trainer.evaluate(batchOf(6)), () => trainer.save(), () => trainer.load(new Uint8Array(8))];
    expect(await Promise.all(works.map(refusal))).toEqual(works.map(() => busy));
    await first;
    expect(trainer.steps).toBe(1);
    expect(await refusal(() => trainer.step({}))).toMatch(/^input/);
    await trainer.step(batchOf(6)); // a refusal leaves it free
    trainer.dispose();
    trainer.dispose();
    for (const work of works) expect(await refusal(work)).toBe("disposed: the trainer was disposed of");
  });

  test("a step of fewer samples than the batch is that of a trainer made for as many", async () => {
    for (const n of [2, 5]) {
      const [large, small] = [await module.createTrainer({ batch: 9 }), await module.createTrainer({ batch: n })];
      await large.step(batchOf(9));
      small.load(await large.save());
      for (let t = 0; t < 3; t++) expect(await large.step(batchOf(n, t))).toEqual(await small.step(batchOf(n, t)));
      expect(await stateOf(large)).toEqual(await stateOf(small));
      expect(await large.evaluate(batchOf(n))).toEqual(await small.evaluate(batchOf(n)));
    }
  });

  test("batch norm of one value per channel wants two samples", async () => {
    const normed = await loadTraining(plain("optimizer = sgd(lr = 0.1)", "dense(8) -> bn -> relu"), { target });
    expect(normed.training.leastBatch).toBe(2);
    const trainer = await normed.createTrainer();
    const before = await stateOf(trainer);
    expect(await refusal(() => trainer.step({ x: numbers(5, 1), label: [1] }))).toBe("batch: a step takes at least 2 samples, since batch norm needs two values of each channel; given are 1");
    expect(await stateOf(trainer)).toEqual(before);
    expect((await trainer.evaluate({ x: numbers(5, 1), label: [1] })).count).toBe(1);
    await trainer.step({ x: numbers(10, 1), label: [1, 2] });
  });

  test("without batch norm one sample is a batch", async () => {
    const alone = await loadTraining(plain(), { target });
    expect(alone.training.leastBatch).toBe(1);
    const trainer = await alone.createTrainer();
    const batch = { x: numbers(5, 3), label: [2] };
    const losses: number[] = [];
    for (let t = 0; t < 30; t++) losses.push((await trainer.step(batch)).loss);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3);
  });
});
