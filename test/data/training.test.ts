// Data made ready for a model, from its source on: the right batches, or a clear error before the first step.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readData } from "../../src/cli/data/source.ts";
import { trainingData, type TrainingOptions } from "../../src/cli/data/training.ts";
import { figureOf, glyphDrawer, SIZE } from "../../src/data/glyphs/glyphs.ts";
import { permutation } from "../../src/data/order.ts";

const options: TrainingOptions = { input: { name: "image", shape: [3, 32, 32] }, output: { name: "logits", shape: [10] }, batch: 4, seed: 9, augment: [], normalisation: null };

test("glyphs: the samples of the step, drawn and normalised", async () => {
  const training = trainingData(await readData("glyphs:hard", null, "train"), options);
  expect([training.stepsPerEpoch, training.normalisation]).toEqual([12_500, { mean: [0.5, 0.5, 0.5], std: [0.22, 0.22, 0.22] }]);
  const images = new Float32Array(4 * SIZE);
  const labels = new Int32Array(4);
  training.at(12_502, images, labels);
  const samples = permutation(50_000, 9, 1).subarray(8, 12);
  expect([...labels]).toEqual([...samples].map(figureOf));
  const bytes = new Uint8Array(SIZE);
  glyphDrawer("hard", "train")(samples[3]!, bytes);
  expect(images.subarray(3 * SIZE)).toEqual(Float32Array.from(bytes, (v) => (v * (1 / 255) - 0.5) / 0.22));
});

test("what does not suit is said with file and record", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "rnc-training-")), "d.csv");
  writeFileSync(path, "1,2,0\n3,4,1\n5,6,2\n");
  const data = await readData(`csv:${path}`, null, "train");
  const small: TrainingOptions = { ...options, input: { name: "x", shape: [2] }, output: { name: "y", shape: [3] }, batch: 2 };
  expect(trainingData(data, small).stepsPerEpoch).toBe(1);
  expect(() => trainingData(data, { ...small, batch: 4 })).toThrow("csv:d.csv has 3 samples, which do not fill a batch of 4");
  expect(() => trainingData(data, { ...small, output: { name: "y", shape: [2] } })).toThrow("d.csv:3: label 2, but y has 2 classes");
  expect(() => trainingData(data, { ...small, input: { name: "x", shape: [3] } })).toThrow("csv:d.csv has samples of [2], but x is [3]");
  expect(() => trainingData(data, { ...small, normalisation: { mean: [0, 1], std: [1] } })).toThrow("--mean, --std: 2 values for mean, but the input has 1 channel");
});
