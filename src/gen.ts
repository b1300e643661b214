// `npm run gen`: writes every file that is made from another one. A test calls `stale` and fails where one was forgotten.
// Law: a generator is a path and a function of the repository's text; the same text gives the same bytes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cstTypes, ebnf } from "../grammar/ebnf.ts";
import { textmate } from "../grammar/textmate.ts";
import { functions, merges, words } from "./language/builtins.ts";
import { ScriptTarget, transpileModule } from "typescript";

export interface Generator {
  /** Relative to the repository. */
  readonly path: string;
  make(): string;
}

export const generators: readonly Generator[] = [
  { path: "grammar/cst.ts", make: cstTypes },
  { path: "grammar/rn.ebnf", make: ebnf },
  { path: "grammar/rn.tmLanguage.json", make: () => textmate({ functions: Object.keys(functions), merges: Object.keys(merges), words: Object.keys(words) }) },
  { path: "src/std/embedded.ts", make: standardLibrary },
  { path: "src/runtime/embedded.ts", make: runtimeTexts },
];

const root = fileURLToPath(new URL("..", import.meta.url));

/** The standard library as text: the compiler's core reads no files. */
function standardLibrary(): string {
  const files = readdirSync(`${root}src/std/rn`).filter((name) => name.endsWith(".rn")).sort();
  const entries = files.map((name) => `  ${JSON.stringify(`rn/${name.slice(0, -3)}`)}: ${JSON.stringify(readFileSync(`${root}src/std/rn/${name}`, "utf8"))},`);
  return [
    "// The standard library, generated from src/std/rn/*.rn by `npm run gen`.",
    "",
    "/** The text of a library file by the name that programs import it under. */",
    "export const standardLibrary: { readonly [name: string]: string } = {",
    ...entries,
    "};",
    "",
  ].join("\n");
}

/** What generated modules inline, without imports and exports, as TypeScript and as JavaScript. */
function runtimeTexts(): string {
  const files = { error: "runtime/error", safetensors: "runtime/safetensors", weights: "runtime/weights", check: "runtime/check", base64: "runtime/base64", math: "runtime/math", simd: "runtime/simd", webgpu: "runtime/gpu/webgpu", gpuSession: "runtime/gpu/session", gpuRecorder: "runtime/gpu/recorder", gpuNet: "runtime/gpu/net", gpuTrainer: "runtime/gpu/trainer", sync: "runtime/sync", threads: "runtime/threads", worker: "runtime/worker", trained: "runtime/trained", inMemory: "runtime/in-memory", batch: "runtime/batch", trainer: "runtime/trainer", initialise: "runtime/initialise", schedule: "runtime/schedule", safetensorsFile: "runtime/safetensors-file", random: "ir/random", erf: "ir/erf", hot: "runtime/hot" };
  const entries = Object.entries(files).map(([name, file]) => {
    const ts = readFileSync(`${root}src/${file}.ts`, "utf8").replace(/^import .*\n/gm, "").replace(/^export (?!class RncError)/gm, "").trim();
    const js = transpileModule(ts, { compilerOptions: { target: ScriptTarget.ES2022, removeComments: false } }).outputText.replace(/^ {4,}/gm, (s) => " ".repeat(s.length / 2)).replace(/^(export \{\}|"use strict");\n?/gm, "").trim();
    return `  ${name}: {\n    ts: ${JSON.stringify(ts)},\n    js: ${JSON.stringify(js)},\n  },`;
  });
  return [
    "// What generated modules inline, generated from the tested sources in src/runtime by `npm run gen`.",
    "",
    "/** The text of a source in both languages. */",
    "export interface RuntimeText {",
    "  readonly ts: string;",
    "  readonly js: string;",
    "}",
    "",
    "export const runtime = {",
    ...entries,
    "} as const satisfies { readonly [name: string]: RuntimeText };",
    "",
  ].join("\n");
}

/** The generated files whose text is not what their generator makes now. */
export function stale(): readonly string[] {
  return generators.filter((g) => current(g.path) !== g.make()).map((g) => g.path);
}

function current(path: string): string | null {
  try {
    return readFileSync(root + path, "utf8");
  } catch {
    return null; // not generated yet
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const g of generators) {
    const text = g.make();
    if (current(g.path) === text) continue;
    writeFileSync(root + g.path, text);
    process.stderr.write(`wrote ${g.path}\n`);
  }
}
