// Text → elaborated exports, for the tests of this folder.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Graph } from "../../src/ir/graph.ts";
import { parse } from "../../src/language/parse.ts";
import { resolveProgram } from "../../src/language/resolve.ts";
import { elaborate, type ElaboratedExport, type ElaborateOptions } from "../../src/lower/elaborate.ts";
import { instantiate } from "../../src/lower/instantiate.ts";
import { layers } from "../../src/ops/index.ts";
import type { Diagnostic } from "../../src/source/diagnostic.ts";
import { renderText } from "../../src/source/render.ts";
import { standardLibrary } from "../../src/std/embedded.ts";

type Options = Omit<ElaborateOptions, "layers" | "defines"> & { readonly defines?: Readonly<Record<string, string>> };

export interface Lowered {
  readonly exports: readonly ElaboratedExport[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parsed, resolved and elaborated; diagnostics of all three. */
export function lower(text: string, { defines = {}, ...options }: Options = {}): Lowered {
  const parsed = parse({ name: "test.rn", text });
  const program = resolveProgram(parsed, { layers: new Set(layers.keys()), load: loadLibrary });
  const { exports, diagnostics } = elaborate(program, { ...options, layers, defines: new Map(Object.entries(defines)) });
  return { exports, diagnostics: [...program.diagnostics, ...diagnostics] };
}

export function loadLibrary(name: string) {
  const text = standardLibrary[name];
  return text === undefined ? { problem: `there is no file ${name}` } : { source: { name, text } };
}

/** The exports of a program without mistakes. */
export function exportsOf(text: string, options: Options = {}): readonly ElaboratedExport[] {
  const { exports, diagnostics } = lower(text, options);
  if (diagnostics.length > 0) throw new Error(diagnostics.map((d) => renderText(d)).join("\n"));
  return exports;
}

export function exportNamed(name: string, text: string, options: Options = {}): ElaboratedExport {
  const found = exportsOf(text, options).find((e) => e.name === name);
  if (!found) throw new Error(`no export ${name}`);
  return found;
}

/** The graph of a program's only export. */
export function graphOf(text: string, options: Options = {}): Graph {
  const exports = exportsOf(text, options);
  if (exports.length !== 1) throw new Error(`${exports.length} exports`);
  return instantiate(exports[0]!);
}

/** The names of the parameters, learned ones only unless `all`. */
export function names(graph: Graph, all = false): readonly string[] {
  return graph.parameters.filter((p) => all || !p.attrs["state" as never]).map((p) => String(p.attrs["name" as never]));
}

export function example(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../examples/${name}.rn`, import.meta.url)), "utf8");
}

/** A model around some statements, on [4] unless said otherwise. */
export function model(body: string, shape = "[4]"): string {
  return `model m {\n  input x: ${shape}\n  ${body}\n  output y\n}\n`;
}
