// The public API: runs in Node and in browsers alike; nothing here touches a file, a clock or the environment.
import { Compilation } from "./compiler/compilation.ts";
import { checkOptions, type CompileOptions } from "./compiler/options.ts";
import type { Summary } from "./compiler/summary.ts";
import { hasErrors, type Diagnostic } from "./source/diagnostic.ts";

export { Compilation, ExportCompilation } from "./compiler/compilation.ts";
export type { CompileOptions } from "./compiler/options.ts";
export { stages, type Form } from "./compiler/stages.ts";
export type { LayerSummary, Summary } from "./compiler/summary.ts";
export { targets } from "./compiler/targets.ts";
export { writeSafetensors } from "./compiler/tensors.ts";
export { version } from "./compiler/version.ts";
export { Builder } from "./ir/builder.ts";
export { evaluate } from "./ir/eval.ts";
export type { Graph, Output } from "./ir/graph.ts";
export type { Node, Tensor } from "./ir/op.ts";
export { parseGraph } from "./ir/parse.ts";
export { printGraph } from "./ir/print.ts";
export { format } from "./language/format.ts";
export { ops } from "./ops/index.ts";
export { optionalPasses, runPipeline } from "./passes/pipeline.ts";
export { readSafetensors } from "./runtime/safetensors-file.ts";
export { codes, type Code } from "./source/codes.ts";
export type { Diagnostic, Edit, Fix, Label, Severity } from "./source/diagnostic.ts";
export { renderText } from "./source/render.ts";
export type { Source, Span } from "./source/text.ts";

/** One export as files to write: `name.ts`, or `name.js` and `name.d.ts`. */
export interface CompiledModule {
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly summary: Summary;
}

export interface CompileResult {
  /** Empty where the program has errors; one that exports nothing has one, and where training is asked for one that does not train an export. */
  readonly modules: readonly CompiledModule[];
  /** All of them at once, each file's in the order of its text, imported files first; warnings too. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles a program. A user's mistake is a diagnostic and never a throw; `renderText` shows one as the command does.
 * Deterministic: the same text and options give the same bytes, in Node and in a browser. Throws a RangeError for an option that it does not know.
 */
export function compile(text: string, options: CompileOptions = {}): CompileResult {
  if (typeof text !== "string") throw new RangeError(`a program is a text, not ${typeof text}`);
  checkOptions(options);
  const { exports, problems } = new Compilation(text, options);
  return {
    modules: hasErrors(problems) ? [] : exports.map((e) => ({ name: e.name, files: e.module.files, summary: e.summary })),
    diagnostics: problems,
  };
}
