// Limits, proven and real: what the compiler accepts for a batch a device of just those limits takes, what it refuses the device refuses; around every
// boundary. The device is Dawn's without a driver: it validates all and computes nothing.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { demandsOf } from "../../src/codegen/wgsl/demands.ts";
import { wgslFunctions } from "../../src/codegen/wgsl/module.ts";
import { LEAST_LIMITS } from "../../src/codegen/wgsl/limits.ts";
import { problemOfLimits } from "../../src/compiler/limits.ts";
import { Compilation, compile, type CompileOptions, type Diagnostic } from "../../src/index.ts";
import { functionsOf } from "../codegen/wgsl.ts";
import { wgslNodes } from "../codegen/wgsl-nodes.ts";
import { evaluate } from "../harness/execute.ts";
import { gpu, haveGpu } from "../harness/gpu.ts";
import { deviceOf, instance } from "../harness/gpu/dawn.ts";
import { counted, watched } from "../harness/gpu/watched.ts";
import { load, weightsFile } from "../harness/module.ts";

interface Module {
  create(options: object): Promise<{ run(inputs: object): Promise<Record<string, Float32Array>>; dispose(): void }>;
}

const MOST = 65_535;
/** Elements of the longest range that can be bound. */
const BINDING = LEAST_LIMITS.maxStorageBufferBindingSize / 4;
const MOST_SAMPLES = 600;
const judge = deviceOf(await instance(["backend=null"]), () => ({}));

const program = (length: number): string => `model m {\n  input x: [1, 1, ${length}]\n  relu\n  gap\n  output y\n}\n`;
const example = (name: string): string => readFileSync(new URL(`../../examples/${name}.rn`, import.meta.url), "utf8");
const zeros = (shape: readonly number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const message = (d: Diagnostic): string => d.message;
/** What the compiler says of limits. */
const beyond = (text: string, options: CompileOptions, told = message): readonly string[] => compile(text, { target: "wgsl", ...options }).diagnostics.filter((d) => d.code === "RN801").map(told);

const modules = new Map<string, Module>();
/** Of a program that is refused, too. */
function moduleOf(text: string, only?: string): Module {
  const known = modules.get(text) ?? (evaluate(new Compilation(text, { target: "wgsl", js: true, ...(only === undefined ? {} : { only }) }).exports[0]!.module.files[0]!.text) as unknown as Module);
  modules.set(text, known);
  return known;
}

/** Makes the net and runs it with a full batch: the dispatches, or the code of the error. */
async function tried(text: string, batch: number, elements: number): Promise<(readonly [number, number])[] | string> {
  const { device, dispatches } = counted(await judge);
  const x = device.createBuffer({ size: 4 * elements * batch, usage: 4 | 8 | 128 });
  try {
    const net = await moduleOf(text).create({ batch, device });
    try {
      await net.run({ x });
    } finally {
      net.dispose();
    }
    return dispatches;
  } catch (e) {
    if ((e as Error).name !== "RncError") throw e;
    return (e as { code: string }).code;
  } finally {
    x.destroy();
  }
}

/** Lengths of a sample and batches with the product; each sample's place is rounded up, so there are not many samples. */
function pairs(product: number): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let b = 1; b <= MOST_SAMPLES; b++) if (product % b === 0) found.push([product / b, b]);
  return found;
}

describe("65,535 groups", () => {
  // A map of one element an invocation, or of four: 4,194,240 or 16,776,960 elements are 65,535 groups of 64.
  test.each([["one", 1, 2, 31, 72], ["four", 4, 1, 88, 37]] as const)("%s an invocation: one row up to there, more from there on, whatever the batch", async (_, unit, most, one, more) => {
    const seen = { one: 0, more: 0 };
    const invocations = [1, 2].slice(0, most).flatMap((rows) => [-65, -64, -63, -1, 0, 1, 2, 3, 5, 61, 63, 64, 65, 127].map((off) => rows * MOST * 64 + off));
    for (const total of invocations) {
      for (const [length, batch] of pairs(unit * total).filter(([length]) => (length % 4 === 0) === (unit === 4))) {
        const text = program(length);
        expect(beyond(text, { maxBatch: batch }), text).toEqual([]);
        const groups = Math.ceil(total / 64);
        const [x, y] = (await tried(text, batch, length))[0] as readonly [number, number];
        const rows = Math.ceil(groups / MOST);
        expect([x, y], `${length} · ${batch}`).toEqual([Math.ceil(groups / rows), rows]);
        seen[rows === 1 ? "one" : "more"]++;
      }
    }
    expect(seen).toEqual({ one, more });
  }, 120_000);

  test("the rows that are more are in two dimensions for shaders, too: every one counts groups alike and returns beyond its work", () => {
    const texts = ["cifar", "densenet", "unet", "mlp"].flatMap((name) => new Compilation(example(name), { target: "wgsl" }).exports.flatMap((e) => wgslFunctions(e.plan).shaders));
    const kinds = wgslNodes.flatMap(([, node]) => functionsOf(node()).shaders);
    expect(texts.length).toBeGreaterThan(100);
    expect(kinds.filter((text) => text.includes("Barrier")).length).toBeGreaterThan(1); // where whole groups return
    for (const text of [...texts, ...kinds]) expect(text).toMatch(/\n  let group = id\.y \* size\.x \+ id\.x;\n(  let i = group \* 64 \+ lane;\n  if \(i >= .*\)|  if \(group >= .*\)) \{ return; \}\n/);
  });
});

describe("128 MiB", () => {
  test("ranges up to there are accepted, longer ones refused, by the compiler as by the host", async () => {
    const seen = { accepted: 0, refused: 0 };
    for (const batch of [1, 2, 3, 5, 7, 8, 13, 64, 100, 255, 256, 1000, 4096, MOST]) {
      const most = 64 * Math.floor(BINDING / (64 * batch));
      for (const length of [most - 64, most - 1, most, most + 1, most + 64]) {
        const text = program(length);
        const fits = 64 * Math.ceil(length / 64) * batch <= BINDING;
        expect(beyond(text, { maxBatch: batch }), `${length} · ${batch}`).toEqual(fits ? [] : [expect.stringContaining("maxStorageBufferBindingSize is 134217728")]);
        const outcome = await tried(text, batch, length);
        expect(typeof outcome === "string" ? outcome : "ran", `${length} · ${batch}`).toBe(fits ? "ran" : "batch");
        seen[fits ? "accepted" : "refused"]++;
      }
    }
    expect(seen).toEqual({ accepted: 42, refused: 28 });
  }, 120_000);
});

describe("networks", () => {
  const networks = { cifar: "resnet20", densenet: undefined, unet: undefined, mlp: undefined } as const;
  const compiled = Object.entries(networks).map(([file, only]) => {
    const text = example(file);
    return { text, e: new Compilation(text, { target: "wgsl", ...(only ? { only } : {}) }).exports[0]! };
  });

  test.each(compiled)("the largest batch that is accepted a device takes, and no larger one", async ({ text, e }) => {
    const refused = beyond(text, { only: e.name, maxBatch: 1_000_000 }, (d) => d.help[0]!.message)[0]!;
    const most = Number(/^--max-batch (\d+) is within the limits$/.exec(refused)![1]);
    expect(beyond(text, { only: e.name, maxBatch: most })).toEqual([]);
    expect(beyond(text, { only: e.name, maxBatch: most + 1 })).not.toEqual([]);
    const weights = weightsFile(Object.fromEntries(e.plan.parameters.map((p) => [p.buffer.name!, zeros(p.node.type.shape as readonly number[])])));
    const module = moduleOf(text, e.name);
    const made = async (batch: number): Promise<string> => module.create({ weights, batch, device: await judge }).then((net) => (net.dispose(), "made"), (error: { code: string }) => error.code);
    expect(await made(most + 1)).toBe("batch");
    expect(["made", "memory"]).toContain(await made(most)); // the device without a driver has 512 MiB in all
  }, 120_000);

  test("a step of training with the largest batch that is accepted a device takes, and no larger one", async () => {
    const text = (batch: number): string => `model m {\n  input x: [3, 64, 64]\n  conv(16, 3) -> bn -> relu -> conv(16, 3) -> gap -> dense(3)\n  output y\n}\ntrain m {\n  loss = cross_entropy(y)\n  optimizer = adam\n  batch = ${batch}\n}\n`;
    const refused = beyond(text(100_000), { train: true }, (d) => d.help[0]!.message);
    expect(new Set(refused).size).toBeLessThanOrEqual(2); // a step and an evaluation, which takes less
    const most = Math.min(...refused.map((help) => Number(/^batch = (\d+) is within the limits$/.exec(help)![1])));
    expect(beyond(text(most), { train: true })).toEqual([]);
    expect(beyond(text(most + 1), { train: true })).not.toEqual([]);
    const { createTrainer } = (await load(text(1), { target: "wgsl", train: true })) as unknown as { createTrainer(options: object): Promise<{ dispose(): void }> };
    const made = async (batch: number): Promise<string> => createTrainer({ batch, device: await judge }).then((trainer) => (trainer.dispose(), "made"), (error: { code: string }) => error.code);
    expect(await made(most + 1)).toBe("batch");
    expect(["made", "memory"]).toContain(await made(most));
  }, 120_000);

  test("of a trainer the largest buffer is known to the byte, though no plan has it", async () => {
    const text = "model m {\n  input x: [4]\n  dense(3)\n  output y\n}\ntrain m {\n  loss = cross_entropy(y)\n  optimizer = sgd(lr = 0.1)\n  batch = 2\n}\n";
    let most = 0;
    const device = watched(await judge, { createBuffer: (make) => (asked: GPUBufferDescriptor) => ((most = Math.max(most, asked.size)), make(asked as never)) });
    const { createTrainer } = (await load(text, { target: "wgsl", train: true })) as unknown as { createTrainer(options: object): Promise<{ dispose(): void }> };
    (await createTrainer({ batch: 2, device })).dispose();
    const judged = (maxBufferSize: number): readonly string[] => beyond(text, { train: true, limits: { maxBufferSize } });
    expect(judged(most)).toEqual([]);
    expect(judged(most - 1)).toEqual([expect.stringContaining(`the buffer that results and weights are read from needs ${most} bytes`)]);
  });

  test("each limit by itself: as much as is asked for is enough, one less is not", () => {
    const { text, e } = compiled[0]!;
    const batch = 5;
    const most = new Map<string, number>();
    for (const d of demandsOf(e.plan)) most.set(d.limit, Math.max(most.get(d.limit) ?? 0, d.amount(batch)));
    most.delete("indices");
    for (const [limit, amount] of most) if (amount === 0) most.delete(limit); // nothing is asked for
    for (const [limit, amount] of most) {
      const judged = (value: number): readonly string[] => beyond(text, { only: e.name, maxBatch: batch, limits: { [limit]: value } });
      expect(judged(amount), limit).toEqual([]);
      if (amount === 0) continue; // none is asked for: of workgroup memory
      expect(judged(limit.startsWith("min") ? amount * 2 : amount - 1), limit).toEqual([expect.stringMatching(`${limit} is `)]);
    }
    expect([...most.keys()].sort()).toEqual([
      "maxBindGroups", "maxBindingsPerBindGroup", "maxBufferSize", "maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupSizeX", "maxComputeWorkgroupsPerDimension",
      "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage", "maxUniformBufferBindingSize", "maxUniformBuffersPerShaderStage", "minStorageBufferOffsetAlignment", "minUniformBufferOffsetAlignment",
    ]);
  });

  test("nothing that is asked for shrinks as the batch grows", () => {
    let compared = 0;
    for (const { e } of compiled) {
      for (const d of demandsOf(e.plan)) {
        for (let batch = 1, before = 0; batch < 1e6; batch = Math.ceil(batch * 1.3)) {
          const amount = d.amount(batch);
          expect(amount, `${d.limit} of ${d.what} at ${batch}`).toBeGreaterThanOrEqual(before);
          before = amount;
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(10_000);
  });
});

describe("what can be said", () => {
  test("one diagnostic for each limit, with what is needed, what there is, and what helps", () => {
    const [first, second] = compile(program(BINDING / 8), { target: "wgsl", maxBatch: 17 }).diagnostics;
    expect([first!.message, first!.help.map((h) => h.message)]).toEqual([
      "m with a batch of 17: the buffer of activations needs 285217024 bytes; maxBufferSize is 268435456",
      ["--max-batch 8 is within the limits", "for devices that have more: --limits with the limits of their adapter, a JSON file"],
    ]);
    expect(second!.message).toMatch(/^m with a batch of 17: a range that .* works on needs 285212672 bytes; maxStorageBufferBindingSize is 134217728$/);
    expect(beyond(program(BINDING / 8), { maxBatch: 17, limits: { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 32 } })).toEqual([]);
    expect(beyond(program(BINDING), { maxBatch: 64, limits: { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 } })).toEqual([expect.stringContaining("kernels count at most 1073741823")]);
  });

  test("profiles: known names, whole numbers; all that an adapter says", async () => {
    const adapter = (await judge).limits;
    const all = Object.fromEntries(Object.keys(LEAST_LIMITS).map((name) => [name, adapter[name as keyof typeof adapter]]));
    expect(all).toEqual(LEAST_LIMITS);
    expect(problemOfLimits(all)).toBeNull();
    expect(problemOfLimits({ maxBufferSizes: 1 })).toBe('WebGPU has no limit "maxBufferSizes": did you mean maxBufferSize?');
    expect(problemOfLimits({ maxBufferSize: "1" })).toBe('maxBufferSize is a whole number, not "1"');
    expect(problemOfLimits({ maxBufferSize: -1 })).toBe("maxBufferSize is a whole number, not -1");
    expect(problemOfLimits({ minStorageBufferOffsetAlignment: 48 })).toBe("minStorageBufferOffsetAlignment is a power of two, not 48");
    for (const wrong of [null, 3, [], "spec"]) expect(problemOfLimits(wrong)).toMatch(/^limits are an object/);
    expect(() => compile(program(4), { target: "wgsl", limits: { maxBuffer: 1 } as never })).toThrow(RangeError);
    expect(() => compile(program(4), { target: "wgsl", maxBatch: 0 })).toThrow("maxBatch is a whole number from 1, not 0");
    expect(() => compile(program(4), { target: "wasm", maxBatch: 2 })).toThrow("--target wasm has none");
  });
});

describe.skipIf(!haveGpu)("on a GPU, more than 65,535 groups in two rows", () => {
  const run = async (text: string, batch: number, x: Float32Array): Promise<Float32Array> => {
    const net = await moduleOf(text).create({ batch, device: await (await gpu()).device() });
    try {
      return (await net.run({ x }))["y"]!.slice();
    } finally {
      net.dispose();
    }
  };

  test("a map: every number is right, at both ends and where the rows meet", async () => {
    const length = 65_536 * 64 + 63; // 65,537 groups
    const x = Float32Array.from({ length }, (_, i) => (i % 2 === 0 ? i : -i));
    const y = await run(`model m {\n  input x: [${length}]\n  relu\n  output y\n}\n`, 1, x);
    expect(y).toHaveLength(length);
    expect(y.findIndex((v, i) => v !== Math.max(0, x[i]!))).toBe(-1);
  }, 120_000);
});
