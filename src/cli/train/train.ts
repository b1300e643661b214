// `rnc train`: compiles in memory with a trainer, imports the module and trains it. A run is a folder: checkpoint, log, curves, and at its
// end the weights. Law: a run that was stopped or killed and goes on makes the bits of one that was not.
import type { ExportCompilation } from "../../compiler/compilation.ts";
import type { CompileOptions } from "../../compiler/options.ts";
import { ExitCode, failure, usageError } from "../exit.ts";
import { count, index, memory, number } from "../numbers.ts";
import { exportsOf, openProgram, report, type Program } from "../program.ts";
import { factsOf, told } from "./checkpoint.ts";
import { checkTrained } from "./declared.ts";
import { openFolder } from "./folder.ts";
import type { Given, TrainOptions } from "./options.ts";
import { runSession } from "./session.ts";

const MOST = 2 ** 24; // steps, and seeds
const MOST_THREADS = 64;

export async function train(path: string, options: TrainOptions): Promise<number> {
  const given = parse(options);
  const program = openProgram(path, options, { js: true, train: true, ...(given.threads > 1 ? { threads: true } : {}), ...asked(given) });
  const e = chooseExport(path, program);
  if (!e) return ExitCode.failure;
  if (options.weights !== undefined && options.resume) throw usageError("--weights and --resume exclude each other", "--resume goes on from the run's own checkpoint");
  const { folder, checkpoint } = openFolder(options.out, e.name, options.resume ?? false);
  const before = checkpoint && factsOf(checkpoint, folder.checkpoint);
  // Schedule and memory are part of the module: a run that goes on has those it began with.
  const { steps, batch } = e.elaborated.train!;
  const begun = { steps: given.steps ?? told(before, "steps") ?? steps, batch: given.batch ?? told(before, "batch") ?? batch };
  if (begun.steps !== (given.steps ?? steps) || begun.batch !== (given.batch ?? batch)) return train(path, { ...options, steps: String(begun.steps), batch: String(begun.batch) });
  if (report(program.compilation.tooLarge, program.file)) return ExitCode.failure;
  return runSession({ path, options, given, program, e, folder, checkpoint, before });
}

/** What the numbers on the command line change of the module. */
function asked({ steps, batch, memory }: Given): CompileOptions {
  return { ...(steps === null ? {} : { steps }), ...(batch === null ? {} : { batch }), ...(memory === null ? {} : { memory }) };
}

function parse(o: TrainOptions): Given {
  const optional = <T>(text: string | undefined, read: (text: string) => T): T | null => (text === undefined ? null : read(text));
  const threads = count("--threads", o.threads, MOST_THREADS);
  if (threads > 1 && o.target !== "wasm") throw usageError(`--target ${o.target ?? "ts"} computes in one thread`, "leave --target out: wasm can in several");
  return {
    threads,
    memory: optional(o.memory, (t) => memory("--memory", t)),
    steps: optional(o.steps, (t) => count("--steps", t, MOST)),
    batch: optional(o.batch, (t) => count("--batch", t)),
    seed: optional(o.seed, (t) => index("--seed", t, MOST - 1)),
    evalEvery: optional(o.evalEvery, (t) => count("--eval-every", t)),
    saveEvery: optional(o.saveEvery, (t) => count("--save-every", t)),
    scale: optional(o.scale, (t) => number("--scale", t)),
  };
}

/** The one that is trained; null where the program has errors, which are shown. */
function chooseExport(path: string, program: Program): ExportCompilation | null {
  const exports = exportsOf(program);
  if (!exports) return null;
  const trained = exports.filter((e) => e.elaborated.train);
  if (trained.length === 0) checkTrained(path, program, "train", failure);
  if (trained.length > 1) throw usageError(`${path} has ${trained.length} exports to train; train takes one`, `choose one with --only: ${trained.map((e) => e.name).join(", ")}`);
  return trained[0]!;
}
