// `rnc deepen`: a trained network's weights in a deeper one of the same program. Law: both are run on the same input, and where the deeper
// one computes something else nothing is written.
import { basename, dirname } from "node:path";
import type { ExportCompilation } from "../compiler/compilation.ts";
import { deepen as deepenWeights } from "../compiler/deepen.ts";
import { version } from "../compiler/version.ts";
import { sizeOf } from "../data/dataset.ts";
import { bitsAt, streamOf } from "../data/random.ts";
import { readSafetensors, writeSafetensors } from "../runtime/safetensors-file.ts";
import { ExitCode, failure, usageError } from "./exit.ts";
import { writeAll } from "./files.ts";
import { importModule } from "./generated.ts";
import { index } from "./numbers.ts";
import { exportsOf, openProgram, report, type BuildOptions, type Program } from "./program.ts";
import { onlyInput, outputsOf } from "./signature.ts";
import { integer } from "./table.ts";
import { say } from "./terminal.ts";
import { findWeights, isOurs } from "./weights.ts";

export interface DeepenOptions extends BuildOptions {
  readonly from?: string;
  readonly to?: string;
  readonly weights?: string;
  readonly out: string;
  readonly seed: string;
}

const SAMPLES = 4;
const NEAR = 1e-4; // of the largest output: rounding of a deeper network

export async function deepen(path: string, options: DeepenOptions): Promise<number> {
  const { from, to } = options;
  if (from === undefined || to === undefined) throw usageError("deepen wants --from and --to, two exports", "e.g. --from resnet20 --to resnet56");
  const seed = index("--seed", options.seed, 2 ** 24 - 1);
  const program = openProgram(path, { ...options, target: "wasm" }, { js: true });
  const exports = exportsOf(program);
  if (!exports) return ExitCode.failure;
  const [shallow, deep] = [from, to].map((name) => pick(exports, name)) as [ExportCompilation, ExportCompilation];
  const bytes = weightsOf(shallow, program, options);
  if (!bytes) return ExitCode.failure;
  const { tensors, metadata } = readSafetensors(bytes);
  const made = deepenWeights(tensors, deep.graph, seed);
  if ("problem" in made) throw failure(`the weights of ${from} are none of ${to}: ${made.problem}`, made.help);
  const file = writeSafetensors(made.tensors, new Map(metadata).set("generator", `rnc ${version}`));
  const outcome = await compare(shallow, bytes, deep, file);
  writeAll(dirname(options.out), [{ name: basename(options.out), content: file, replaces: isOurs }]);
  say(`${from} → ${to}: ${made.newBlocks} new block${made.newBlocks === 1 ? "" : "s"}, ${integer(made.newParameters)} new parameters; ${outcome}. Wrote ${options.out}\n`);
  return ExitCode.success;
}

function pick(exports: readonly ExportCompilation[], name: string): ExportCompilation {
  const found = exports.find((e) => e.name === name);
  if (!found) throw usageError(`there is no export ${JSON.stringify(name)}`, `there is ${exports.map((e) => e.name).join(", ")}`);
  return found;
}

/** Null where they do not fit, which is shown. */
function weightsOf(e: ExportCompilation, program: Program, { weights: given }: DeepenOptions): Uint8Array | null {
  const { weights, diagnostics } = findWeights(e, program, given);
  if (report(diagnostics, program.file)) return null;
  if (!weights) throw usageError(`deepen wants the weights of ${e.name}`, "name them with --weights");
  return weights.bytes;
}

type Outputs = Readonly<Record<string, Float32Array>>;

/** Says how equal the two are; throws where they are not. */
async function compare(shallow: ExportCompilation, weights: Uint8Array, deep: ExportCompilation, deepWeights: Uint8Array): Promise<string> {
  const [before, after] = [await run(shallow, weights), await run(deep, deepWeights)];
  let difference = 0;
  let same = true;
  let largest = 0;
  for (const { name } of outputsOf(shallow)) {
    const [a, b] = [before[name]!, after[name]];
    if (a.length !== b?.length) throw failure(`${deep.name} has no output ${name} of that size`);
    a.forEach((v, i) => {
      same &&= Object.is(v, b[i]);
      difference = Math.max(difference, Math.abs(v - b[i]!));
      largest = Math.max(largest, Math.abs(v));
    });
  }
  if (same) return "outputs unchanged to the bit";
  if (difference <= NEAR * largest) return `outputs changed by at most ${difference.toPrecision(2)}, rounding`;
  throw failure(`${deep.name} with these weights computes something else than ${shallow.name}: outputs differ by ${difference.toPrecision(2)}`, "only blocks with a skip that keeps the shape can be added without a change");
}

/** On numbers of mean 0 and variance 1. */
async function run(e: ExportCompilation, weights: Uint8Array): Promise<Outputs> {
  interface Module {
    readonly create: (options: { readonly weights: Uint8Array; readonly batch: number }) => Promise<{ readonly run: (inputs: Outputs) => Promise<Outputs> }>;
  }
  const input = onlyInput(e, "deepen");
  const stream = streamOf(SAMPLES);
  const values = Float32Array.from({ length: SAMPLES * sizeOf(input.shape) }, (_, i) => (bitsAt(stream, i) / 2 ** 31) * Math.sqrt(3));
  const { module } = await importModule<Module>(e, false);
  return (await module.create({ weights, batch: SAMPLES })).run({ [input.name]: values });
}
