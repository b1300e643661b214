// ResNet-20, batch 1, one thread: our CPU targets beside tfjs cpu. All get the same weights and image; results are compared
// before anything is timed; then they take turns, so that whatever slows the machine slows all.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Compilation, compile, readSafetensors, writeSafetensors } from "../../src/index.ts";
import { dataFile } from "../harness/data.ts";
import type { Module } from "../harness/module.ts";
import { random } from "../harness/random.ts";
import { cacheFolder } from "./peers.ts";
import { tfjsResNet20, type Weight } from "./tfjs.ts";

const rounds = 25;
const ourRunsPerRound = 8;

export async function latency(): Promise<string[]> {
  const text = readFileSync(fileURLToPath(new URL("../../examples/cifar.rn", import.meta.url)), "utf8");
  const weights = networkWeights(text);
  const next = random(1);
  const image = Float32Array.from({ length: 3 * 32 * 32 }, () => next() * 2 - 1);
  const peer = await tfjsResNet20(weights);
  const expected = peer(image);
  const scale = Math.max(...expected.map(Math.abs));

  const ours = await Promise.all((["ts", "wasm"] as const).map(async (target) => ({ name: `rnc \`${target}\``, run: await runOf(text, target, weights), times: [] as number[] })));
  const differences = ours.map(({ name, run }) => {
    const difference = Math.max(...run(image).map((v, i) => Math.abs(v - expected[i]!)));
    if (!(difference <= 1e-4 * scale)) throw new Error(`${name} and tfjs disagree by ${difference}: nothing to time`);
    return difference;
  });

  const times: number[] = [];
  for (const { run } of ours) for (let i = 0; i < 200; i++) run(image);
  for (let round = 0; round < rounds; round++) {
    times.push(milliseconds(() => peer(image)));
    for (const o of ours) for (let i = 0; i < ourRunsPerRound; i++) o.times.push(milliseconds(() => o.run(image)));
  }
  const row = (name: string, t: readonly number[]): string =>
    `| ${name} | ${Math.min(...t).toFixed(2)} | ${median(t).toFixed(2)} | ${(Math.min(...times) / Math.min(...t)).toFixed(1)}× | ${(median(times) / median(t)).toFixed(1)}× |`;
  return [
    "| ResNet-20, 32×32, batch 1, one thread | best ms | median ms | tfjs / it, best | median |",
    "|---|---|---|---|---|",
    ...ours.map((o) => row(o.name, o.times)),
    row("tfjs cpu", times),
    "",
    `largest difference of a logit from tfjs: ${differences.map((d) => d.toExponential(1)).join(", ")} of ${scale.toFixed(1)}`,
  ];
}

/** The compiled network, as an application would import it. */
async function runOf(text: string, target: "ts" | "wasm", weights: Map<string, Weight>): Promise<(image: Float32Array) => Float32Array> {
  const [module] = compile(text, { only: "resnet20", js: true, target }).modules;
  const folder = join(cacheFolder, "modules");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `resnet20-${target}.mjs`);
  writeFileSync(file, module!.files.find((f) => f.name.endsWith(".js"))!.text);
  const net = await ((await import(pathToFileURL(file).href)) as Module).create({ weights: writeSafetensors(weights) });
  return (image) => net.runSync({ image })["logits"]!;
}

/** The published weights where they are at hand, else random ones of the same shapes: speed does not depend on them. */
function networkWeights(text: string): Map<string, Weight> {
  const published = dataFile("resnet20-cifar10.safetensors");
  if (existsSync(published)) return new Map(readSafetensors(new Uint8Array(readFileSync(published))).tensors);
  const next = random(2);
  const parameters = new Compilation(text, { only: "resnet20" }).exports[0]!.graph.parameters.map((p) => p.attrs as unknown as { name: string; shape: number[]; state: boolean });
  return new Map(parameters.map(({ name, shape }) => [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => (shape.length > 1 ? (next() - 0.5) / 4 : 0.5 + next())) }]));
}

function milliseconds(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
