// A hundred injected failures of the device, at seeded moments: lost while a net is made, runs or trains, and between, no adapter, no device, no memory.
// No output is made up, every promise settles within a second, the error has its code, and the next net on another device is right.
import { afterAll, describe, expect, test } from "vitest";
import { gpu, haveGpu } from "../harness/gpu.ts";
import { deviceOf, instance } from "../harness/gpu/dawn.ts";
import { watched, type Instead } from "../harness/gpu/watched.ts";
import { load, weightsFile } from "../harness/module.ts";
import { below as drawn, random } from "../harness/random.ts";

interface Net {
  run(inputs: object): Promise<Record<string, Float32Array>>;
  runToBuffers(inputs: object): Promise<object>;
  dispose(): void;
}
interface Trainer {
  step(batch: object): Promise<object>;
  evaluate(batch: object): Promise<object>;
  save(): Promise<Uint8Array>;
}
interface Module {
  create(options?: object): Promise<Net>;
  createTrainer(options?: object): Promise<Trainer>;
}

const moduleOf = async (text: string, train = false): Promise<Module> => (await load(text, { target: "wgsl", train })) as unknown as Module;
/** One pipeline: quickly made. */
const small = await moduleOf("model m {\n  input x: [4]\n  relu\n  output y\n}\n");
/** Weights, what is computed from them once, and three pipelines: much to be lost at. */
const dense = await moduleOf("model m {\n  input x: [4]\n  dense(6) -> relu -> dense(3)\n  output y\n}\n");
const trained = await moduleOf("model m {\n  input x: [4]\n  dense(3)\n  output y\n}\ntrain m {\n  loss = mse(y)\n  optimizer = sgd(lr = 0.1, momentum = 0.9)\n  batch = 1\n}\n", true);
const wide = await moduleOf("model m {\n  input x: [64]\n  relu as a\n  output y\n  input z: [64]\n  add(a) -> relu\n  output w\n}\n");
const weights = weightsFile(Object.fromEntries([["0.weight", [6, 4]], ["0.bias", [6]], ["2.weight", [3, 6]], ["2.bias", [3]]].map(([name, shape]) => [name, { shape: shape as number[], data: new Float32Array((shape as number[]).reduce((a, b) => a * b)).fill(0.5) }])));
const x = Float32Array.of(1, -2, 3, -4);
const right = [1, 0, 3, 0];
const batch = { x, target: Float32Array.of(1, 0, 0) };

const next = random(811);
const below = (n: number): number => drawn(next, n);
const SECOND = 1000;

type Outcome = { readonly value: unknown } | { readonly error: { readonly name: string; readonly code?: string; readonly message: string } };

/** How it ends, within a second of the failure. */
async function settled(going: Promise<unknown>, failed: Promise<unknown> = Promise.resolve()): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = failed.then(() => new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error("a promise that does not settle")), SECOND))));
  const ended = going.then((value) => ({ value }), (error: { name: string; message: string }) => ({ error }));
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

const ticks = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i++) await null;
};

/** A device that is lost at its `k`-th moment from when `arm` was called: before a call, or as what a call has promised comes. */
function fragile(device: GPUDevice): { readonly device: GPUDevice; arm(k: number): void; moments(): number } {
  let [passed, last] = [0, Infinity];
  const moment = (): void => {
    if (passed++ === last) device.destroy();
  };
  const names = ["pushErrorScope", "popErrorScope", "createBindGroup", "createBindGroupLayout", "createPipelineLayout", "createShaderModule", "createComputePipelineAsync", "createCommandEncoder"];
  const around = (real: (...args: never[]) => unknown) => (...args: never[]) => {
    moment();
    const answer = real(...args);
    return answer instanceof Promise ? answer.finally(moment) : answer;
  };
  const createBuffer = (real: (...args: never[]) => unknown) => (...args: never[]) => {
    const buffer = around(real)(...args) as GPUBuffer;
    return Object.defineProperty(buffer, "mapAsync", { value: around(buffer.mapAsync.bind(buffer)) });
  };
  const instead: Instead = { ...Object.fromEntries(names.map((name) => [name, around])), createBuffer };
  return { device: watched(device, instead), arm: (k) => void ([passed, last] = [0, k]), moments: () => passed };
}

/** Half of all are as in a browser, where another process tells of a loss: later than what it makes fail. */
function perhapsLate(device: GPUDevice): GPUDevice {
  if (below(2) > 0) return device;
  const late = 5 + below(40);
  const lost = device.lost.then(async (info) => (await new Promise((resolve) => setTimeout(resolve, late)), info));
  const same = watched(device, {});
  return new Proxy(same, { get: (_, name) => (name === "lost" ? lost : (Reflect.get(same, name) as unknown)) });
}
const newDevice = async (): Promise<GPUDevice> => perhapsLate(await (await gpu()).device());
/** Dawn's device without a driver: the same in all but what it computes, and pipelines cost it nothing. */
const emptyDevice = async (): Promise<GPUDevice> => perhapsLate(await deviceOf(await instance(["backend=null"]), () => ({})));
const values = async (net: Net): Promise<number[]> => [...(await net.run({ x }))["y"]!];

/** What a trainer tells that nothing happens to. */
const undisturbed: { save?: Uint8Array; step?: object } = {};
/** How many moments there are while a net is made, and while it runs. */
const moments = { make: 0, run: 0 };
async function countMoments(): Promise<void> {
  const { device, ...made } = fragile(await newDevice());
  await dense.create({ weights, device });
  moments.make = made.moments();
  const net = await small.create({ device });
  made.arm(Infinity);
  expect(await values(net)).toEqual(right);
  moments.run = made.moments();
  const trainer = await trained.createTrainer({ device });
  undisturbed.save = await trainer.save();
  undisturbed.step = await trainer.step(batch);
  device.destroy();
}

/** Lost at one of the moments, or after some turns of the engine or milliseconds. */
async function loseSoon(device: GPUDevice, arm: (k: number) => void, of: number, going: () => Promise<unknown>, within = 4): Promise<Outcome> {
  const [way, turns] = [below(3), below(16)];
  if (way === 0) arm(below(of));
  const promise = going();
  if (way === 1) await ticks(turns);
  if (way === 2) await new Promise((resolve) => setTimeout(resolve, (turns / 16) * within));
  if (way > 0) device.destroy();
  return settled(promise, device.lost);
}

const engine = Object.getOwnPropertyDescriptor(globalThis, "navigator");
/** What a page has as `navigator.gpu`. */
function page(requestAdapter: () => Promise<unknown>): void {
  Object.defineProperty(globalThis, "navigator", { value: { gpu: { requestAdapter } }, configurable: true });
}
afterAll(() => (engine ? Object.defineProperty(globalThis, "navigator", engine) : Reflect.deleteProperty(globalThis, "navigator")));

/** Each makes its failure happen, and gives what came of what was waited for. */
const failures: Readonly<Record<string, () => Promise<readonly Outcome[]>>> = {
  "lost while it is made": async () => {
    const { device, arm } = fragile(await (below(2) > 0 ? newDevice() : emptyDevice()));
    // Where the loss is told late a net may be made: it does not run.
    return [await loseSoon(device, arm, moments.make, async () => values(await dense.create({ weights, device, batch: 1 + below(4) })))];
  },
  "lost while it runs": async () => {
    const { device, arm } = fragile(await newDevice());
    const net = await small.create({ device });
    expect(await values(net)).toEqual(right);
    const first = await loseSoon(device, arm, moments.run, () => (below(4) > 0 ? values(net) : net.runToBuffers({ x })));
    return [first, await settled(values(net)), await settled(net.runToBuffers({ x }))];
  },
  "lost while it evaluates": async () => {
    const { device, arm } = fragile(await emptyDevice());
    const trainer = await trained.createTrainer({ device, seed: below(100) });
    const first = await loseSoon(device, arm, moments.run, () => trainer.evaluate(batch)); // a step or a copy would find what was there before
    return [first, await settled(trainer.step(batch)), await settled(trainer.evaluate(batch)), await settled((async () => trainer.save())())];
  },
  "lost while it trains": async () => {
    const { device, arm } = fragile(await newDevice());
    const trainer = await trained.createTrainer({ device });
    const work = below(4) > 0 ? "step" : "save";
    const first = await loseSoon(device, arm, moments.run, async () => (work === "step" ? trainer.step(batch) : trainer.save()), 40);
    if ("value" in first) expect(first.value).toEqual(undisturbed[work]);
    return [first, await settled(trainer.step(batch))];
  },
  "lost between": async () => {
    const device = await emptyDevice();
    const net = await small.create({ device });
    await net.run({ x });
    device.destroy();
    await ticks(below(10));
    return [await settled(values(net)), await settled(small.create({ device }))];
  },
  "no adapter": async () => {
    page(async () => (await ticks(below(5)), null));
    return [await settled(small.create())];
  },
  "the adapter refused": async () => {
    page(async () => (await ticks(below(5)), Promise.reject(new Error("blocked"))));
    return [await settled(small.create())];
  },
  "the device refused": async () => {
    const { adapter } = await gpu();
    page(async () => ({ features: adapter.features, limits: adapter.limits, requestDevice: async () => (await ticks(below(5)), Promise.reject(new Error("the adapter is used up"))) }));
    return [await settled(small.create())];
  },
  // The empty device has 512 MiB in all, which input, results and what they are read from are more than.
  "no memory": async () => {
    const device = await emptyDevice();
    try {
      return [await settled(wide.create({ device, batch: Math.floor(2 ** 19 * (0.8 + 0.2 * next())) }))];
    } finally {
      device.destroy();
    }
  },
};

describe.skipIf(!haveGpu)("a hundred failures", () => {
  test("each is an error with its code, in time, no output is made up, and the next net is right", async () => {
    await countMoments();
    expect(Math.min(moments.make / 4, moments.run)).toBeGreaterThan(8);
    const wrong: string[] = [];
    const ends: Record<string, number> = {};
    const kinds = Object.keys(failures);
    for (let i = 0; i < 100; i++) {
      const kind = kinds[i % kinds.length]!;
      for (const o of await failures[kind]!()) {
        const end = "value" in o ? "done" : o.error.name === "RncError" ? o.error.code! : String(o.error);
        ends[`${kind}: ${end}`] = (ends[`${kind}: ${end}`] ?? 0) + 1;
        if ("value" in o && Array.isArray(o.value) && String(o.value) !== String(right)) wrong.push(`${kind}: ${String(o.value)}`);
      }
    }
    expect(wrong).toEqual([]);
    // A run or a step may be done before the device is lost: its numbers were right.
    expect(Object.keys(ends).filter((end) => !/^lost while it (runs|evaluates|trains): done$/.test(end)).sort()).toEqual(kinds.map((kind) => `${kind}: ${kind === "no memory" ? "memory" : "device"}`).sort());
    expect(ends["lost while it runs: device"]).toBeGreaterThan(2 * (ends["lost while it runs: done"] ?? 0));
    const device = await newDevice();
    expect(await values(await small.create({ device }))).toEqual(right);
  }, 600_000);
});
