// `rnc bench`: how fast a network runs here, from import to the first result and then again and again; on a GPU also how long it takes to be made, and
// of how many pipelines; with --tune what each algorithm of each convolution takes beside what the cost model says.
import type { ExportCompilation } from "../compiler/compilation.ts";
import { alternativesOf } from "../codegen/wasm/alternatives.ts";
import { elementsPerSample } from "../ir/type.ts";
import { ExitCode, usageError } from "./exit.ts";
import { asFailure } from "./generated.ts";
import { openDevice, type Device, type GpuOptions } from "./gpu.ts";
import { makeNet, numbers } from "./made.ts";
import { checkTogether, count } from "./numbers.ts";
import { exportsOf, openProgram, type BuildOptions } from "./program.ts";
import { startProgress } from "./progress.ts";
import { integer, table } from "./table.ts";
import { colours, print } from "./terminal.ts";
import { measure, PEAK_NOTE, type Measured } from "./tune.ts";

export interface BenchOptions extends BuildOptions, GpuOptions {
  readonly batch: string;
  readonly runs: string;
  readonly tune?: boolean;
  readonly json?: boolean;
}

interface Speed {
  readonly name: string;
  readonly batch: number;
  /** Of a network on a GPU: how many pipelines it is made of, and how long it takes to be made. */
  readonly pipelines?: number;
  readonly creation?: number;
  readonly first: number;
  readonly best: number;
  readonly median: number;
  readonly gigaflops: number;
}

export async function bench(path: string, options: BenchOptions): Promise<number> {
  const [batch, runs] = [count("--batch", options.batch), count("--runs", options.runs)];
  const target = options.target ?? "wasm";
  if (options.tune && target !== "wasm") throw usageError(`--target ${target} has one algorithm for each layer`, "leave --tune out, or take --target wasm");
  const exports = exportsOf(openProgram(path, { ...options, target }, { js: true }));
  if (!exports) return ExitCode.failure;
  const speeds: Speed[] = [];
  const device = await openDevice({ ...options, target });
  try {
    for (const e of exports) speeds.push(await speedOf(e, batch, runs, device));
  } catch (error) {
    throw asFailure(error);
  } finally {
    device.close();
  }
  const tuned = options.tune ? exports.map((e) => ({ name: e.name, layers: tune(e, options.strictMath ?? false) })) : [];
  if (options.json) print(`${JSON.stringify({ target, node: process.versions.node, ...(device.name === null ? {} : { adapter: device.name }), exports: speeds, tune: tuned }, null, 2)}\n`);
  else print([device.name === null ? "" : `${device.name}\n`, speedTable(speeds), ...tuned.map(({ name, layers }) => `\n${name}\n${tuneTable(layers)}`), options.tune ? `\n${PEAK_NOTE}\n` : ""].join(""));
  return ExitCode.success;
}

async function speedOf(e: ExportCompilation, batch: number, runs: number, device: Device): Promise<Speed> {
  for (const i of e.graph.inputs) checkTogether("--batch", batch, elementsPerSample(i.type.shape));
  const inputs = Object.fromEntries(e.graph.inputs.map((i) => [String((i.attrs as { readonly name: string }).name), numbers(batch * elementsPerSample(i.type.shape), 0)]));
  const { net, start, milliseconds: creation } = await makeNet(e, batch, device);
  try {
    const run = (): unknown => (net.runSync ? net.runSync(inputs) : net.run(inputs));
    await run();
    const first = performance.now() - start;
    const times = await timesOf(run, runs);
    const median = times[times.length >> 1]!;
    const made = device.name === null ? {} : { pipelines: e.module.kernels, creation };
    return { name: e.name, batch, ...made, first, best: times[0]!, median, gigaflops: (2 * e.summary.macs * batch) / median / 1e6 };
  } finally {
    net.dispose();
  }
}

/** In milliseconds, the shortest first. */
async function timesOf(run: () => unknown, runs: number): Promise<readonly number[]> {
  const progress = startProgress(runs, "runs");
  const times: number[] = [];
  try {
    for (let i = 0; i < runs; i++) {
      const from = performance.now();
      const going = run();
      if (going instanceof Promise) await going;
      times.push(performance.now() - from);
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  return times.sort((a, b) => a - b);
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
  const onGpu = speeds.some((s) => s.pipelines !== undefined);
  const rows = speeds.map((s) => [s.name, integer(s.batch), ...(onGpu ? [integer(s.pipelines!), milliseconds(s.creation!)] : []), milliseconds(s.first), milliseconds(s.best), milliseconds(s.median), s.gigaflops.toFixed(1)]);
  const made = onGpu ? [{ title: "pipelines", ...right }, { title: "creation", ...right }] : [];
  return table([{ title: "export" }, { title: "batch", ...right }, ...made, { title: "first result", ...right }, { title: "best", ...right }, { title: "median", ...right }, { title: "GFLOP/s", ...right }], rows, colours(process.stdout).dim);
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
