// Weights for an export: from `--weights`, or from the file that the program names. Read, checked against the model, and brought
// into the form that is written beside a module: f32, the model's tensors alone, in the model's order.
import { basename } from "node:path";
import type { ExportCompilation } from "../compiler/compilation.ts";
import { version } from "../compiler/version.ts";
import { fitWeights } from "../compiler/weights.ts";
import type { Normalisation } from "../data/dataset.ts";
import { readSafetensors, writeSafetensors } from "../runtime/safetensors-file.ts";
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import { limits, openContained, readTrusted } from "./files.ts";
import type { Program } from "./program.ts";

export interface Weights {
  /** The file's name, for messages. */
  readonly name: string;
  /** A safetensors file that `create` of the module takes. */
  readonly bytes: Uint8Array;
  /** What the weights were trained with, where the file's metadata says so: `normalisation`, JSON of `{ mean, std }`. */
  readonly normalisation: Normalisation | null;
  /** What every value of a csv was multiplied by before; null where the metadata does not say. */
  readonly scale: number | null;
}

export type Found = { readonly weights: Weights | null; readonly diagnostics: readonly Diagnostic[] };

/** Null where neither the command line nor the program names weights. */
export function findWeights(e: ExportCompilation, program: Program, given: string | undefined): Found {
  const { from } = e.elaborated;
  if (given !== undefined) return check(e, basename(given), null, readTrusted(given, limits.weights));
  if (!from) return { weights: null, diagnostics: [] };
  const opened = openContained(program.folder, program.folder, from.path, limits.weights);
  if ("problem" in opened) {
    const help = opened.missing ? untrained(e, program) : opened.help;
    return failed(diagnostic("RN506", from.span, `"${from.path}" ${opened.problem}`, help === undefined ? {} : { help: [help] }));
  }
  return check(e, from.path, from.span, opened.bytes);
}

/** How weights come to be that a program names. */
function untrained({ name, elaborated: { train } }: ExportCompilation, { compilation, file }: Program): string {
  return train ? `train it (rnc train ${file(compilation.source)} --only ${name}) and copy the file here, or leave out from …` : "copy the file here, or leave out from …";
}

function failed(...diagnostics: readonly Diagnostic[]): Found {
  return { weights: null, diagnostics };
}

const GENERATOR = "generator";

function check(e: ExportCompilation, name: string, span: Span | null, bytes: Uint8Array): Found {
  const fit = fitWeights(e.graph, bytes);
  if (fit.kind === "unreadable") return failed(diagnostic("RN506", span, `${name} is ${fit.problem}`));
  if (fit.kind === "misfit") return failed(diagnostic("RN507", span, `${name} does not fit ${e.name}: ${fit.problem}`, { help: ["rnc inspect --parameters lists the names and shapes that the model wants"] }));
  const normalisation = readNormalisation(fit.metadata.get("normalisation"));
  if (normalisation === undefined) return failed(diagnostic("RN506", span, `${name}: the metadata "normalisation" is not of the form { "mean": [numbers], "std": [numbers] }`));
  const scale = isRnc(fit.metadata) ? fit.metadata.get("scale") : undefined; // others may mean something else by it
  if (scale !== undefined && !(Number.isFinite(Number(scale)) && scale.trim() !== "")) return failed(diagnostic("RN506", span, `${name}: the metadata "scale" is ${JSON.stringify(scale.slice(0, 40))}, not a number`));
  const metadata = new Map(fit.metadata).set(GENERATOR, `rnc ${version}`);
  return { weights: { name, bytes: writeSafetensors(fit.tensors, metadata), normalisation, scale: scale === undefined ? null : Number(scale) }, diagnostics: [] };
}

function isRnc(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.get(GENERATOR)?.startsWith("rnc ") ?? false;
}

/** Undefined where the text is there and wrong. */
export function readNormalisation(text: string | undefined): Normalisation | null | undefined {
  if (text === undefined) return null;
  const isList = (x: unknown): x is readonly number[] => Array.isArray(x) && x.length > 0 && x.every((v) => typeof v === "number");
  try {
    const { mean, std } = JSON.parse(text) as { readonly mean?: unknown; readonly std?: unknown };
    return isList(mean) && isList(std) ? { mean, std } : undefined;
  } catch {
    return undefined;
  }
}

/** Did rnc write this weights file? */
export function isOurs(existing: Uint8Array): boolean {
  try {
    return isRnc(readSafetensors(existing).metadata);
  } catch {
    return false;
  }
}
