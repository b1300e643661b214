// A training run from its first look at the data to its weights.
import type { ExportCompilation } from "../../compiler/compilation.ts";
import { fitWeights } from "../../compiler/weights.ts";
import type { DataSet, Normalisation } from "../../data/dataset.ts";
import { isScaled, readData, readUnseen } from "../data/source.ts";
import { suit, trainingData, type TrainingData } from "../data/training.ts";
import { ExitCode, failure, usageError } from "../exit.ts";
import { replaceFile } from "../files.ts";
import { asFailure, importModule } from "../generated.ts";
import { openDevice, type Device } from "../gpu.ts";
import { newLog, resumeLog } from "../log.ts";
import { report, type Program } from "../program.ts";
import { startTrainingProgress } from "../progress.ts";
import { askedNormalisation } from "../signature.ts";
import { bytes } from "../../source/quantities.ts";
import { duration, integer } from "../table.ts";
import { print, say } from "../terminal.ts";
import { findWeights, readNormalisation } from "../weights.ts";
import { checkSame, metadataOf, programFacts, samplesFact, told, weightsOnly, type Metadata, type RunFacts } from "./checkpoint.ts";
import type { RunFolder } from "./folder.ts";
import { trainLoop, type Ending, type Run } from "./loop.ts";
import type { Given, TrainOptions } from "./options.ts";
import { listenForStop } from "./stop.ts";
import { taskOf, type Task } from "./task.ts";
import type { Trainer, TrainingModule } from "./trainer.ts";

/** What the command line names, opened. */
export interface Opened {
  readonly path: string;
  readonly options: TrainOptions;
  readonly given: Given;
  readonly program: Program;
  readonly e: ExportCompilation;
  readonly folder: RunFolder;
  /** What to go on from; null where training begins. */
  readonly checkpoint: Uint8Array | null;
  /** What the checkpoint tells. */
  readonly before: Metadata | null;
}

/** The two data sets of a run. */
interface Samples {
  readonly source: DataSet;
  readonly data: TrainingData;
  readonly unseen: DataSet | null;
  /** What values of a csv are multiplied by. */
  readonly scale: number;
}

/** What training begins with, and what the command line need not repeat of it. */
interface Start {
  /** The bytes of a file; null where weights are drawn. */
  readonly weights: Uint8Array | null;
  readonly scale: number | null;
  readonly normalisation: Normalisation | null;
}

export async function runSession(o: Opened): Promise<number> {
  const task = taskOf(o.e);
  const declared = o.e.elaborated.train!;
  const batch = o.given.batch ?? told(o.before, "batch") ?? declared.batch;
  const seed = o.given.seed ?? told(o.before, "seed") ?? declared.seed;
  const start = startOf(o);
  if (start === undefined) return ExitCode.failure;
  const samples = await readSamples(o, task, batch, seed, start);
  const steps = o.given.steps ?? declared.steps;
  const evalEvery = o.given.evalEvery ?? told(o.before, "evalEvery") ?? usualInterval(steps, samples.data.stepsPerEpoch);
  const facts: RunFacts = { name: o.e.name, program: programFacts(o.e, o.options), data: samples.source.name, samples: samplesFact(samples.source), eval: samples.unseen ? `${samples.unseen.name} ${samplesFact(samples.unseen)}` : "none", batch, seed, steps, evalEvery, scale: samples.scale, normalisation: samples.data.normalisation };
  if (o.before) checkSame(o.before, facts, o.folder.checkpoint);
  const device = await openDevice(o.options);
  try {
    const trainer = await makeTrainer(o, facts, start.weights, device);
    try {
      return await trainAll(o, facts, task, trainer, samples);
    } finally {
      trainer.dispose();
    }
  } finally {
    device.close();
  }
}

async function readSamples({ options, given }: Opened, task: Task, batch: number, seed: number, start: Start): Promise<Samples> {
  const { input, output } = task;
  const spec = options.data ?? (input.shape.join() === "3,32,32" ? "glyphs" : null);
  if (spec === null) throw usageError(`name the data to learn from with --data: ${input.name} is [${input.shape.join(", ")}]`, "without --data images of [3, 32, 32] are glyphs");
  const scale = given.scale ?? (isScaled(spec) ? start.scale : null);
  const source = await readData(spec, scale, "train");
  const data = trainingData(source, { ...task, batch, seed, normalisation: askedNormalisation(options, input.shape) ?? start.normalisation });
  const unseen = options.eval === undefined ? await readUnseen(spec, scale) : await readData(options.eval, scale, "test");
  if (unseen) suit(unseen, input, output, data.normalisation);
  return { source, data, unseen, scale: scale ?? 1 };
}

/** Undefined where given weights do not fit, which is shown. */
function startOf({ options, checkpoint, before, e, program, folder }: Opened): Start | undefined {
  if (checkpoint) {
    const fit = fitWeights(e.graph, weightsOnly(checkpoint));
    if (fit.kind === "misfit") throw failure(`${folder.checkpoint} does not fit ${e.name}: ${fit.problem}`, "another network wants another folder (--out)");
    return { weights: checkpoint, scale: Number(before!["scale"] ?? 1), normalisation: readNormalisation(before!["normalisation"]) ?? null };
  }
  if (options.resume) say(`note: there is no ${folder.checkpoint} yet; training begins\n`);
  if (options.weights === undefined) return { weights: null, scale: null, normalisation: null };
  const found = findWeights(e, program, options.weights);
  if (report(found.diagnostics, program.file)) return undefined;
  const { bytes: weights, scale, normalisation } = found.weights!;
  return { weights, scale, normalisation };
}

async function makeTrainer({ given: { threads }, e, checkpoint, folder }: Opened, { batch, seed }: RunFacts, weights: Uint8Array | null, device: Device): Promise<Trainer> {
  const { module, remove } = await importModule<TrainingModule>(e, threads > 1);
  try {
    return await module.createTrainer({ batch, seed, threads, ...device.given, ...(weights ? { weights } : {}) });
  } catch (error) {
    throw asFailure(error, checkpoint ? `${folder.checkpoint} does not fit ${e.name}: ` : "");
  } finally {
    remove(); // the threads have started
  }
}

async function trainAll(o: Opened, facts: RunFacts, task: Task, trainer: Trainer, { source, data, unseen }: Samples): Promise<number> {
  const { e, folder, given, before } = o;
  // A trainer that is not told what the optimizer remembers begins at step 0, and so would the log.
  if (before && trainer.steps !== told(before, "step")) throw usageError(`${folder.checkpoint} says step ${before["step"] ?? "none"}, but what its optimizer remembered is missing`, "begin another run with its weights: --weights, and another folder (--out)");
  if (trainer.steps > facts.steps) throw usageError(`${folder.checkpoint} holds step ${integer(trainer.steps)}; --steps ${facts.steps} lies behind it`);
  const from = trainer.steps > 0 ? `, from step ${integer(trainer.steps)}` : "";
  say(`${e.name}: ${integer(e.elaborated.totals.parameters)} parameters, ${integer(source.count)} samples of ${facts.data}, ${integer(facts.steps)} steps of ${facts.batch} in ${bytes(e.step!.bytes)}${from}\n`);
  const stop = listenForStop();
  const log = o.checkpoint ? resumeLog(folder.log, trainer.steps) : newLog(folder.log);
  const progress = startTrainingProgress(facts.steps, facts.batch, trainer.steps);
  const run: Run = { facts, task, trainer, data, unseen, saveEvery: given.saveEvery, folder, log, progress, stop };
  const start = performance.now();
  try {
    const ending = await trainLoop(run);
    progress.stop();
    return ending.finished ? await finish(o, run, ending, performance.now() - start) : stopped(run);
  } finally {
    progress.stop();
    log.close();
    stop.end();
  }
}

/** An epoch, but at least five evaluations in a run, and at most a hundred. */
function usualInterval(steps: number, epoch: number): number {
  return Math.min(Math.ceil(steps / 5), Math.max(epoch, Math.ceil(steps / 100)));
}

function stopped({ trainer, facts, folder }: Run): number {
  say(`stopped after step ${integer(trainer.steps)} of ${integer(facts.steps)}, saved in ${folder.checkpoint}. Go on with:\n  ${resuming()}\n`);
  return ExitCode.stopped;
}

/** The command line that goes on. */
function resuming(): string {
  return commandLine([...process.argv.slice(2).filter((w) => w !== "--resume"), "--resume"]);
}

/** The command line that runs the weights, on what they were measured on. */
function running({ path, options, e, folder }: Opened): string {
  const { define = [], plain, data = "glyphs", scale } = options;
  const network = ["--only", e.name, ...define.flatMap((d) => ["-D", d]), ...(plain ? ["--plain"] : [])];
  return commandLine(["run", path, ...network, "--weights", folder.weights, "--data", options.eval ?? data, ...(scale === undefined ? [] : ["--scale", scale])]);
}

/** As a shell takes it. */
function commandLine(words: readonly string[]): string {
  return ["rnc", ...words.map((w) => (/^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", "'\\''")}'`))].join(" ");
}

async function finish(o: Opened, { trainer, facts, unseen, folder, log }: Run, { measured, imagesPerSecond }: Ending, time: number): Promise<number> {
  const { options, e } = o;
  replaceFile(folder.weights, weightsOnly(await trainer.save(metadataOf(facts, trainer.steps))));
  const error = measured && measured.wrong / measured.count;
  if (options.json) {
    const { name, program: _, samples: __, ...rest } = facts;
    const found = measured ? { count: measured.count, wrong: measured.wrong, error, loss: measured.loss } : {};
    print(`${JSON.stringify({ export: name, ...rest, eval: unseen?.name ?? null, ...found, imagesPerSecond, seconds: time / 1000, weights: folder.weights }, null, 2)}\n`);
  } else {
    const { loss } = log.records.findLast((r) => r.loss !== undefined) ?? {};
    const result = [
      ...(loss === undefined || loss === null ? [] : [`loss ${loss.toFixed(4)}`]),
      ...(measured && error !== null ? [`${integer(measured.wrong)} wrong of ${integer(measured.count)} ${facts.eval.endsWith(facts.samples) ? "samples that it learned from" : "unseen samples"}`, `top-1 error ${(100 * error).toFixed(2)} %`] : []),
      ...(imagesPerSecond > 0 ? [`${integer(Math.round(imagesPerSecond))} samples/s`] : []), // none, where it had ended
    ];
    print(`${e.name} after ${integer(facts.steps)} steps: ${[...result, duration(time)].join(" · ")}\n`);
    if (!unseen) say("note: nothing was kept apart to measure it on; --eval names such samples\n");
  }
  say(`weights in ${folder.weights}, curves in ${folder.curves}. To run them: ${running(o)}\n`);
  return ExitCode.success;
}
