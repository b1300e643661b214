// Steps of ResNet-20 from the published weights on real images, beside the same steps by the f64 interpreter: what the issue asks of
// training in figures.
import { describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { targets } from "../../src/compiler/compilation.ts";
import { testImages, type Images } from "../harness/cifar.ts";
import { haveData, readData } from "../harness/data.ts";
import { full } from "../harness/tier.ts";
import { errorOf, loadTraining, Reference, stepOf, tensorsOf, type Batch } from "../harness/trainer.ts";

const LR = 0.001;
const example = readFileSync(new URL("../../examples/cifar.rn", import.meta.url), "utf8");
const text = `${example.slice(0, example.indexOf("train resnet110"))}
train resnet20 {
  loss      = cross_entropy(logits)
  optimizer = sgd(lr = ${LR}, momentum = 0.9, decay = 1e-4)
}
`;
const only = "resnet20";

/** Batch number `index` of that size, in file order. */
function batchOf({ data, labels }: Images, size: number, index: number): Batch {
  return { image: data.subarray(index * size * 3072, (index + 1) * size * 3072), label: labels.slice(index * size, (index + 1) * size) };
}

interface Expected {
  readonly losses: readonly number[];
  /** After the first step. */
  readonly first: Reference["parameters"];
}

function byInterpreter(images: Images, size: number, steps: number): Expected {
  const reference = new Reference(stepOf(text, { only }), tensorsOf(readData("resnet20-cifar10.safetensors")));
  const losses: number[] = [];
  let first = reference.parameters;
  for (let t = 0; t < steps; t++) {
    losses.push(reference.step(batchOf(images, size, t), LR));
    if (t === 0) first = reference.parameters;
  }
  return { losses, first };
}

/** In `npm test` one small step: the interpreter takes seconds for each image. */
const [SIZE, STEPS] = full ? [32, 10] : [4, 1];

describe.skipIf(!haveData)(`${STEPS} steps of ResNet-20, batches of ${SIZE}`, () => {
  let expected: Expected | undefined;
  test.each(Object.keys(targets) as (keyof typeof targets)[])("%s", async (target) => {
    const images = testImages(SIZE * STEPS);
    expected ??= byInterpreter(images, SIZE, STEPS);
    const module = await loadTraining(text, { only, target });
    const trainer = await module.createTrainer({ weights: readData("resnet20-cifar10.safetensors"), batch: SIZE });
    const losses: number[] = [];
    for (let t = 0; t < STEPS; t++) {
      losses.push((await trainer.step(batchOf(images, SIZE, t))).loss);
      if (t > 0) continue;
      const found = tensorsOf(trainer.save());
      const errors = Object.entries(expected.first).map(([name, { data }]) => [name, errorOf(found[name]!.data, data)] as const);
      expect(errors.length).toBe(Object.keys(found).length - 1);
      const bound = target === "ts" ? 1e-5 : 0.2; // TODO
      expect(errors.filter(([name, e]) => !(e <= (name.startsWith("optimizer.") ? bound : 1e-5)))).toEqual([]);
    }
    expect(losses.map((l, t) => Math.abs(l / expected!.losses[t]! - 1)).filter((e) => !(e <= 1e-3))).toEqual([]);
    expect(Math.abs(losses[0]! / expected.losses[0]! - 1)).toBeLessThan(1e-5);
  }, full ? 3_600_000 : 120_000);
});
