// One run, in a process of its own: trains a network of nets.rn, measures it, and leaves `<name>.json` and `<name>.safetensors` in a
// folder. Law: what it leaves follows from the run alone; a file is whole or not there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suit } from "../../src/cli/data/training.ts";
import { readData, readUnseen } from "../../src/cli/data/source.ts";
import { replaceFile } from "../../src/cli/files.ts";
import { codeOf, importModule } from "../../src/cli/generated.ts";
import { taskOf, type Task } from "../../src/cli/train/task.ts";
import { weightsOnly } from "../../src/cli/train/checkpoint.ts";
import type { Trainer, TrainingModule } from "../../src/cli/train/trainer.ts";
import { deepen } from "../../src/compiler/deepen.ts";
import { makeBatches } from "../../src/data/batches.ts";
import { fill, sizeOf, type DataSet, type Normalisation } from "../../src/data/dataset.ts";
import { remembering } from "../../src/data/remember.ts";
import { Compilation, readSafetensors, writeSafetensors, type ExportCompilation } from "../../src/index.ts";
import type { Result } from "./results.ts";
import type { Run } from "./runs.ts";

export interface Job {
  readonly run: Run;
  /** The text of nets.rn. */
  readonly program: string;
  readonly folder: string;
  /** How many samples of each kind the error is taken of. */
  readonly measured: number;
  /** What a result is good for: it is part of it. */
  readonly key: string;
}

interface Module extends TrainingModule {
  readonly create: (options: { readonly weights: Uint8Array; readonly batch: number }) => Promise<{ readonly runSync: (inputs: Record<string, Float32Array>) => Record<string, Float32Array> }>;
}

/** Samples, as this network takes them. */
interface Samples {
  readonly data: DataSet;
  readonly unseen: DataSet | null;
  readonly normalisation: Normalisation | null;
}

const POINTS = 40; // of a curve

async function train({ run, program, folder, measured, key }: Job): Promise<void> {
  const e = compiled(program, run, run.depth);
  const task = taskOf(e);
  const samples = await samplesOf(run, task);
  const { module } = await importModule<Module>(e, false);
  const { batch } = e.elaborated.train!;
  const before = run.from === undefined ? null : await deepened(run, folder, compiled(program, run, run.from.depth), e, module, samples, task);
  const trainer = await module.createTrainer({ batch, seed: run.seed, threads: 1, ...(before ? { weights: before.weights } : {}) });
  const measure = (data: DataSet | null): Promise<number> | null => data && errorOf(trainer, task, data, Math.min(measured, data.count), samples.normalisation, batch);
  const start = before ? { unchanged: before.unchanged, trainError: (await measure(samples.data))! } : null;
  const { curve, diverged } = await learn(run, trainer, task, samples, batch);
  const trainError = diverged === null ? await measure(samples.data) : null;
  const testError = diverged === null ? await measure(samples.unseen) : null;
  replaceFile(join(folder, `${run.name}.safetensors`), weightsOnly(await trainer.save()));
  const { user, system } = process.cpuUsage();
  const { part, kind, depth, seed, steps } = run;
  const result: Result = {
    key, name: run.name, part, kind, depth, seed, steps, batch, data: samples.data.name, samples: samples.data.count, measured,
    parameters: e.elaborated.totals.parameters, ...(start ? { start } : {}), trainError, testError, curve, diverged,
    cpuSeconds: Math.round((user + system) / 1e5) / 10, node: process.versions.node,
  };
  replaceFile(join(folder, `${run.name}.json`), `${JSON.stringify(result)}\n`);
}

/** 6n + 2 layers, and two for each block more. */
function compiled(program: string, { kind, steps }: Run, depth: number): ExportCompilation {
  const n = Math.floor((depth - 2) / 6);
  const more = (depth - 6 * n - 2) / 2;
  const [e] = new Compilation(program, { name: "nets.rn", only: kind, defines: { n: String(n), more: String(more) }, target: "wasm", train: true, js: true, steps }).exports;
  return e!;
}

async function samplesOf(run: Run, { input, output }: Task): Promise<Samples> {
  const all = await readData(run.data, null, "train");
  const count = Math.min(run.samples, all.count);
  const data = remembering({ ...all, count, labels: all.labels.subarray(0, count) });
  return { data, unseen: await readUnseen(run.data, null), normalisation: suit(data, input, output, null) };
}

/** The mean loss of each fortieth of the steps, at its last step; and why there are no more of them. */
async function learn(run: Run, trainer: Trainer, task: Task, { data, normalisation }: Samples, batch: number): Promise<Pick<Result, "curve" | "diverged">> {
  const batches = makeBatches(data, { batch, seed: run.seed, normalisation, augment: task.augment, shape: task.input.shape });
  const images = new Float32Array(batch * sizeOf(task.input.shape));
  const labels = new Int32Array(batch);
  const curve: (readonly [number, number])[] = [];
  let sum = 0;
  let from = 0;
  for (let step = 1; step <= run.steps; step++) {
    batches.at(step - 1, images, labels);
    try {
      sum += (await trainer.step({ [task.input.name]: images, [task.label]: labels })).loss;
    } catch (e) {
      if (codeOf(e) === "diverged") return { curve, diverged: (e as Error).message };
      throw e;
    }
    if (step === Math.round(((curve.length + 1) * run.steps) / POINTS) || step === run.steps) {
      curve.push([step, Number((sum / (step - from)).toPrecision(6))]);
      [sum, from] = [0, step];
    }
  }
  return { curve, diverged: null };
}

/** Of the first `count` samples, with running statistics: which share is wrong. */
async function errorOf(trainer: Trainer, task: Task, data: DataSet, count: number, normalisation: Normalisation | null, batch: number): Promise<number> {
  const size = sizeOf(task.input.shape);
  const images = new Float32Array(batch * size);
  let wrong = 0;
  for (let from = 0; from < count; from += batch) {
    const n = Math.min(batch, count - from);
    fill(data, n, (k) => from + k, normalisation, images);
    wrong += (await trainer.evaluate({ [task.input.name]: images.subarray(0, n * size), [task.label]: data.labels.subarray(from, from + n) })).wrong;
  }
  return wrong / count;
}

/** The weights that another run left, in this network; and whether it computes what that one did, to the bit. */
async function deepened(run: Run, folder: string, shallow: ExportCompilation, e: ExportCompilation, module: Module, { data, normalisation }: Samples, task: Task): Promise<{ readonly weights: Uint8Array; readonly unchanged: boolean }> {
  const file = readFileSync(join(folder, `${run.from!.name}.safetensors`));
  const made = deepen(readSafetensors(file).tensors, e.graph, run.seed);
  if ("problem" in made) throw new Error(made.problem);
  const weights = writeSafetensors(made.tensors);
  const batch = 4;
  const images = new Float32Array(batch * sizeOf(task.input.shape));
  fill(data, batch, (k) => k, normalisation, images);
  const outputs = async (m: Module, weights: Uint8Array): Promise<Float32Array> => (await m.create({ weights, batch })).runSync({ [task.input.name]: images })[task.output.name]!;
  const now = await outputs(module, weights);
  const then = await outputs((await importModule<Module>(shallow, false)).module, file);
  return { weights, unchanged: now.every((v, i) => Object.is(v, then[i])) };
}

await train(JSON.parse(process.argv[2]!) as Job);
