// Whole networks as WGSL modules on a GPU: published weights on real images, few pipelines, the contract of the host.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { wgslFunctions } from "../../src/codegen/wgsl/module.ts";
import { Compilation } from "../../src/compiler/compilation.ts";
import { readSafetensors } from "../../src/runtime/safetensors-file.ts";
import { testImages, wrong } from "../harness/cifar.ts";
import { haveData, readData } from "../harness/data.ts";
import { gpu, hasFeature, haveGpu, testDevice } from "../harness/gpu.ts";
import { usage } from "../harness/gpu/compute.ts";
import { naga, validate } from "../harness/gpu/validate.ts";
import { refusing, watched } from "../harness/gpu/watched.ts";
import { load, weightsFile } from "../harness/module.ts";
import { full } from "../harness/tier.ts";

interface Net {
  readonly precision: string;
  run(inputs: object): Promise<Record<string, Float32Array>>;
  runToBuffers(inputs: object): Promise<Record<string, GPUBuffer>>;
  dispose(): void;
}
interface Module {
  create(options?: object): Promise<Net>;
  bytes(batch?: number): number;
}
const example = (name: string): string => readFileSync(new URL(`../../examples/${name}.rn`, import.meta.url), "utf8");
const moduleOf = async (text: string, only?: string): Promise<Module> => (await load(text, { target: "wgsl", ...(only ? { only } : {}) })) as unknown as Module;

const tiny = `model tiny {
  input x: [4]
  dense(6) -> relu -> dense(3)
  output y: [3]
}
`;
const ones = (shape: readonly number[], value: number) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value) });
function tinyWeights(): Uint8Array {
  const e = new Compilation(tiny).exports[0]!;
  return weightsFile(Object.fromEntries(e.plan.parameters.map((p, k) => [p.buffer.name!, ones(p.node.type.shape as readonly number[], (k + 1) / 4)])));
}

/** Does the GPU compute in half precision? SwiftShader does not. */
const half = await hasFeature("shader-f16");

test("few pipelines, whatever the depth, and all of them accepted", async () => {
  const most = { cifar: 24, imagenet: 59 };
  const counts: string[] = [];
  for (const [file, limit] of Object.entries(most)) {
    for (const e of new Compilation(example(file), { target: "wgsl" }).exports) {
      const { pipelines, shaders } = wgslFunctions(e.plan);
      if (pipelines > limit) counts.push(`${e.name}: ${pipelines}`);
      for (const text of shaders) expect([...(await validate(text)), ...naga(text)], text).toEqual([]);
    }
  }
  expect(counts).toEqual([]);
}, 300_000);

test("offsets are multiples of 256 bytes for every batch", () => {
  for (const e of new Compilation(example("densenet"), { target: "wgsl" }).exports) {
    for (const s of [...e.plan.programs.prepare, ...e.plan.programs.run]) {
      for (const b of [...s.inputs, s.output]) expect([b.offset.fixed % 64, b.offset.perSample % 64]).toEqual([0, 0]);
    }
  }
});

test("where there is no GPU the error says what to pass", async () => {
  const { create } = await moduleOf(tiny);
  await expect(create({ weights: tinyWeights() })).rejects.toMatchObject({ name: "RncError", code: "device", message: expect.stringContaining("create({ device })") });
  await expect(create({ weights: tinyWeights(), device: {} })).rejects.toMatchObject({ code: "device" });
  await expect(create({ weights: tinyWeights(), gpu: 1 })).rejects.toMatchObject({ code: "options" });
});

describe.skipIf(!haveGpu)("on a GPU", () => {
  test.skipIf(!haveData)("ResNet-20 with the published weights, on eight images", async () => {
    const { create } = await moduleOf(example("cifar"), "resnet20");
    const oracle = readSafetensors(readData("oracles", "resnet20-cifar10.safetensors")).tensors.get("logits")!;
    const image = readSafetensors(readData("oracles", "input_first64.safetensors")).tensors.get("input")!.data.slice(0, 8 * 3072);
    const net = await create({ weights: readData("resnet20-cifar10.safetensors"), batch: 8, device: await testDevice() });
    const { logits } = await net.run({ image });
    net.dispose();
    const expected = oracle.data.slice(0, 80);
    const most = Math.max(...expected.map(Math.abs));
    const off = expected.reduce((worst, v, i) => Math.max(worst, Math.abs(v - logits![i]!)), 0);
    expect(logits).toHaveLength(80);
    expect(off / most).toBeLessThan(1e-4);
  }, 300_000);

  test.skipIf(!haveData || !half)("ResNet-20 with its weights in half precision: three digits of the logits, and the same classes", async () => {
    const { create } = await moduleOf(example("cifar"), "resnet20");
    const { data } = readSafetensors(readData("oracles", "resnet20-cifar10.safetensors")).tensors.get("logits")!;
    const image = readSafetensors(readData("oracles", "input_first64.safetensors")).tensors.get("input")!.data.slice(0, 16 * 3072);
    const net = await create({ weights: readData("resnet20-cifar10.safetensors"), batch: 16, device: await testDevice("shader-f16"), precision: "f16" });
    expect(net.precision).toBe("f16");
    const logits = (await net.run({ image }))["logits"]!.slice();
    net.dispose();
    const most = Math.max(...data.slice(0, 160).map(Math.abs));
    const off = Math.max(...logits.map((v, i) => Math.abs(v - data[i]!))) / most;
    expect(off).toBeLessThan(3e-3);
    expect(off).toBeGreaterThan(1e-5); // f32 is nearer
    const classes = (all: Float32Array): number[] => Array.from({ length: 16 }, (_, i) => all.subarray(10 * i, 10 * i + 10)).map((row) => row.indexOf(Math.max(...row)));
    expect(classes(logits)).toEqual(classes(data.slice(0, 160)));
  });

  test("half precision is wished for: where the device has none, all is f32; other words are refused", async () => {
    const { create } = await moduleOf(tiny);
    const device = await testDevice();
    const results: (readonly number[])[] = [];
    for (const precision of ["f16", "f32", undefined]) {
      const net = await create({ weights: tinyWeights(), device, ...(precision ? { precision } : {}) });
      expect(net.precision).toBe("f32");
      results.push([...(await net.run({ x: Float32Array.of(1, 2, 3, 4) }))["y"]!]);
      net.dispose();
    }
    expect(results[0]).toEqual(results[2]);
    expect(results[1]).toEqual(results[2]);
    await expect(create({ weights: tinyWeights(), device, precision: "f8" })).rejects.toMatchObject({ code: "options", message: 'precision is "f32" or "f16", not "f8"' });
  }, 120_000);

  test.skipIf(!half)("weights beyond half precision are as large as it can be, and numbers stay numbers", async () => {
    const { create } = await moduleOf(tiny);
    const parameters = new Compilation(tiny).exports[0]!.plan.parameters;
    const weights = weightsFile(Object.fromEntries(parameters.map((p) => [p.buffer.name!, ones(p.node.type.shape as readonly number[], p.node.type.shape.length === 2 && p.node.type.shape[0] === 6 ? 1e6 : 0.5)])));
    const net = await create({ weights, device: await testDevice("shader-f16"), precision: "f16" });
    expect((await net.run({ x: Float32Array.of(1, 0, 0, 0) }))["y"]![0]).toBeCloseTo(6 * (65_504 + 0.5) * 0.5 + 0.5, -1);
    net.dispose();
  }, 120_000);

  test.skipIf(!haveData || !full)("ResNet-20 is wrong about 45 of the first 500 test images, as PyTorch is", async () => {
    const { create } = await moduleOf(example("cifar"), "resnet20");
    const net = await create({ weights: readData("resnet20-cifar10.safetensors"), batch: 50, device: await testDevice() });
    const images = testImages(500);
    const logits = new Float32Array(5000);
    for (let i = 0; i < 500; i += 50) logits.set((await net.run({ image: images.data.subarray(3072 * i, 3072 * (i + 50)) }))["logits"]!, 10 * i);
    net.dispose();
    let at = 0;
    expect(wrong(images, 50, (image) => logits.subarray(at, (at += image.length / 307.2)))).toBe(45);
  });

  test("fewer samples than the batch, buffers in and out, one run at a time, and none after the end", async () => {
    const device = await testDevice();
    const { create, bytes } = await moduleOf(tiny);
    const net = await create({ weights: tinyWeights(), batch: 3, device });
    const x = Float32Array.from({ length: 8 }, (_, i) => i / 8);
    const first = (await net.run({ x }))["y"]!.slice();
    expect(first).toHaveLength(6);
    const single = await net.run({ x: x.subarray(4) });
    expect([...single["y"]!]).toEqual([...first.slice(3)]);
    const buffer = device.createBuffer({ size: 32, usage: usage.storage | usage.copySrc | usage.copyDst });
    device.queue.writeBuffer(buffer, 0, x);
    expect([...(await net.run({ x: buffer }))["y"]!]).toEqual([...first]);
    const going = net.run({ x });
    await expect(net.run({ x })).rejects.toMatchObject({ code: "busy" });
    await going;
    await expect(net.run({ x: x.subarray(1) })).rejects.toMatchObject({ code: "input" });
    await expect(net.run({ z: x })).rejects.toMatchObject({ code: "input" });
    expect(bytes(3)).toBeGreaterThan(bytes(1));
    net.dispose();
    await expect(net.run({ x })).rejects.toMatchObject({ code: "disposed" });
  }, 120_000);

  test("what stays on the device is what the next net takes: the samples that there are, in a chain as one by one", async () => {
    const device = await testDevice();
    const net = await (await moduleOf(tiny)).create({ weights: tinyWeights(), batch: 3, device });
    const next = await (await moduleOf("model m {\n  input y: [3]\n  relu\n  output z\n}\n")).create({ batch: 4, device });
    for (const n of [2, 3, 1, 1]) {
      const x = Float32Array.from({ length: 4 * n }, (_, i) => (i - 5) / 8 + n);
      const y = (await net.run({ x }))["y"]!.slice();
      const apart = [...(await next.run({ y }))["z"]!];
      const kept = await net.runToBuffers({ x });
      expect(kept["y"]!.size).toBe(12 * n);
      expect([...(await next.run(kept))["z"]!]).toEqual(apart);
      expect(apart.some((v) => v > 0)).toBe(true);
    }
    net.dispose();
    next.dispose();
  }, 120_000);

  test("what the device refuses is an error of the call that asked for it, and the next is right", async () => {
    const refusals: boolean[] = [];
    const device = refusing(await testDevice(), refusals);
    const { create } = await moduleOf(tiny);
    const x = Float32Array.of(1, 2, 3, 4);
    const weights = tinyWeights();
    refusals.push(true);
    await expect(create({ weights, device })).rejects.toMatchObject({ name: "RncError", code: "gpu" });
    let most = 0;
    const net = await create({ weights, device: watched(device, { createBuffer: (make) => (asked: GPUBufferDescriptor) => make({ ...asked, size: asked.size + most } as never) }) });
    const y = [...(await net.run({ x }))["y"]!];
    refusals.push(true);
    await expect(net.run({ x })).rejects.toMatchObject({ name: "RncError", code: "gpu" });
    expect([...(await net.run({ x }))["y"]!]).toEqual(y);
    most = 2 ** 40;
    await expect(net.runToBuffers({ x })).rejects.toMatchObject({ name: "RncError", code: "gpu" });
    most = 0;
    expect([...(await net.run({ x }))["y"]!]).toEqual(y);
    expect((await net.runToBuffers({ x }))["y"]!.size).toBe(12);
    net.dispose();
  }, 120_000);

  test("a lost device is an error of the run, and a net on another one is made", async () => {
    const { create } = await moduleOf(tiny);
    const x = Float32Array.from({ length: 4 }, (_, i) => i / 4);
    for (const when of ["before", "during"]) {
      const device = await (await gpu()).device();
      const net = await create({ weights: tinyWeights(), device });
      if (when === "before") device.destroy();
      const run = net.run({ x });
      if (when === "during") device.destroy();
      await expect(run).rejects.toMatchObject({ name: "RncError", code: "device" });
      await expect(net.run({ x })).rejects.toMatchObject({ code: "device" });
    }
    const net = await create({ weights: tinyWeights(), device: await testDevice() });
    expect((await net.run({ x }))["y"]).toHaveLength(3);
    net.dispose();
  }, 120_000);

  test("a batch that needs longer buffers than the device has is an error that says so", async () => {
    const { create } = await moduleOf(tiny);
    await expect(create({ weights: tinyWeights(), batch: 2 ** 20, device: await testDevice() })).rejects.toMatchObject({ code: "batch", message: expect.stringMatching(/^batch 1048576 .* the GPU device (has|binds) at most \d+$/) });
  }, 120_000);
});
