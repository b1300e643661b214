// `rnc run`: compiles in memory, imports the module, and feeds it: labelled data (wrong count, top-1 error, images per second)
// or one input (its outputs). Law: what is run is the generated module, through its public contract.
import { basename } from "node:path";
import type { ExportCompilation } from "../compiler/compilation.ts";
import { fill, stored, type DataSet, type Normalisation } from "../data/dataset.ts";
import { checkNormalisation, fits } from "./data/fit.ts";
import { isScaled, readData } from "./data/source.ts";
import { ExitCode, failure, usageError } from "./exit.ts";
import { limits, readTrusted } from "./files.ts";
import { asFailure, importModule } from "./generated.ts";
import { openDevice, type GpuOptions } from "./gpu.ts";
import { count, number } from "./numbers.ts";
import { showOutputs } from "./outputs.ts";
import { exportsOf, openProgram, report, type BuildOptions } from "./program.ts";
import { startProgress } from "./progress.ts";
import { askedNormalisation, channelsOf, onlyInput, outputsOf, type Signature } from "./signature.ts";
import { integer } from "./table.ts";
import { print, say } from "./terminal.ts";
import { findWeights, type Weights } from "./weights.ts";

export interface RunOptions extends BuildOptions, GpuOptions {
  readonly weights?: string;
  readonly data?: string;
  readonly input?: string;
  readonly limit?: string;
  readonly batch: string;
  readonly scale?: string;
  readonly mean?: string;
  readonly std?: string;
  readonly json?: boolean;
}

/** A generated module, as its contract says. */
interface Module {
  readonly create: (options: { readonly weights?: Uint8Array; readonly batch: number; readonly device?: object }) => Promise<Net>;
}
interface Net {
  readonly run: (inputs: Readonly<Record<string, Float32Array>>) => Promise<Readonly<Record<string, Float32Array>>>;
  readonly dispose: () => void;
}

export async function run(path: string, options: RunOptions): Promise<number> {
  const program = openProgram(path, options, { js: true });
  if ((options.data === undefined) === (options.input === undefined)) throw usageError("run wants --data or --input");
  const batch = options.input === undefined ? count("--batch", options.batch) : 1;
  const exports = exportsOf(program);
  if (!exports) return ExitCode.failure;
  if (exports.length > 1) throw usageError(`${path} has ${exports.length} exports; run takes one`, `choose one with --only: ${exports.map((x) => x.name).join(", ")}`);
  const e = exports[0]!;
  const found = findWeights(e, program, options.weights);
  if (report(found.diagnostics, program.file)) return ExitCode.failure;
  const { weights } = found;
  if (!weights && e.graph.parameters.length > 0) throw usageError(`${e.name} needs weights`, 'name them with --weights, or in the program: export … from "file.safetensors"');
  const input = onlyInput(e, "run");
  const normalisation = chooseNormalisation(options, weights, input.shape);
  if (options.input !== undefined) {
    const values = await readInput(options.input, input.shape, normalisation);
    const net = await instantiate(e, weights, 1, options);
    try {
      print(showOutputs(outputsOf(e), await net.run({ [input.name]: values }), options.json ?? false));
    } finally {
      net.dispose();
    }
    return ExitCode.success;
  }
  const data = await readData(options.data!, chooseScale(options, weights));
  if (!fits(data.shape, input.shape)) throw failure(`${data.name} has samples of [${data.shape.join(", ")}], but ${e.name} takes ${input.name} of [${input.shape.join(", ")}]`);
  const applied = normalisation ?? (data.normalisation && checkNormalisation(data.normalisation, channelsOf(input.shape), data.name));
  const total = options.limit === undefined ? data.count : Math.min(data.count, count("--limit", options.limit));
  const classes = classesOf(e);
  const result = await evaluate(await instantiate(e, weights, batch, options), data, total, batch, input, classes, applied);
  const error = result.wrong / total;
  const imagesPerSecond = total / result.seconds;
  if (options.json) print(`${JSON.stringify({ export: e.name, data: data.name, weights: weights?.name ?? null, count: total, wrong: result.wrong, error, imagesPerSecond, seconds: result.seconds, batch, normalisation: applied }, null, 2)}\n`);
  else print(`${e.name} on ${data.name}: ${integer(result.wrong)} wrong of ${integer(total)} · top-1 error ${(100 * error).toFixed(2)} % · ${imagesPerSecond.toFixed(imagesPerSecond < 100 ? 1 : 0)} images/s\n`);
  return ExitCode.success;
}

/** The output that tells classes: the first that is one row of numbers. */
function classesOf(e: ExportCompilation): Signature {
  const found = outputsOf(e).find((o) => o.shape.length === 1 && o.shape[0]! > 1);
  if (!found) throw failure(`${e.name} has no output of the form [classes], so nothing can be counted as wrong`);
  return found;
}

/** The command line wins over what the weights were trained with; null where neither says anything. */
function chooseNormalisation(options: RunOptions, weights: Weights | null, shape: readonly number[]): Normalisation | null {
  const asked = askedNormalisation(options, shape);
  if (asked) return asked;
  return weights?.normalisation ? checkNormalisation(weights.normalisation, channelsOf(shape), weights.name) : null;
}

/** As `chooseNormalisation`; null where the data know it. */
function chooseScale({ scale, data }: RunOptions, weights: Weights | null): number | null {
  if (scale !== undefined) return number("--scale", scale);
  return isScaled(data!) && weights ? weights.scale : null;
}

/** The first bytes of files. */
const NPY = 0x93;
const PNG = 0x89;

async function readInput(path: string, shape: readonly number[], normalisation: Normalisation | null): Promise<Float32Array> {
  const bytes = readTrusted(path, limits.image);
  const name = basename(path);
  if (bytes[0] === NPY) {
    const { readNpy } = await import("./data/npy.ts");
    const { shape: given, data } = readNpy(bytes, name);
    const bare = given.length === shape.length + 1 && given[0] === 1 ? given.slice(1) : given;
    if (bare.join() !== shape.join()) throw failure(`${name} is [${given.join(", ")}], but the input is [${shape.join(", ")}]`);
    return data;
  }
  if (bytes[0] !== PNG) throw failure(`${name} is no PNG file and no npy file`, "an input is a .npy or .png; rnc run reads .csv with --data csv:FILE");
  const { readPng } = await import("./data/png.ts");
  const { shape: given, data } = readPng(bytes, name);
  if (!fits(given, shape)) throw failure(`${name} is an image of [${given.join(", ")}], but the input is [${shape.join(", ")}]`, "rnc does not resize or recolour images");
  if (!normalisation) say(`note: ${name} is given as values from 0 to 1; the weights say nothing about mean and std, see --mean and --std\n`);
  const out = new Float32Array(data.length);
  fill({ name, count: 1, shape: given, values: stored(data, given), scale: 1, labels: new Int32Array(1), normalisation: null, place: () => name }, 1, () => 0, normalisation, out);
  return out;
}

/** The net on what it computes on. Whatever the module throws is the command's failure. */
async function instantiate(e: ExportCompilation, weights: Weights | null, batch: number, options: RunOptions): Promise<Net> {
  const { module } = await importModule<Module>(e, false);
  const device = await openDevice(options);
  const told = (error: unknown): never => {
    throw asFailure(error);
  };
  try {
    const net = await module.create({ batch, ...device.given, ...(weights ? { weights: weights.bytes } : {}) }).catch(told);
    return {
      run: (inputs) => net.run(inputs).catch(told),
      dispose: () => {
        net.dispose();
        device.close();
      },
    };
  } catch (error) {
    device.close();
    throw error;
  }
}

async function evaluate(net: Net, data: DataSet, total: number, batch: number, input: Signature, classes: Signature, normalisation: Normalisation | null): Promise<{ readonly wrong: number; readonly seconds: number }> {
  const size = input.shape.reduce((a, b) => a * b, 1);
  const n = classes.shape[0]!;
  const buffer = new Float32Array(batch * size);
  const progress = startProgress(total, "images");
  const start = performance.now();
  let wrong = 0;
  try {
    for (let from = 0; from < total; from += batch) {
      const k = Math.min(batch, total - from);
      fill(data, k, (i) => from + i, normalisation, buffer);
      const scores = (await net.run({ [input.name]: buffer.subarray(0, k * size) }))[classes.name]!;
      for (let i = 0; i < k; i++) {
        const label = data.labels[from + i]!;
        if (label >= n) throw failure(`${data.place(from + i)}: label ${label}, but ${classes.name} has ${n} classes`);
        if (argmax(scores, i * n, n) !== label) wrong++;
      }
      progress.update(from + k);
    }
  } finally {
    progress.stop();
    net.dispose();
  }
  return { wrong, seconds: (performance.now() - start) / 1000 };
}

/** The first of the largest; −1 where a score is NaN, so that it counts as wrong. */
function argmax(scores: Float32Array, from: number, n: number): number {
  let best = 0;
  for (let i = 0; i < n; i++) {
    const s = scores[from + i]!;
    if (Number.isNaN(s)) return -1;
    if (s > scores[from + best]!) best = i;
  }
  return best;
}
