// `--target wgsl` on the command line: through a package that is not ours, on a GPU in software, as a user runs it: a process of its own, in a project where
// the package is installed.
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { tellAbsent } from "../harness/gpu/absent.ts";
import { unpacked, whyNotUnpack } from "../harness/gpu/unpack.ts";
import { dataFile, haveData } from "../harness/data.ts";
import { folder, rnc, root, spawned, type Result } from "./rnc.ts";
import { logOf, workplace } from "./training.ts";

const why = whyNotUnpack();
if (why !== null) tellAbsent("no GPU for the command", why);

const example = (name: string): string => join(root, "examples", `${name}.rn`);

describe.skipIf(why !== null)("on a GPU in software", () => {
  const { dawn, icd } = why === null ? unpacked() : { dawn: "", icd: "" };
  const at = workplace();
  symlinkSync(dirname(dawn), join(at, "node_modules"));
  const gpu = (...args: string[]): Result => spawned(args, { cwd: at, env: { VK_DRIVER_FILES: icd }, timeout: 300_000 });
  const wrong = ({ code, stdout, stderr }: Result): number => {
    expect([code, stderr.replace(/^[\d,]+ of .* left\n/gm, "")]).toEqual([0, ""]);
    return (JSON.parse(stdout) as { wrong: number }).wrong;
  };

  const wrongTrained = ({ code, stdout, stderr }: Result): number => {
    expect([code, stderr]).toEqual([0, expect.stringContaining("weights in ")]);
    return (JSON.parse(stdout) as { wrong: number }).wrong;
  };

  test("run counts as many wrong as wasm does", () => {
    const args = ["run", example("glyphs"), "--data", "glyphs:hard", "--limit", "100", "--batch", "32", "--json"];
    const found = wrong(gpu(...args, "--target", "wgsl", "--adapter", "swiftshader"));
    expect(found).toBe(wrong(rnc([...args, "--target", "wasm"])));
    expect(found).toBeGreaterThan(0);
  }, 300_000);

  test.skipIf(!haveData)("so it does with the published ResNet-20, on sixteen images", () => {
    const args = ["run", example("cifar"), "--only", "resnet20", "--weights", dataFile("resnet20-cifar10.safetensors"), "--data", `cifar10:${dataFile("cifar-10")}`, "--limit", "16", "--json"];
    expect(wrong(gpu(...args, "--target", "wgsl"))).toBe(wrong(rnc([...args, "--target", "wasm"])));
  }, 300_000);

  test("bench tells how many pipelines there are, how long it takes to make them, and then a run", () => {
    const { code, stdout } = gpu("bench", example("mlp"), "--target", "wgsl", "--runs", "5", "--json");
    expect(code).toBe(0);
    const { adapter, exports: [speed] } = JSON.parse(stdout) as { adapter: string; exports: readonly { name: string; pipelines: number; creation: number; first: number; best: number; median: number }[] };
    expect(adapter).toMatch(/SwiftShader/);
    const { pipelines, provenBatch } = (JSON.parse(rnc(["inspect", example("mlp"), "--target", "wgsl", "--json"]).stdout) as { exports: readonly [{ pipelines: number; provenBatch: number }] }).exports[0];
    expect(provenBatch).toBe(64);
    expect(speed).toMatchObject({ name: "mlp", pipelines });
    expect(speed!.best).toBeGreaterThan(0);
    expect(speed!.first).toBeGreaterThan(speed!.creation);
    expect(gpu("bench", example("mlp"), "--target", "wgsl", "--runs", "1").stdout).toMatch(/^SwiftShader.*\nexport\s+batch\s+pipelines\s+creation\s+first result/);
  }, 300_000);

  test("inspect tells how long they take to be made, where a GPU is named", () => {
    const { stdout } = gpu("inspect", example("mlp"), "--target", "wgsl", "--adapter", "swiftshader");
    expect(stdout).toMatch(/\n\d+ pipelines, made in [\d,]+ ms on SwiftShader.*; batches up to 64 are within the limits\n$/);
    expect(gpu("inspect", example("mlp"), "--target", "wasm", "--adapter", "swiftshader")).toMatchObject({ code: 2, stderr: expect.stringContaining("add --target wgsl") });
  }, 300_000);

  test("a batch that the device has no memory for is a failure, not a crash", () => {
    expect(gpu("run", example("glyphs"), "--data", "glyphs", "--target", "wgsl", "--batch", "100000")).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/^error: batch 100000 needs a buffer of \d+ bytes; the GPU device has at most/) });
  }, 120_000);

  test("train learns what wasm learns, into weights that run", () => {
    const train = (target: string): readonly string[] => ["train", "tiny.rn", "--data", "csv:learn.csv", "--eval", "csv:unseen.csv", "--mean", "0.8", "--std", "0.7", "--steps", "30", "--target", target, "--out", target, "--json"];
    const [onGpu, onCpu] = [wrongTrained(gpu(...train("wgsl"))), wrongTrained(rnc(train("wasm"), { cwd: at }))];
    expect(onGpu).toBe(onCpu);
    const losses = (run: string): readonly number[] => logOf(join(at, run)).flatMap((r) => (r.loss === undefined ? [] : [r.loss]));
    expect(losses("wgsl")).toHaveLength(30);
    losses("wasm").forEach((loss, k) => expect(losses("wgsl")[k], `step ${k + 1}`).toBeCloseTo(loss, 3));
    expect(wrong(rnc(["run", "tiny.rn", "--weights", "wgsl/tiny.safetensors", "--data", "csv:unseen.csv", "--json"], { cwd: at }))).toBe(onGpu);
  }, 300_000);

  test("where Dawn finds no driver, that is said", () => {
    for (const adapter of ["default", "swiftshader"]) {
      const { code, stdout, stderr } = spawned(["run", example("glyphs"), "--data", "glyphs", "--target", "wgsl", "--adapter", adapter], { cwd: at, env: { VK_DRIVER_FILES: "/no/such/icd.json" } });
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/error: Dawn finds no (GPU adapter|adapter in software) here\n {2}= help: .*VK_DRIVER_FILES/);
    }
  });
});

describe("where the package does not do", () => {
  /** A copy of the command that has no packages beside it, and what it says in a project with that text as the package. */
  const alone = (text: string | null, ...args: string[]): Result => {
    const at = folder();
    cpSync(join(root, "dist"), join(at, "dist"), { recursive: true });
    const project = join(at, "project");
    mkdirSync(join(project, "node_modules/webgpu"), { recursive: true });
    if (text !== null) {
      writeFileSync(join(project, "node_modules/webgpu/package.json"), '{ "name": "webgpu", "type": "module", "main": "index.js" }');
      writeFileSync(join(project, "node_modules/webgpu/index.js"), text);
    }
    return spawned(["run", example("glyphs"), "--data", "glyphs", "--target", "wgsl", ...args], { cwd: project, command: join(at, "dist/rnc.js") });
  };

  test.each([
    ["it is not installed", null, [], /^error: --target wgsl computes through the package webgpu, which is not installed\n {2}= help: npm install webgpu, in the folder/],
    ["it does not load", "throw new Error('GLIBCXX_3.4.32 not found');", [], /^error: the package webgpu does not load here: GLIBCXX_3.4.32 not found\n {2}= help: npm install webgpu@/],
    ["there is no adapter in software", "export const create = () => ({ requestAdapter: async ({ forceFallbackAdapter }) => (forceFallbackAdapter ? null : {}) });", ["--adapter", "swiftshader"], /^error: Dawn finds no adapter in software here/],
    ["the adapter is another one", "export const create = () => ({ requestAdapter: async () => ({ info: { isFallbackAdapter: false } }) });", ["--adapter", "swiftshader"], /^error: Dawn finds no adapter in software here/],
    ["the adapter gives no device", "export const create = () => ({ requestAdapter: async () => ({ info: {}, limits: {}, features: new Set(), requestDevice: async () => { throw new Error('lost'); } }) });", [], /^error: the GPU adapter gives no device: lost\n/],
  ] as const)("%s", (_, text, args, message) => {
    expect(alone(text, ...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(message) });
  });

  test("an adapter is asked for where there is none to choose", () => {
    expect(rnc(["run", example("glyphs"), "--data", "glyphs", "--adapter", "swiftshader"])).toMatchObject({ code: 2, stderr: expect.stringContaining("add --target wgsl") });
    expect(rnc(["train", example("glyphs"), "--target", "wasm", "--adapter", "swiftshader", "--out", folder()])).toMatchObject({ code: 2, stderr: expect.stringContaining("add --target wgsl") });
    expect(rnc(["run", example("glyphs"), "--adapter", "vulkan"])).toMatchObject({ code: 2, stderr: expect.stringContaining("Allowed choices are default, swiftshader") });
  });
});
