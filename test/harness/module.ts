// Compiles a program and imports the module it becomes, as an application would.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import { renderText } from "../../src/source/render.ts";

export interface Net {
  run(inputs: Readonly<Record<string, Float32Array>>): Promise<Record<string, Float32Array>>;
  runSync(inputs: Readonly<Record<string, Float32Array>>): Record<string, Float32Array>;
  dispose(): void;
}
export interface Module {
  create(options: { weights?: Uint8Array; batch?: number; threads?: number; worker?: () => unknown; device?: object }): Promise<Net>;
  bytes(batch: number, threads?: number): number;
  readonly info: { readonly parameters: number };
}
export type Tensors = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;

let folder: string | null = null;
let count = 0;

/** A folder of its own for a module. */
function newFolder(): string {
  folder ??= mkdtempSync(join(tmpdir(), "rnlang-module-"));
  const path = join(folder, `m${process.pid}-${count++}`);
  mkdirSync(path);
  return path;
}

/** Imports generated JavaScript from a file of its own. */
export async function importText(text: string): Promise<Module> {
  const file = join(newFolder(), "module.mjs");
  writeFileSync(file, text);
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Module;
}

/** The module of the program's only (or the named) export; throws with the rendered diagnostics where there are errors. */
export async function load(text: string, options: CompileOptions = {}): Promise<Module> {
  return (await loadFiles(text, options)).module;
}

/** The same, and the folder that its files are in. */
export async function loadFiles(text: string, options: CompileOptions = {}): Promise<{ readonly module: Module; readonly folder: string }> {
  const result = compile(text, { name: "test.rn", ...options, js: true });
  if (result.modules.length !== 1) throw new Error(result.diagnostics.map((d) => renderText(d)).join("\n") || `${result.modules.length} modules`);
  const folder = newFolder();
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const { files } = result.modules[0]!;
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(folder, files[0]!.name)).href)) as Module;
  return { module, folder };
}

export function weightsFile(tensors: Tensors): Uint8Array {
  return writeSafetensors(Object.entries(tensors));
}
