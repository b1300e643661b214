// A program from disk: the entry file, what it imports, and the compilation of both. Imports are contained (files.ts).
import { realpathSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { Compilation, nothingExported, type ExportCompilation } from "../compiler/compilation.ts";
import type { CompileOptions } from "../compiler/options.ts";
import type { Load } from "../language/resolve.ts";
import { optionalPasses } from "../passes/pipeline.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import { hasErrors } from "../source/diagnostic.ts";
import { renderText } from "../source/render.ts";
import type { Source } from "../source/text.ts";
import { thereAre } from "../source/words.ts";
import { failure, usageError } from "./exit.ts";
import { decode, limits, openContained, readTrusted } from "./files.ts";
import { colours, say } from "./terminal.ts";

/** The options that `building` in commands.ts adds to a command. */
export interface BuildOptions {
  readonly only?: string;
  readonly define?: readonly string[];
  readonly plain?: boolean;
  readonly noPass?: readonly string[];
  readonly strictMath?: boolean;
  readonly target?: CompileOptions["target"];
}

export interface Program {
  readonly compilation: Compilation;
  /** The folder that imports and `from` are confined to. */
  readonly folder: string;
  /** Every file that was read, for --watch. */
  readonly files: readonly string[];
  /** What to call a source in messages: its path from here. */
  readonly file: (source: Source) => string;
}

/** Reads an entry file; `-` is stdin. */
export function readProgram(path: string): Source {
  const text = decode(readTrusted(path, limits.program));
  if (text === null) throw failure(`${path} is not UTF-8 text`);
  return { name: path === "-" ? "stdin.rn" : basename(path), text };
}

/**
 * Compiles lazily: nothing but the entry file is read before somebody asks for a form. A program on stdin imports from the
 * current folder.
 */
export function openProgram(path: string, options: BuildOptions, more: CompileOptions = {}): Program {
  const { name, text } = readProgram(path);
  const folder = path === "-" ? "." : dirname(path);
  const files = path === "-" ? [] : [path];
  const paths = new Map<Source, string>();
  const load: Load = (asked, importer) => {
    const from = importer.name === name ? folder : dirname(paths.get(importer) ?? folder);
    const found = openContained(folder, from, asked, limits.program);
    if ("problem" in found) return { ...found, problem: `"${asked}" ${found.problem}` };
    const text = decode(found.bytes);
    if (text === null) return { problem: `"${asked}" is not UTF-8 text` };
    const inside = relative(realpathSync(folder), found.path);
    const source: Source = { name: inside.split(sep).join("/"), text };
    paths.set(source, join(folder, inside));
    if (!files.includes(join(folder, inside))) files.push(join(folder, inside));
    return { source };
  };
  const compilation = new Compilation(text, {
    name,
    load,
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.plain ? { plain: true } : {}),
    ...(options.strictMath ? { strictMath: true } : {}),
    ...(options.target === undefined ? {} : { target: options.target }),
    defines: parseDefines(options.define ?? []),
    disabledPasses: checkPasses(options.noPass ?? []),
    ...more,
  });
  paths.set(compilation.source, path === "-" ? "stdin" : path);
  return { compilation, folder, files, file: (s) => paths.get(s) ?? s.name };
}

/** Shows what is wrong; null where that ends the command. A program that exports nothing has nothing to be done with. */
export function exportsOf({ compilation, file }: Program): readonly ExportCompilation[] | null {
  if (report(compilation.diagnostics, file)) return null;
  return compilation.exports.length > 0 || !report([nothingExported(compilation.parsed.file, file(compilation.source))], file) ? compilation.exports : null;
}

function parseDefines(defines: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const d of defines) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(d) ?? [];
    if (name === undefined || value === undefined) throw usageError(`-D wants name=value, not ${JSON.stringify(d)}`, "e.g. -D n=9");
    out[name] = value;
  }
  return out;
}

function checkPasses(names: readonly string[]): readonly string[] {
  for (const n of names) if (!optionalPasses.includes(n)) throw usageError(`--no-pass: ${JSON.stringify(n)} is no optional pass`, thereAre(optionalPasses));
  return names;
}

/** Shows what is wrong, and how much, on stderr. True where there are errors. */
export function report(diagnostics: readonly Diagnostic[], file: (source: Source) => string): boolean {
  if (diagnostics.length === 0) return false;
  const c = colours(process.stderr);
  const width = Math.max(40, (process.stderr.columns ?? 108) - 8);
  say(diagnostics.map((d) => renderText(d, { paint: c.paint, file, width })).join("\n"));
  say(`\n${countLine(diagnostics)}\n`);
  return hasErrors(diagnostics);
}

/** "2 errors, 1 warning" */
export function countLine(diagnostics: readonly Diagnostic[]): string {
  const parts = (["error", "warning"] as const).flatMap((severity) => {
    const n = diagnostics.filter((d) => d.severity === severity).length;
    return n === 0 ? [] : [`${n} ${severity}${n === 1 ? "" : "s"}`];
  });
  return parts.length === 0 ? "no errors" : parts.join(", ");
}
