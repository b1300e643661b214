// A program as what imports it: its exports as JavaScript, with what the weights that it names say, and its files.
import { join } from "node:path";
import type { ExportCompilation } from "../compiler/compilation.ts";
import type { CompileOptions } from "../compiler/options.ts";
import { INLINE_LIMIT } from "../compiler/weights.ts";
import { hasErrors, type Diagnostic } from "../source/diagnostic.ts";
import type { Source } from "../source/text.ts";
import { failure } from "./exit.ts";
import { openProgram, type BuildOptions } from "./program.ts";
import { integer } from "./table.ts";
import { findWeights, type Weights } from "./weights.ts";

export interface Imported {
  /** Empty where there are errors. */
  readonly exports: readonly ExportCompilation[];
  readonly diagnostics: readonly Diagnostic[];
  /** Those that a change of would make it another program. */
  readonly files: readonly string[];
  /** What to call a source in messages. */
  readonly file: (source: Source) => string;
}

interface How {
  /** The weights that the program names go into the modules. */
  readonly inlineWeights?: boolean;
  /** Weights that do not fit are a warning: the program is being changed. */
  readonly editing?: boolean;
}

/** Throws a CommandError where a file cannot be read, a RangeError where an option gives what is not there. */
export function openImported(path: string, more: CompileOptions, { inlineWeights = false, editing = false }: How = {}, building: BuildOptions = {}): Imported {
  const options = { ...more, js: true };
  let program = openProgram(path, building, options);
  const diagnostics = [...program.compilation.problems];
  const files = [...program.files];
  if (!hasErrors(diagnostics)) {
    const found = program.compilation.exports.map((e) => ({ e, ...findWeights(e, program, undefined) }));
    files.push(...found.flatMap(({ e }) => (e.elaborated.from ? [join(program.folder, e.elaborated.from.path)] : [])));
    diagnostics.push(...found.flatMap((f) => f.diagnostics).map((d) => (editing && !inlineWeights ? { ...d, severity: "warning" as const } : d)));
    const about = aboutWeights(found.flatMap(({ e, weights }) => (weights ? [[e.name, weights] as const] : [])), inlineWeights);
    if (about && !hasErrors(diagnostics)) program = openProgram(path, building, { ...options, ...about });
  }
  return { exports: hasErrors(diagnostics) ? [] : program.compilation.exports, diagnostics, files, file: program.file };
}

/** What the weights add to the modules, as in `rnc compile`. Null: nothing. */
function aboutWeights(weights: readonly (readonly [string, Weights])[], inline: boolean): Pick<CompileOptions, "inlineWeights" | "normalisation"> | null {
  const normalised = weights.flatMap(([name, w]) => (w.normalisation ? [[name, w.normalisation] as const] : []));
  if (normalised.length === 0 && !(inline && weights.length > 0)) return null;
  if (inline) for (const [name, { bytes }] of weights) if (bytes.length > INLINE_LIMIT) throw failure(`inlineWeights: the weights of ${name} are ${integer(bytes.length)} bytes; at most ${integer(INLINE_LIMIT)} go into a module`, `leave it out, and pass the file to create: ${name}.create({ weights })`);
  return { normalisation: Object.fromEntries(normalised), ...(inline ? { inlineWeights: Object.fromEntries(weights.map(([name, { bytes }]) => [name, bytes])) } : {}) };
}
