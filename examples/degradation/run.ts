// `npm run degradation`: trains every run of runs.ts, two at a time, each in a process of its own, and writes what they say together.
// Law: a run's result follows from its settings alone, so neither the order nor an interruption changes anything; finished runs are kept.
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { build } from "esbuild";
import { replaceFile } from "../../src/cli/files.ts";
import { duration } from "../../src/cli/table.ts";
import { version } from "../../src/index.ts";
import { curvePicture, depthPicture, tables } from "./report.ts";
import type { Experiment, Result } from "./results.ts";
import { full, quick, runsOf, type Run, type Settings } from "./runs.ts";
import type { Job } from "./train.ts";

interface Options {
  readonly quick?: true;
  readonly data?: string;
  readonly out?: string;
  readonly work?: string;
  readonly jobs: number;
}

const here = fileURLToPath(new URL(".", import.meta.url));
const options = new Command("degradation")
  .option("--quick", "everything with hardly any steps: only to see that it works")
  .option("--data <source>", "train on other data than glyphs, e.g. cifar10:FOLDER")
  .option("--out <folder>", "where pictures and numbers go (examples/degradation; of --quick the work folder)")
  .option("--work <folder>", "where finished runs are kept: what is there is not trained again (run/degradation; of --quick a temporary folder)")
  .addOption(new Option("--jobs <count>", "how many run at a time").default(2).argParser(Number))
  .parse()
  .opts<Options>();
const settings = withData(options.quick ? quick : full, options.data);
const work = options.work ?? (options.quick ? mkdtempSync(join(tmpdir(), "degradation-")) : "run/degradation");
const out = options.out ?? (options.quick ? work : here);
const program = readFileSync(join(here, "nets.rn"), "utf8");
const runs = runsOf(settings);

const children = new Set<ChildProcess>();

process.on("exit", () => children.forEach((c) => c.kill()));
mkdirSync(work, { recursive: true });
const script = join(work, "train.mjs"); // made once: each process would make its own, and an edit meanwhile would change later runs
await build({ entryPoints: [join(here, "train.ts")], outfile: script, bundle: true, platform: "node", format: "esm", target: "es2022", logLevel: "warning" });
const results = await trainAll();
report(results);

function withData(s: Settings, data: string | undefined): Settings {
  return data === undefined ? s : { ...s, data, thousand: { ...s.thousand, data } };
}

/** In the order of `runs`. */
async function trainAll(): Promise<readonly Result[]> {
  const done = new Map<string, Result>();
  for (const r of runs) {
    const found = read(r);
    if (found) done.set(r.name, found);
  }
  const total = runs.reduce((sum, r) => sum + r.cost, 0);
  const kept = costOf(done);
  if (done.size > 0) say(`${done.size} of ${runs.length} runs are in ${work} already`);
  const waiting = runs.filter((r) => !done.has(r.name));
  const start = performance.now();
  const worker = async (): Promise<void> => {
    for (let next = takeReady(waiting, done); next !== undefined; next = takeReady(waiting, done)) {
      if (next === null) await new Promise((resolve) => setTimeout(resolve, 50)); // for what it goes on from
      else {
        done.set(next.name, await train(next));
        const rate = (costOf(done) - kept) / (performance.now() - start);
        say(`${done.size} of ${runs.length} · ${next.name}: ${outcome(done.get(next.name)!)} · about ${duration((total - costOf(done)) / rate)} left`);
      }
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, worker));
  return runs.map((r) => done.get(r.name)!);
}

function outcome({ trainError, diverged }: Result): string {
  return diverged === null ? `${(100 * trainError!).toFixed(1)} % of training samples wrong` : `diverged: ${diverged}`;
}

/** Null: each one waits for another; undefined: there is none any more. */
function takeReady(waiting: Run[], done: ReadonlyMap<string, Result>): Run | null | undefined {
  const at = waiting.findIndex((r) => r.from === undefined || done.has(r.from.name));
  if (at >= 0) return waiting.splice(at, 1)[0]!;
  return waiting.length > 0 ? null : undefined;
}

function costOf(done: ReadonlyMap<string, Result>): number {
  return runs.reduce((sum, r) => sum + (done.has(r.name) ? r.cost : 0), 0);
}

/** What a result of this run says of what made it. */
function keyOf(run: Run): string {
  const from = runs.find((r) => r.name === run.from?.name);
  const engine = process.versions.node.split(".")[0]!;
  return createHash("sha256").update(JSON.stringify([run, settings.measured, program, version, engine, from ? keyOf(from) : null])).digest("hex").slice(0, 16);
}

function read(run: Run): Result | null {
  const path = join(work, `${run.name}.json`);
  if (!existsSync(path)) return null;
  const result = JSON.parse(readFileSync(path, "utf8")) as Result;
  return result.key === keyOf(run) ? result : null;
}

async function train(run: Run): Promise<Result> {
  const job: Job = { run, program, folder: work, measured: settings.measured, key: keyOf(run) };
  const child = spawn(process.execPath, [script, JSON.stringify(job)], { stdio: ["ignore", "inherit", "inherit"] });
  children.add(child);
  await ended(child, run.name);
  children.delete(child);
  return read(run)!;
}

function ended(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${signal ?? code}`))));
  });
}

function report(results: readonly Result[]): void {
  const experiment: Experiment = {
    about: {
      date: new Date().toISOString().slice(0, 10), rnc: version, node: process.versions.node, machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
      cpuMinutes: Math.round(results.reduce((sum, r) => sum + r.cpuSeconds, 0) / 6) / 10,
    },
    settings, results,
  };
  replaceFile(join(out, "degradation.json"), json(experiment));
  replaceFile(join(out, "degradation.svg"), depthPicture(experiment));
  replaceFile(join(out, "curves.svg"), curvePicture(experiment));
  console.log(tables(experiment));
  say(`numbers and pictures are in ${out}`);
}

/** One line a run: readable, and its history too. */
function json({ about, settings, results }: Experiment): string {
  return `{\n"about": ${JSON.stringify(about)},\n"settings": ${JSON.stringify(settings)},\n"results": [\n${results.map((r) => JSON.stringify(r)).join(",\n")}\n]\n}\n`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
