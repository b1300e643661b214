// Compiles a program and imports the module it becomes, as an application would.
import { mkdtempSync, writeFileSync } from "node:fs";
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
  create(options: { weights?: Uint8Array; batch?: number; threads?: number }): Promise<Net>;
  bytes(batch: number): number;
  readonly info: { readonly parameters: number };
}
export type Tensors = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;

let folder: string | null = null;
let count = 0;

/** Imports generated JavaScript from a file of its own. */
export async function importText(text: string): Promise<Module> {
  folder ??= mkdtempSync(join(tmpdir(), "rnlang-module-"));
  const file = join(folder, `m${process.pid}-${count++}.mjs`);
  writeFileSync(file, text);
  return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Module;
}

/** The module of the program's only (or the named) export; throws with the rendered diagnostics where there are errors. */
export async function load(text: string, options: CompileOptions = {}): Promise<Module> {
  const result = compile(text, { name: "test.rn", ...options, js: true });
  if (result.modules.length !== 1) throw new Error(result.diagnostics.map((d) => renderText(d)).join("\n") || `${result.modules.length} modules`);
  return importText(result.modules[0]!.files.find((f) => f.name.endsWith(".js"))!.text);
}

export function weightsFile(tensors: Tensors): Uint8Array {
  return writeSafetensors(Object.entries(tensors));
}
