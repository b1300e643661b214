// The kernels of training as modules have them: accepted by Tint and naga, few pipelines whatever the depth; and the one that looks for
// numbers that are infinite or none.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { finiteStage, MARKS } from "../../src/codegen/wgsl/finite.ts";
import { compile } from "../../src/index.ts";
import { evaluate } from "../harness/execute.ts";
import { gpu, haveGpu, testDevice } from "../harness/gpu.ts";
import { compute } from "../harness/gpu/compute.ts";
import { races } from "../harness/gpu/races.ts";
import { naga, validate } from "../harness/gpu/validate.ts";
import { refusing } from "../harness/gpu/watched.ts";
import { fileOf, loadTraining, numbers, refusal, tensorsOf } from "../harness/trainer.ts";
import { IMAGE, residual } from "../train/programs.ts";

const cifar = readFileSync(new URL("../../examples/cifar.rn", import.meta.url), "utf8");

/** Every kind of layer, loss and optimizer. */
const everything = `model net() {
  input image: [4, 12, 12]
  skip(conv(8, 1, 2)) { conv(8, 3, 2) -> bn -> silu -> conv(8, 3) }
  conv(8, 3, groups = 8) -> bn -> relu -> conv(16, 1) -> maxpool(3, 1, pad = 1)
  cat { id | avgpool(3, 1, pad = 1) -> conv(16, 3) }
  upconv(8, 2, 2) -> dropout(0.2) -> pad2d(1) -> gap -> ln as seen -> dense(5)
  output logits: [5]
  output other = seen -> dense(2)
}
train net {
  loss = cross_entropy(logits, smoothing = 0.1) + 0.5 * mse(other)
  optimizer = OPTIMIZER
  clip = 1
}
`;

interface Kernels {
  readonly shaders: readonly string[];
  readonly kernels: Readonly<Record<string, { readonly stages: readonly { readonly shader: number; readonly access: string }[] }>>;
}

function kernelsOf(text: string, only: string): Kernels {
  const { modules, diagnostics } = compile(text, { target: "wgsl", train: true, js: true, only });
  expect(diagnostics).toEqual([]);
  return evaluate(modules[0]!.files[0]!.text, ["shaders", "kernels"]) as unknown as Kernels;
}

const resnet = (name: string): string => `${cifar.split(/^train /m)[0]}train ${name} {\n  loss = cross_entropy(logits)\n  optimizer = sgd(lr = 0.1, momentum = 0.9, decay = 1e-4)\n}\n`;
const programs = [
  { what: "ResNet-20", name: "resnet20", text: resnet("resnet20") },
  ...["sgd(lr = 0.1, momentum = 0.9, nesterov = true, decay = 0.1)", "adam(lr = 0.01)", "adamw(lr = 0.01)"].map((what) => ({ what, name: "net", text: everything.replace("OPTIMIZER", what) })),
];

test.each(programs)("Tint and naga accept every kernel of a step: $what", async ({ name, text }) => {
  const { shaders } = kernelsOf(text, name);
  expect(shaders.length).toBeGreaterThan(30);
  for (const shader of shaders) {
    expect(await validate(shader), shader).toEqual([]);
    expect(naga(shader), shader).toEqual([]);
  }
}, 120_000);

test("pipelines hardly grow with depth", () => {
  const count = (name: string): number => {
    const { kernels } = kernelsOf(resnet(name), name);
    return new Set(Object.values(kernels).flatMap((k) => k.stages.map((s) => `${s.shader} ${s.access}`))).size;
  };
  expect(count("resnet56")).toBeLessThanOrEqual(count("resnet20") + 4);
}, 120_000);

describe("the kernel that looks for numbers that are infinite or none", () => {
  const SIZE = 3 * MARKS + 5;
  const { shader, numbers: told, groups } = finiteStage(SIZE);
  const dispatch = Math.ceil(groups.fixed / groups.per);
  const clean = Float32Array.from({ length: SIZE }, (_, i) => [0, -0, 3.4028234663852886e38, -3.4028234663852886e38, 1e-45, 1][i % 6]!);

  test.skipIf(!haveGpu)("finds each, wherever it is, and nothing else", async () => {
    const device = await (await gpu()).device();
    const found = async (data: Float32Array): Promise<boolean> => {
      const [marks] = await compute(device, shader, [dispatch], [{ data }, { bytes: 4 * MARKS, read: true }, { data: Uint32Array.of(...told, 0, 0, 0), uniform: true }]);
      return new Float32Array(marks!).some((mark) => mark !== 0);
    };
    expect(await found(clean)).toBe(false);
    for (const value of [NaN, Infinity, -Infinity]) for (const at of [0, 1, MARKS - 1, MARKS, SIZE - 1]) expect(await found(clean.with(at, value)), `${value} at ${at}`).toBe(true);
    device.destroy();
  }, 120_000);

  test("has no races", () => {
    const small = finiteStage(200);
    expect(races(small.shader, [Math.ceil(small.groups.fixed / small.groups.per)], { 0: { 0: clean.slice(0, 200).buffer, 1: new Float32Array(MARKS).buffer, 2: Uint32Array.of(...small.numbers, 0, 0, 0).buffer } })).toEqual([]);
  }, 120_000);
});

describe.skipIf(!haveGpu)("a trainer and its device", async () => {
  const module = await loadTraining(residual(), { target: "wgsl" });
  const batch = { image: numbers(6 * IMAGE, 1), label: [0, 1, 2, 3, 4, 5] };

  test("a device that is lost, before a step or in one, is an error of it and of all that follows", async () => {
    for (const when of ["before", "during"]) {
      const device = await (await gpu()).device();
      const trainer = await module.createTrainer({ device });
      if (when === "before") device.destroy();
      const step = refusal(() => trainer.step(batch));
      if (when === "during") device.destroy();
      expect(await step).toMatch(/^device: the GPU device was lost \(.*\): create the trainer again$/);
      for (const work of [() => trainer.step(batch), () => trainer.evaluate(batch), () => trainer.save(), () => trainer.load(new Uint8Array(8))]) expect(await refusal(work)).toMatch(/^device: /);
      trainer.dispose();
      expect(await refusal(() => trainer.step(batch))).toBe("disposed: the trainer was disposed of");
    }
  }, 240_000);

  test("disposed of in the middle of a step", async () => {
    const trainer = await module.createTrainer();
    const step = refusal(() => trainer.step(batch));
    trainer.dispose();
    expect(await step).toBe("disposed: the trainer was disposed of");
  }, 120_000);

  test("a step that diverges is taken back, even where the device refuses to tell what it did", async () => {
    const refusals: boolean[] = [];
    const trainer = await module.createTrainer({ device: refusing(await testDevice(), refusals) });
    const { "conv2.weight": large, ...others } = tensorsOf(await trainer.save());
    trainer.load(fileOf({ ...others, "conv2.weight": { ...large!, data: large!.data.map((v) => v * 1e30) } })); // a variance of 1e60
    const before = await trainer.save();
    refusals.push(false, true); // the step, and the weights after it
    expect(await refusal(() => trainer.step(batch))).toMatch(/^gpu: the GPU refuses the trainer: /);
    expect(refusals).toEqual([]);
    expect(await trainer.save()).toEqual(before);
    expect(await refusal(() => trainer.step(batch))).toMatch(/^diverged: /);
    expect(await trainer.save()).toEqual(before);
    trainer.dispose();
  }, 120_000);

  test("numbers that are infinite or none are not computed with", async () => {
    const begun = Array<boolean>(5).fill(false);
    const trainer = await module.createTrainer({ device: refusing(await testDevice(), begun) });
    expect(await trainer.evaluate({ ...batch, image: batch.image.with(7, Infinity) })).toEqual({ loss: NaN, wrong: NaN, count: 6 });
    expect(begun).toHaveLength(5);
    expect((await trainer.evaluate(batch)).loss).toBeGreaterThan(0);
    expect(begun).toHaveLength(4);
    trainer.dispose();
  }, 120_000);

  test("what the device has not is told where the trainer is made", async () => {
    expect(await refusal(() => module.createTrainer({ batch: 2 ** 18 }))).toMatch(/^batch: batch 262144 needs a buffer of \d+ bytes; the GPU device has at most \d+$/);
    const device = await (await gpu()).device({ requiredLimits: { maxBufferSize: 2 ** 32 } }).catch(() => null);
    if (device) expect(await refusal(() => module.createTrainer({ batch: 2 ** 16, device }))).toMatch(/^batch: batch 65536 binds \d+ bytes; the GPU device binds at most \d+$/);
    expect(await refusal(() => module.createTrainer({ device: {} }))).toBe("device: device must be a GPUDevice");
  }, 120_000);
});
