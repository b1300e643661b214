// `rnc compile`: modules into a folder, all or none; with --emit or --print-changed a form of the program to stdout instead.
import { gzipSync } from "node:zlib";
import { isAbsolute, join } from "node:path";
import type { Compilation, ExportCompilation } from "../compiler/compilation.ts";
import type { CompileOptions } from "../compiler/options.ts";
import { isWgslFile, type WgslFile } from "../codegen/wgsl/manifest.ts";
import { stages, type Form, type Stage } from "../compiler/stages.ts";
import { INLINE_LIMIT } from "../compiler/weights.ts";
import { printGraph } from "../ir/print.ts";
import { thereAre } from "../source/words.ts";
import { lineDiff } from "./diff.ts";
import { ExitCode, failure, usageError } from "./exit.ts";
import { isGenerated, writeAll, type NewFile } from "./files.ts";
import { limitsAsked, type LimitOptions } from "./limits.ts";
import { memory } from "./numbers.ts";
import { exportsOf, openProgram, report, type BuildOptions, type Program } from "./program.ts";
import { bytes, metric } from "../source/quantities.ts";
import { duration, integer, table } from "./table.ts";
import { colours, print, say } from "./terminal.ts";
import { checkTrained, inWords } from "./train/declared.ts";
import { findWeights, isOurs, type Weights } from "./weights.ts";

/** Where modules go where nothing is said. */
const OUT = "out";

export interface CompileCommandOptions extends BuildOptions, LimitOptions {
  readonly out?: string;
  readonly threads?: boolean;
  readonly train?: boolean;
  readonly memory?: string;
  readonly js?: boolean;
  readonly weights?: string;
  readonly inlineWeights?: boolean;
  readonly emit?: string;
  readonly printChanged?: boolean;
  readonly watch?: boolean;
}

export async function compile(path: string, options: CompileCommandOptions): Promise<number> {
  if (options.emit !== undefined && !Object.hasOwn(stages, options.emit)) throw usageError(`--emit: ${JSON.stringify(options.emit)} is no form`, thereAre(Object.keys(stages)));
  if (options.out === "") throw usageError("-o wants a folder", "a dot is the current one");
  const only = (stages as { readonly [form: string]: Stage })[options.emit ?? ""]?.target;
  if (only && options.target !== only) throw usageError(`--emit ${options.emit} is of --target ${only}`, `add --target ${only}`);
  if (options.threads && options.target !== "wasm") throw usageError(`--target ${options.target ?? "ts"} computes in one thread`, "add --target wasm");
  if (options.memory !== undefined && !options.train) throw usageError("--memory is what a step of training may take", "add --train");
  if (!options.watch) return compileOnce(path, options).code;
  if (path === "-") throw usageError("--watch needs a file to watch; - is stdin");
  return (await import("./watch.ts")).watch(() => compileOnce(path, options));
}

/** One go; `files` are those that a change of would ask for another. */
function compileOnce(path: string, options: CompileCommandOptions): { readonly code: number; readonly files: readonly string[] } {
  const start = performance.now();
  const more = { ...(options.js ? { js: true } : {}), ...(options.threads ? { threads: true } : {}), ...(options.train ? { train: true } : {}), ...(options.memory === undefined ? {} : { memory: memory("--memory", options.memory) }), ...limitsAsked(options, options.target) };
  let program = openProgram(path, options, options.printChanged ? { ...more, observe: printChange } : more);
  const exports = exportsOf(program);
  if (!exports) return { code: ExitCode.failure, files: program.files };
  if (options.train) checkTrained(path, program, "--train", failure);
  const looking = options.emit !== undefined || options.printChanged;
  if (report([...program.compilation.tooLarge, ...(looking ? [] : program.compilation.beyondLimits)], program.file)) return { code: ExitCode.failure, files: program.files };
  if (options.emit !== undefined && (stages as { readonly [form: string]: Stage })[options.emit]?.trained) checkTrained(path, program, `--emit ${options.emit}`, usageError);
  const files = options.out === undefined ? undefined : (stages as { readonly [form: string]: Stage })[options.emit ?? ""]?.files;
  if (files) writeForm(exports.flatMap((e) => files(e)), options.out!);
  else if (options.emit !== undefined) print(emit(program, options.emit as Form));
  else if (options.printChanged) printChanges(program);
  else {
    const found = exports.map((e) => [e.name, findWeights(e, program, options.weights)] as const);
    if (report(found.flatMap(([, f]) => f.diagnostics), program.file)) return { code: ExitCode.failure, files: program.files };
    const weights = new Map(found.flatMap(([name, f]) => (f.weights ? [[name, f.weights] as const] : [])));
    const about = aboutWeights(program, weights, options);
    if (about) program = openProgram(path, options, { ...more, ...about });
    write(program, weights, options, start);
  }
  return { code: ExitCode.success, files: program.files };
}

function emit({ compilation }: Program, form: Form): string {
  const show: (e: ExportCompilation, c: Compilation) => string = stages[form].print;
  const { exports } = compilation;
  if (form === "ast") return exports.slice(0, 1).map((e) => show(e, compilation)).join(""); // the file's, not an export's
  return exports.map((e) => (exports.length === 1 ? "" : `// ── ${e.name} ──\n`) + show(e, compilation)).join("\n");
}

/** A form of several texts, as files. */
function writeForm(files: readonly WgslFile[], folder: string): void {
  writeAll(folder, files.map(({ name, text }) => ({ name, content: text, replaces: (existing) => isWgslFile(new TextDecoder().decode(existing)) })));
  say(`${integer(files.length)} files in ${colours(process.stderr).bold(`${folder.replace(/\/+$/, "")}/`)}\n`);
}

type Observe = NonNullable<CompileOptions["observe"]>;

const printChange: Observe = (pass, before, after) => {
  const diff = lineDiff(printGraph(before), printGraph(after));
  print(diff === "" ? `── ${pass.name}: no change\n` : `── ${pass.name}: ${pass.doc}\n${diff}`);
};

function printChanges(program: Program): void {
  for (const e of program.compilation.exports) {
    print(`${e.name}\n`);
    void e.opt; // the passes run, and printChange sees each
  }
}

/** What the weights add to the modules: themselves with `--inline-weights`, the normalisation they were trained with. Null: nothing. */
function aboutWeights({ compilation }: Program, weights: ReadonlyMap<string, Weights>, options: CompileCommandOptions): Pick<CompileOptions, "inlineWeights" | "normalisation"> | null {
  const normalised = [...weights].flatMap(([name, w]) => (w.normalisation ? [[name, w.normalisation] as const] : []));
  if (!options.inlineWeights && normalised.length === 0) return null;
  const inlined = options.inlineWeights ? compilation.exports.map((e) => [e.name, inlinable(e.name, weights.get(e.name))] as const) : [];
  return { inlineWeights: Object.fromEntries(inlined), normalisation: Object.fromEntries(normalised) };
}

function inlinable(name: string, w: Weights | undefined): Uint8Array {
  if (!w) throw usageError(`--inline-weights: ${name} has no weights to inline`, 'name them with --weights, or in the program: export … from "file.safetensors"');
  if (w.bytes.length > INLINE_LIMIT) throw failure(`--inline-weights: the weights of ${name} are ${integer(w.bytes.length)} bytes; at most ${integer(INLINE_LIMIT)} go into a module`, "leave it out: the weights are written beside the module");
  return w.bytes;
}

function write(program: Program, weights: ReadonlyMap<string, Weights>, options: CompileCommandOptions, start: number): void {
  const rows: string[][] = [];
  const files: NewFile[] = [];
  for (const e of program.compilation.exports) {
    const before = performance.now();
    const { module, summary } = e;
    const time = performance.now() - before;
    files.push(...module.files.map((f) => ({ name: f.name, content: f.text, replaces: isGenerated })));
    const w = weights.get(e.name);
    if (w && !options.inlineWeights) files.push({ name: `${e.name}.safetensors`, content: w.bytes, replaces: isOurs });
    const code = module.files[0]!.text;
    rows.push([
      module.files[0]!.name, integer(summary.parameters), metric(summary.macs), bytes(Buffer.byteLength(code)), bytes(gzipSync(code).length),
      bytes(summary.bytes.weights), bytes(summary.bytes.activations), ...(options.train ? [inWords(e)] : []), duration(time),
    ]);
  }
  const { out = OUT } = options;
  writeAll(out, files);
  const right = { align: "right" } as const;
  const c = colours(process.stderr);
  say(table([
    { title: "module" }, { title: "parameters", ...right }, { title: "MACs", ...right }, { title: "code", ...right }, { title: "gzip", ...right },
    { title: "weights", ...right }, { title: "activations", ...right }, ...(options.train ? [{ title: "training" }] : []), { title: "time", ...right },
  ], rows, c.dim));
  const { exports } = program.compilation;
  say(`\n${exports.length} module${exports.length === 1 ? "" : "s"} in ${c.bold(`${out.replace(/\/+$/, "")}/`)}, ${duration(performance.now() - start)}. ${proven(exports, options)}${howToUse(exports[0]!, options, weights)}\n`);
}

/** What has been proven about GPUs. */
function proven(exports: readonly ExportCompilation[], { limits = "spec" }: CompileCommandOptions): string {
  const batches = exports.flatMap(({ name, provenBatch }) => (provenBatch === null ? [] : [{ name, batch: provenBatch }]));
  if (batches.length === 0) return "";
  const most = Math.max(...batches.map((b) => b.batch));
  const fewer = batches.filter((b) => b.batch < most).map((b) => `, of ${b.name} up to ${b.batch}`);
  return `Within the limits of ${limits === "spec" ? "every WebGPU device" : limits} for batches up to ${most}${fewer.join("")}. `;
}

/** One line that shows the import. */
function howToUse(e: ExportCompilation, options: CompileCommandOptions, weights: ReadonlyMap<string, Weights>): string {
  const path = join(options.out ?? OUT, e.module.files[0]!.name);
  const file = isAbsolute(path) || path.startsWith("..") ? path : `./${path}`;
  if (options.train) return `Use: import { createTrainer } from ${JSON.stringify(file)}; const trainer = await createTrainer()`;
  const given = options.inlineWeights && weights.has(e.name) ? "{}" : "{ weights }";
  return `Use: import { create } from ${JSON.stringify(file)}; const net = await create(${given})`;
}
