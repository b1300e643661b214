// ResNet-20, batch 1, one thread: the ts target beside tfjs cpu. Both get the same weights and image; results are compared
// before anything is timed; then they take turns, so that whatever slows the machine slows both.
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
  const [module] = compile(text, { only: "resnet20", js: true }).modules;
  const folder = join(cacheFolder, "modules");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "resnet20.mjs"), module!.files.find((f) => f.name.endsWith(".js"))!.text);
  const ours = (await import(pathToFileURL(join(folder, "resnet20.mjs")).href)) as Module;

  const weights = networkWeights(text);
  const net = await ours.create({ weights: writeSafetensors(weights) });
  const peer = await tfjsResNet20(weights);
  const next = random(1);
  const image = Float32Array.from({ length: 3 * 32 * 32 }, () => next() * 2 - 1);

  const a = Float32Array.from(net.runSync({ image })["logits"]!);
  const b = peer(image);
  const difference = Math.max(...a.map((v, i) => Math.abs(v - b[i]!)));
  const scale = Math.max(...b.map(Math.abs));
  if (!(difference <= 1e-4 * scale)) throw new Error(`the two disagree by ${difference}: nothing to time`);

  const times = { ours: [] as number[], peer: [] as number[] };
  for (let i = 0; i < 20; i++) net.runSync({ image });
  for (let round = 0; round < rounds; round++) {
    times.peer.push(milliseconds(() => peer(image)));
    for (let i = 0; i < ourRunsPerRound; i++) times.ours.push(milliseconds(() => net.runSync({ image })));
  }
  const row = (name: string, t: number[]): string => `| ${name} | ${Math.min(...t).toFixed(2)} | ${median(t).toFixed(2)} |`;
  return [
    "| ResNet-20, 32×32, batch 1, one thread | best ms | median ms |",
    "|---|---|---|",
    row("rnc `ts`", times.ours),
    row("tfjs cpu", times.peer),
    `| ratio | ${(Math.min(...times.peer) / Math.min(...times.ours)).toFixed(1)}× | ${(median(times.peer) / median(times.ours)).toFixed(1)}× |`,
    "",
    `largest difference of a logit: ${difference.toExponential(1)} of ${scale.toFixed(1)}`,
  ];
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
