// Trainers of several threads: the bits of one, and a clear error where a thread dies in a step.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import { writeSafetensors } from "../../src/index.ts";
import { loadFiles } from "../harness/module.ts";
import { numbers, refusal, type Batch, type Trainer, type TrainerModule } from "../harness/trainer.ts";
import { count } from "../harness/tier.ts";

/** Kernels of every kind that training has, with work for several threads. */
const text = `model net() {
  input image: [4, 12, 12]
  skip(conv(8, 1, 2)) { conv(8, 3, 2) -> bn -> silu -> conv(8, 3) }
  conv(8, 3, groups = 8) -> bn -> relu -> conv(16, 1) -> maxpool(3, 1, pad = 1)
  cat { id | avgpool(3, 1, pad = 1) -> conv(16, 3) }
  upconv(8, 2, 2) -> dropout(0.2) -> pad2d(1) -> gap -> ln -> dense(5)
  output logits: [5]
}
train net {
  loss = cross_entropy(logits, smoothing = 0.1)
  optimizer = adamw(lr = 0.01)
  clip = 1
  batch = 5
}
`;
const batchOf = (n: number, seed: number): Batch => ({ image: numbers(n * 576, seed), label: Array.from({ length: n }, (_, i) => (i + seed) % 5) });

let module: TrainerModule;
let folder: string;
beforeAll(async () => {
  const files = await loadFiles(text, { target: "wasm", threads: true, train: true });
  module = files.module as TrainerModule;
  folder = files.folder;
});

/** Five steps, some of fewer samples, and an evaluation. */
async function trained(trainer: Trainer): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for (const [t, n] of [5, 3, 5, 1, 5].entries()) seen.push(await trainer.step(batchOf(Math.max(n, 2), t)));
  seen.push(await trainer.evaluate(batchOf(4, 9)), await trainer.save());
  trainer.dispose();
  return seen;
}

test("one, two and three threads give the same bits over five steps", async () => {
  const one = await trained(await module.createTrainer());
  for (const threads of [2, 3]) expect(await trained(await module.createTrainer({ threads })), `${threads} threads`).toEqual(one);
});

test("so they do with strict mathematics, which stays close to the other", async () => {
  const strict = (await loadFiles(text, { target: "wasm", threads: true, train: true, strictMath: true })).module as TrainerModule;
  const [one, two] = [await trained(await strict.createTrainer()), await trained(await strict.createTrainer({ threads: 2 }))];
  expect(two).toEqual(one);
  // The losses, not the weights: Adam steps by the sign of a gradient that is nothing but rounding, such as a bias's before a bn.
  const free = await trained(await module.createTrainer());
  const losses = (seen: readonly unknown[]): number[] => seen.slice(0, -1).map((s) => (s as { readonly loss: number }).loss);
  expect(losses(one)).toHaveLength(6);
  losses(one).forEach((loss, t) => expect(Math.abs(loss - losses(free)[t]!), `loss ${t}`).toBeLessThan(1e-2 * loss));
});

test("a checkpoint goes from one number of threads to another", async () => {
  const [one, two] = [await module.createTrainer(), await module.createTrainer({ threads: 2 })];
  await one.step(batchOf(5, 1));
  two.load(await one.save());
  expect(await two.step(batchOf(5, 2))).toEqual(await one.step(batchOf(5, 2)));
  expect(await two.save()).toEqual(await one.save());
  two.dispose();
});

describe("a thread that dies", () => {
  const worker = (name = "net.worker.js"): Worker => new Worker(pathToFileURL(join(folder, name)));
  const dead = /^threads: a thread of the net has died: .*; create a new net$/;

  test("between steps or in one: an error, never a hang; and of all that follows", async () => {
    const ends = new Map<string, number>();
    for (let k = 0; k < count(12, 300); k++) {
      const victims: Worker[] = [];
      const trainer = await module.createTrainer({ threads: 2, worker: () => (victims.push(worker()), victims.at(-1)) });
      await trainer.step(batchOf(5, 0));
      const [step] = [refusal(() => trainer.step(batchOf(5, 1)))];
      if (k % 3 > 0) await new Promise((resolve) => setTimeout(resolve, (k % 7) * 0.3));
      await victims[k % 2]!.terminate();
      const end = await step;
      if (end !== "none") expect(end).toMatch(dead);
      ends.set(end === "none" ? "none" : "dead", (ends.get(end === "none" ? "none" : "dead") ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 2));
      for (const work of [() => trainer.step(batchOf(5, 1)), () => trainer.evaluate(batchOf(5, 1)), () => trainer.save()]) expect(await refusal(work)).toMatch(dead);
      trainer.dispose();
      expect(await refusal(() => trainer.step(batchOf(5, 1)))).toBe("disposed: the trainer was disposed of");
    }
    expect(ends.get("dead")).toBeGreaterThan(count(2, 30));
  }, count(60_000, 600_000));

  test("before the first: `createTrainer` says so", async () => {
    writeFileSync(join(folder, "broken.js"), "throw new Error('broken');");
    expect(await refusal(() => module.createTrainer({ threads: 2, worker: () => worker("broken.js") }))).toMatch(/^threads: a thread did not start: broken/);
    for (const threads of [0, 65, 1.5]) expect(await refusal(() => module.createTrainer({ threads }))).toMatch(/^threads: threads is a whole number from 1 to 64/);
  });

  test("with a trainer that is not made: weights that do not fit leave no threads behind", async () => {
    const ends: Promise<unknown>[] = [];
    const counted = (): Worker => {
      const made = worker();
      ends.push(once(made, "exit"));
      return made;
    };
    const other = writeSafetensors([["other", { shape: [1], data: Float32Array.of(1) }]]);
    expect(await refusal(() => module.createTrainer({ threads: 2, worker: counted, weights: other }))).toMatch(/^weights: the weights lack /);
    expect(ends).toHaveLength(2);
    await Promise.all(ends);
    expect(await refusal(() => module.createTrainer({ threads: 2, worker: counted, weights: "file" as never }))).toMatch(/^weights: weights are the bytes/);
    expect(ends).toHaveLength(2); // none was started
  }, 20_000);
});

test("one step at a time, dispose in the middle of one is told", async () => {
  const trainer = await module.createTrainer({ threads: 2 });
  const first = refusal(() => trainer.step(batchOf(5, 0)));
  expect(await refusal(() => trainer.step(batchOf(5, 1)))).toMatch(/^busy: /);
  expect(await refusal(() => trainer.save())).toMatch(/^busy: |^none/);
  expect(await first).toBe("none");
  const second = refusal(() => trainer.step(batchOf(5, 1)));
  trainer.dispose();
  expect(await second).toMatch(/^disposed: /);
});
