// `rnc bench`: how fast a network runs here, from import to the first result and then again and again; with --tune what each algorithm of
// each convolution takes beside what the cost model says. Weights are random: speed does not depend on them.
import type { ExportCompilation } from "../compiler/compilation.ts";
import { alternativesOf } from "../codegen/wasm/alternatives.ts";
import { elementsPerSample } from "../ir/type.ts";
import { writeSafetensors } from "../runtime/safetensors-file.ts";
import { uniform } from "../ir/random.ts";
import { ExitCode, usageError } from "./exit.ts";
import { count } from "./numbers.ts";
import { exportsOf, openProgram, type BuildOptions } from "./program.ts";
import { startProgress } from "./progress.ts";
import { integer, table } from "./table.ts";
import { colours, print } from "./terminal.ts";
import { measure, PEAK_NOTE, type Measured } from "./tune.ts";

export interface BenchOptions extends BuildOptions {
  readonly batch: string;
  readonly runs: string;
  readonly tune?: boolean;
  readonly json?: boolean;
}

interface Module {
  readonly create: (options: { readonly weights: Uint8Array; readonly batch: number }) => Promise<{ readonly runSync: (inputs: Readonly<Record<string, Float32Array>>) => unknown; readonly dispose: () => void }>;
}

interface Speed {
  readonly name: string;
  readonly batch: number;
  readonly first: number;
  readonly best: number;
  readonly median: number;
  readonly gigaflops: number;
}

export async function bench(path: string, options: BenchOptions): Promise<number> {
  const [batch, runs] = [count("--batch", options.batch), count("--runs", options.runs)];
  const target = options.target ?? "wasm";
  if (options.tune && target !== "wasm") throw usageError(`--target ${target} has one algorithm for each layer`, "leave --tune out, or take --target wasm");
  const exports = exportsOf(path, openProgram(path, { ...options, target }, { js: true }));
  if (!exports) return ExitCode.failure;
  const speeds: Speed[] = [];
  for (const e of exports) speeds.push(await speedOf(e, batch, runs));
  const tuned = options.tune ? exports.map((e) => ({ name: e.name, layers: tune(e, options.strictMath ?? false) })) : [];
  if (options.json) print(`${JSON.stringify({ target, node: process.versions.node, exports: speeds, tune: tuned }, null, 2)}\n`);
  else print([speedTable(speeds), ...tuned.map(({ name, layers }) => `\n${name}\n${tuneTable(layers)}`), options.tune ? `\n${PEAK_NOTE}\n` : ""].join(""));
  return ExitCode.success;
}

async function speedOf(e: ExportCompilation, batch: number, runs: number): Promise<Speed> {
  const text = e.module.files.find((f) => f.name.endsWith(".js"))!.text;
  const weights = randomWeights(e);
  const inputs = Object.fromEntries(e.graph.inputs.map((i) => [String((i.attrs as { readonly name: string }).name), numbers(batch * elementsPerSample(i.type.shape), 0)]));
  const start = performance.now();
  const module = (await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`)) as Module;
  const net = await module.create({ weights, batch });
  net.runSync(inputs);
  const first = performance.now() - start;
  const progress = startProgress(runs, "runs");
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const from = performance.now();
    net.runSync(inputs);
    times.push(performance.now() - from);
    progress.update(i + 1);
  }
  progress.stop();
  net.dispose();
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  return { name: e.name, batch, first, best: times[0]!, median, gigaflops: (2 * e.summary.macs * batch) / median / 1e6 };
}

/** He-like weights, and statistics that keep numbers in range. */
function randomWeights(e: ExportCompilation): Uint8Array {
  return writeSafetensors(e.graph.parameters.map((p, site) => {
    const { name, shape } = p.attrs as unknown as { readonly name: string; readonly shape: readonly number[] };
    const size = shape.reduce((a, b) => a * b, 1);
    const spread = shape.length > 1 ? Math.sqrt((12 * (shape[0] ?? 1)) / size) : 0;
    return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => (shape.length > 1 ? spread * (uniform(i, site, 0, 1) - 0.5) : 0.75 + 0.5 * uniform(i, site, 0, 1))) }] as const;
  }));
}

function numbers(length: number, site: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => uniform(i, site, 1, 1) - 0.5);
}

function tune(e: ExportCompilation, strictMath: boolean): readonly Measured[] {
  const all = alternativesOf(e.plan, strictMath);
  const progress = startProgress(all.length, "layers");
  const measured = all.map((a, i) => {
    const m = measure(a);
    progress.update(i + 1);
    return m;
  });
  progress.stop();
  return measured;
}

function speedTable(speeds: readonly Speed[]): string {
  const right = { align: "right" } as const;
  const rows = speeds.map((s) => [s.name, integer(s.batch), milliseconds(s.first), milliseconds(s.best), milliseconds(s.median), s.gigaflops.toFixed(1)]);
  return table([{ title: "export" }, { title: "batch", ...right }, { title: "first result", ...right }, { title: "best", ...right }, { title: "median", ...right }, { title: "GFLOP/s", ...right }], rows, colours(process.stdout).dim);
}

function tuneTable(layers: readonly Measured[]): string {
  const right = { align: "right" } as const;
  const rows = layers.flatMap((l) => l.choices.map((c, i) => [
    i === 0 ? l.label : "", i === 0 ? integer(l.calls) : "", `${c.algorithm}${c.chosen ? " *" : ""}`, milliseconds(c.predicted / 1e6), milliseconds(c.nanoseconds / 1e6), (2 * l.macs / c.nanoseconds).toFixed(1), c.best && !c.chosen ? "faster" : "",
  ]));
  return table([{ title: "convolution" }, { title: "calls", ...right }, { title: "algorithm" }, { title: "predicted", ...right }, { title: "measured", ...right }, { title: "GFLOP/s", ...right }, { title: "" }], rows, colours(process.stdout).dim);
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(3) : ms.toFixed(1)} ms`;
}
