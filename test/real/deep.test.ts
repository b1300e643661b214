// Depth: networks of a thousand layers compile, verify and run; their modules stay about as small as ResNet-20's.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { Compilation, compile, writeSafetensors, type CompileOptions, type ExportCompilation } from "../../src/index.ts";
import { reachable } from "../../src/ir/graph.ts";
import { importText } from "../harness/module.ts";
import { random } from "../harness/random.ts";

const example = (name: string): string => readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8");

/** Weights that keep a signal alive through any depth: small kernels, statistics of a unit normal. */
function randomWeights(e: ExportCompilation): Uint8Array {
  const next = random(7);
  return writeSafetensors(e.graph.parameters.map((p) => {
    const { name, shape, init } = p.attrs as unknown as { name: string; shape: readonly number[]; init: string };
    const scale = Math.sqrt(1 / shape.slice(1).reduce((a, b) => a * b, 1)) / 4;
    return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => (init === "one" ? 1 : init === "zero" ? 0 : (next() * 2 - 1) * scale)) }];
  }));
}

test.each<[string, string, CompileOptions, number]>([
  ["ResNet-1001", "preact.rn", { only: "resnet1001" }, 10_327_706],
  ["ResNet-1202", "cifar.rn", { only: "resnet110", defines: { n: "200" } }, 19_421_274],
])("%s compiles, verifies and runs", async (_, file, options, parameters) => {
  const [e] = new Compilation(example(file), { ...options, js: true }).exports;
  expect(e!.summary.parameters).toBe(parameters);
  expect(reachable(e!.opt).length).toBeGreaterThan(5000); // verified after every pass on the way
  const net = await (await importText(e!.module.files[0]!.text)).create({ weights: randomWeights(e!) });
  const next = random(3);
  const image = Float32Array.from({ length: 3072 }, () => next() * 2 - 1);
  const first = Float32Array.from(net.runSync({ image })["logits"]!);
  expect(first.every(Number.isFinite)).toBe(true);
  expect(new Set(first).size).toBe(10);
  expect(net.runSync({ image })["logits"]).toEqual(first);
}, 120_000);

test.each(["ts", "wasm"] as const)("--target %s: ResNet-1202's module is at most 1.3 times ResNet-20's", (target) => {
  const gzipped = (n: string): number => gzipSync(compile(example("cifar.rn"), { only: "resnet110", defines: { n }, target }).modules[0]!.files[0]!.text).length;
  expect(gzipped("200") / gzipped("3")).toBeLessThanOrEqual(1.3);
});

test("ResNet-50's module with kernels in WebAssembly is at most 60 KB, compressed and without weights", () => {
  const { files } = compile(example("imagenet.rn"), { only: "resnet50", target: "wasm", js: true }).modules[0]!;
  expect(gzipSync(files.find((f) => f.name.endsWith(".js"))!.text).length).toBeLessThanOrEqual(60 * 1024);
});
