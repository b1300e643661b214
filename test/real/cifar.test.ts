// Real weights on real images: the published networks, compiled, give the published results.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { optionalPasses, readSafetensors, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import { predictions, testImages, wrong } from "../harness/cifar.ts";
import { haveData, readData } from "../harness/data.ts";
import { load, type Net } from "../harness/module.ts";
import { count } from "../harness/tier.ts";

const text = readFileSync(new URL("../../examples/cifar.rn", import.meta.url), "utf8");
/** The same network, which also gives what flows after its parts. */
const tapped = text
  .replace("conv1: conv(16, 3) -> bn1: bn -> relu\n", "conv1: conv(16, 3) as c -> bn1: bn as b -> relu\n")
  .replace(" * (n - 1) }\n  }", " * (n - 1) } as stage[i]\n  }")
  .replace("  output logits: [10]\n", "  output logits: [10]\n  output conv1 = c\n  output bn1 = b\n  output layer1 = stage[0]\n  output layer2 = stage[1]\n  output layer3 = stage[2]\n");

async function net(name: string, options: CompileOptions = {}, program = text, batch = 8): Promise<Net> {
  const weights = readData(`${name}-cifar10.safetensors`);
  return (await load(program, { only: name, ...options })).create({ weights, batch });
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!) || (a[i] === b[i] ? 0 : Infinity));
  return largest;
}

const settings: readonly [string, CompileOptions][] = [
  ["all passes", {}],
  ["no optional pass", { disabledPasses: optionalPasses }],
  ["strict math", { strictMath: true }],
  ["wasm, all passes", { target: "wasm" }],
  ["wasm, no optional pass", { target: "wasm", disabledPasses: optionalPasses }],
  ["wasm, strict math", { target: "wasm", strictMath: true }],
];

describe.skipIf(!haveData)("published weights", () => {
  describe.each(["resnet20", "resnet56"])("%s", (name) => {
    test.each(settings)("logits of the 64 oracle images within 5e-5: %s", async (_, options) => {
      const images = count(options.strictMath || options.disabledPasses ? 16 : 64, 64); // in `npm test` all of them with all passes
      const { tensors } = readSafetensors(readData("oracles", "input_first64.safetensors"));
      const oracle = readSafetensors(readData("oracles", `${name}-cifar10.safetensors`)).tensors.get("logits")!.data;
      const run = await net(name, options, text, 64);
      const logits = run.runSync({ image: tensors.get("input")!.data.subarray(0, images * 3072) })["logits"]!;
      expect(logits.length).toBe(10 * images);
      expect(largestDifference(logits, oracle.subarray(0, 10 * images))).toBeLessThan(5e-5);
    });

    test.each(["ts", "wasm"] as const)("activations after conv1, bn1 and the three stages within 1e-4: %s", async (target) => {
      const input = readSafetensors(readData("oracles", "input_first64.safetensors")).tensors.get("input")!.data.subarray(0, 4 * 3072);
      const { tensors } = readSafetensors(readData("oracles", `${name}-cifar10.safetensors`));
      const outputs = (await net(name, { target }, tapped)).runSync({ image: input });
      for (const part of ["conv1", "bn1", "layer1", "layer2", "layer3"]) {
        const oracle = tensors.get(`act4.${part}`)!.data;
        expect(largestDifference(outputs[part]!, oracle), part).toBeLessThan(1e-4);
      }
    });
  });

  // `npm test` counts 500 images with all passes and with none, fewer where the code differs less.
  test.each(settings)("resnet20 gets exactly as many wrong as published: 45 of the first 500, 827 of 10,000: %s", async (_, options) => {
    const images = testImages(count(options.strictMath ? 200 : 500, 10_000));
    const run = await net("resnet20", options);
    expect(wrong(images, 8, (image) => run.runSync({ image })["logits"]!)).toBe(count(options.strictMath ? 18 : 45, 827));
  });

  test.each(settings.filter(([, o]) => !o.strictMath))("resnet56 predicts what PyTorch did for the first 100 images, for all 10,000 with 661 wrong: %s", async (_, options) => {
    const images = testImages(count(100, 10_000));
    const run = await net("resnet56", options);
    const predicted = predictions(images, 8, (image) => run.runSync({ image })["logits"]!);
    const oracle = readSafetensors(readData("oracles", "resnet56-cifar10.safetensors")).tensors.get("pred_all_10000")!.data;
    expect(predicted).toEqual([...oracle.subarray(0, images.labels.length)]);
    expect(predicted.filter((p, i) => p !== images.labels[i]).length).toBe(count(4, 661));
  });

  test("a file with num_batches_tracked (I64) in it loads, with the same result", async () => {
    const image = testImages(8).data;
    const weights = withCounters(readData("resnet20-cifar10.safetensors"));
    const run = await (await load(text, { only: "resnet20" })).create({ weights, batch: 8 });
    expect(run.runSync({ image })).toEqual((await net("resnet20")).runSync({ image }));
  });
});

/** The file with an I64 `num_batches_tracked` for every batch norm, as PyTorch writes it. */
function withCounters(file: Uint8Array): Uint8Array {
  const { tensors } = readSafetensors(file);
  const plain = writeSafetensors(tensors);
  const length = Number(new DataView(plain.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(plain.subarray(8, 8 + length))) as Record<string, unknown>;
  let end = plain.length - 8 - length;
  const names = [...tensors.keys()].filter((n) => n.endsWith("running_mean")).map((n) => n.replace("running_mean", "num_batches_tracked"));
  expect(names.length).toBe(19);
  for (const name of names) header[name] = { dtype: "I64", shape: [], data_offsets: [end, (end += 8)] };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(plain.subarray(8 + length), 8 + text.length);
  const counters = new DataView(out.buffer, out.length - 8 * names.length);
  names.forEach((_, i) => counters.setBigInt64(8 * i, 64_000n, true));
  return out;
}
