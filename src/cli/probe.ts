// `rnc probe`: values and gradients of every layer at initialisation, of a network and of the plain one beside it. One step of a trainer
// on one batch; nothing is learned.
import { basename, dirname, extname } from "node:path";
import { OVERFLOWN, probes } from "../autodiff/probe.ts";
import type { ExportCompilation } from "../compiler/compilation.ts";
import { makeProbe, type Probe } from "../compiler/probe.ts";
import { makeBatches } from "../data/batches.ts";
import { sizeOf, stored, type DataSet } from "../data/dataset.ts";
import { bitsAt, streamOf } from "../data/random.ts";
import { figure } from "../draw/chart.ts";
import { probeFigure, type ProbedNetwork } from "../draw/probe.ts";
import { terminalFigure } from "../draw/terminal-chart.ts";
import { elementsPerSample } from "../ir/type.ts";
import { readSafetensors } from "../runtime/safetensors-file.ts";
import { readData } from "./data/source.ts";
import { suit } from "./data/training.ts";
import { ExitCode, failure, usageError } from "./exit.ts";
import { writeAll } from "./files.ts";
import { asFailure, importModule } from "./generated.ts";
import { checkTogether, count, index } from "./numbers.ts";
import { exportsOf, openProgram, type BuildOptions } from "./program.ts";
import { onlyInput, type Signature } from "./signature.ts";
import { integer } from "./table.ts";
import { print, say, seriesPaint } from "./terminal.ts";
import type { TrainingModule } from "./train/trainer.ts";

export interface ProbeOptions extends BuildOptions {
  readonly data?: string;
  readonly batch: string;
  readonly seed: string;
  readonly out?: string;
  readonly json?: boolean;
}

const MOST_SEEDS = 2 ** 24;

export async function probe(path: string, options: ProbeOptions): Promise<number> {
  if (options.out !== undefined && extname(options.out) !== ".svg") throw usageError(`-o wants a .svg file, not ${JSON.stringify(options.out)}`);
  const batch = count("--batch", options.batch);
  const seed = index("--seed", options.seed, MOST_SEEDS - 1);
  const e = onlyExport(path, { ...options, plain: false });
  if (!e) return ExitCode.failure;
  const beside = options.plain ? onlyExport(path, { ...options, plain: true, only: e.name }) : null;
  if (options.plain && !beside) return ExitCode.failure;
  const input = onlyInput(e, "probe");
  checkTogether("--batch", batch, sizeOf(input.shape));
  const data = await samples(options.data, input, batch);
  const networks = [{ name: e.name, layers: await measure(e, input, data, batch, seed) }];
  if (beside) networks.push({ name: "plain", layers: await measure(beside, input, data, batch, seed) });
  show(e.name, `${data.name} · batch ${batch} · seed ${seed} · cross-entropy`, networks, options);
  return ExitCode.success;
}

function onlyExport(path: string, options: BuildOptions): ExportCompilation | null {
  const exports = exportsOf(openProgram(path, options));
  if (!exports) return null;
  if (exports.length > 1) throw usageError(`${path} has ${exports.length} exports; probe takes one`, `choose one with --only: ${exports.map((x) => x.name).join(", ")}`);
  return exports[0]!;
}

async function samples(spec: string | undefined, { shape }: Signature, batch: number): Promise<DataSet> {
  if (spec !== undefined || shape.join() === "3,32,32") return readData(spec ?? "glyphs", null, "train");
  const stream = streamOf(0);
  const values = Float32Array.from({ length: batch * sizeOf(shape) }, (_, i) => bitsAt(stream, i) / 2 ** 31 * Math.sqrt(3)); // variance 1
  return { name: "random numbers", count: batch, shape, values: stored(values, shape), scale: 1, labels: Int32Array.from({ length: batch }, (_, i) => i), normalisation: null, place: () => "random numbers" };
}

async function measure(e: ExportCompilation, input: Signature, data: DataSet, batch: number, seed: number): Promise<ProbedNetwork["layers"]> {
  const made = makeProbe(e.graph);
  if (!made) throw failure(`${e.name} has no output of the form [classes], so there is no loss to take gradients of`);
  const { label, least } = made;
  if (batch < least) throw usageError(`--batch: ${e.name} wants at least ${least} samples, since batch norm needs two values of each channel`);
  const drawn = data.name === "random numbers" ? { ...data, labels: data.labels.map((l) => l % label.classes) } : data;
  const normalisation = suit(drawn, input, { name: label.name, shape: [label.classes] }, null);
  if (drawn.count < batch) throw failure(`${drawn.name} has ${integer(drawn.count)} samples, which do not fill a batch of ${batch}`);
  const images = new Float32Array(batch * sizeOf(input.shape));
  const labels = new Int32Array(batch);
  makeBatches(drawn, { batch, seed: 0, normalisation, augment: [], shape: input.shape }).at(0, images, labels);
  return read(made, await step(e.name, made, { [input.name]: images, [label.name]: labels }, batch, seed), batch);
}

/** What the step wrote, as a file. */
async function step(name: string, { module }: Probe, given: Readonly<Record<string, ArrayLike<number>>>, batch: number, seed: number): Promise<Uint8Array> {
  const { module: imported } = await importModule<TrainingModule>({ name, module }, false);
  try {
    const trainer = await imported.createTrainer({ batch, seed, threads: 1 });
    await trainer.step(given);
    return trainer.save();
  } catch (error) {
    throw asFailure(error, `${name}: `);
  }
}

function read({ layers }: Probe, written: Uint8Array, batch: number): ProbedNetwork["layers"] {
  const { tensors } = readSafetensors(written);
  const sum = (name: string): number | null => {
    const value = tensors.get(name)?.data[0] ?? null;
    return value === OVERFLOWN ? null : value;
  };
  return layers.map(({ name, node }, k) => {
    const [values, gradient] = [sum(probes.values(k)), sum(probes.gradient(k))];
    return { name, values: values === null ? null : Math.sqrt(values / (batch * elementsPerSample(node.type.shape))), gradient: gradient === null ? null : Math.sqrt(gradient) };
  });
}

function show(name: string, facts: string, networks: readonly ProbedNetwork[], { out, json }: ProbeOptions): void {
  const chart = probeFigure(`${name} at initialisation`, facts, networks);
  if (json) print(`${JSON.stringify({ networks }, null, 2)}\n`);
  else print(terminalFigure(chart, { columns: Math.min(process.stdout.columns ?? 100, 140), rows: 9 }, seriesPaint(process.stdout)) + networks.map(summary).join(""));
  if (out === undefined) return;
  writeAll(dirname(out), [{ name: basename(out), content: figure(chart), replaces: () => true }]);
  say(`wrote ${out}\n`);
}

/** "resnet110: 110 layers, gradients from 0.012 (conv1) to 1.3 (linear)", or which layer makes the first values that f32 does not hold. */
function summary({ name, layers }: ProbedNetwork): string {
  const sorted = layers.filter((l) => l.gradient !== null).sort((a, b) => a.gradient! - b.gradient!);
  const [low, high] = [sorted[0], sorted.at(-1)];
  const range = low && high ? `, gradients from ${low.gradient!.toPrecision(2)} (${low.name}) to ${high.gradient!.toPrecision(2)} (${high.name})` : ", no gradient is finite";
  const first = layers.findIndex((l) => l.values === null);
  const overflow = first < 0 ? "" : `${name}: the values of ${layers[first]!.name}, layer ${first + 1}, are the first whose squares are more than f32 holds (3.4e38)\n`;
  return `${name}: ${layers.length} layers${range}\n${overflow}`;
}
