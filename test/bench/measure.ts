// One row of the table: all engines on one network, batch and thread count. Each in a process of its own; results are compared before
// anything is timed; then they take turns, one computing at a time, so that whatever slows the machine slows all.
import { Child } from "./child-process.ts";
import type { Models } from "./models.ts";
import { Page } from "./page-process.ts";
import type { Driver, EngineName, Job, Pipelines } from "./protocol.ts";
import { best, median } from "./statistics.ts";

export interface Figure {
  readonly engine: EngineName;
  readonly best: number;
  readonly median: number;
  readonly runs: number;
  /** From import to the first output, in milliseconds: the median of some processes. */
  readonly firstResult: number;
  readonly megabytes: number;
  /** The largest difference of an output from the reference engine's, as a part of the largest output. */
  readonly difference: number;
  readonly pipelines: Pipelines | null;
}
export interface Row {
  readonly network: string;
  readonly title: string;
  readonly batch: number;
  readonly threads: number;
  readonly macs: number;
  /** Who the others are compared with. */
  readonly reference: EngineName;
  readonly figures: readonly Figure[];
  readonly left: readonly string[];
}
export interface Request {
  readonly engines: readonly EngineName[];
  readonly batch: number;
  readonly threads: number;
  readonly macs: number;
  /** Milliseconds for all turns together. */
  readonly budget: number;
  /** How many processes tell the time to the first result. */
  readonly starts: number;
  /** An engine that would take longer for one run is left out. */
  readonly longest: number;
  readonly driver?: Driver | null;
}
interface Running {
  readonly child: Child | Page;
  firstResult: number;
  readonly output: Float32Array;
  readonly pipelines: Pipelines | null;
  readonly times: number[];
  difference: number;
}

/** Winograd differs by 1e-4 of the largest output; a wrong network by all of it. */
const TOLERANCE = 1e-3;
/** Milliseconds to a first result from which on everything is done as seldom as possible. */
const SLOW = 6000;
const [SLICE, LEAST_RUNS] = [100, 3] as const;
/** Where a run is longer than a slice, a turn is two: the first finds the caches as the other engines left them. */
const RUNS_A_TURN = 2;
/** Milliseconds of pause between turns where engines have threads, which may wait actively for a while. */
const PAUSE = 20;

export async function measure(models: Models, request: Request): Promise<Row> {
  const left: string[] = [];
  const running: Running[] = [];
  try {
    for (const engine of request.engines) await start(models, engine, request, running, left);
    compare(running);
    for (const r of running) r.firstResult = await firstResult(r, request.starts);
    for (const r of running) await warm(r);
    await takeTurns(running, request);
    const figures: Figure[] = [];
    for (const r of running) figures.push(await figure(r));
    return { network: models.network.name, title: models.network.title, batch: request.batch, threads: request.threads, macs: request.macs, reference: referenceOf(running)?.child.job.engine ?? "wasm", figures, left };
  } finally {
    for (const { child } of running) child.end();
  }
}

/** About what tfjs reaches, in GFLOP/s: who would take too long is not even started. */
const expected: Partial<Record<EngineName, number>> = { "tfjs-cpu": 0.6, "tfjs-wasm": 15, ts: 4 };

function begin(job: Job): Promise<{ readonly child: Child | Page; readonly firstResult: number; readonly output: Float32Array; readonly pipelines: Pipelines | null }> {
  return job.engine.endsWith("-page") ? Page.start(job) : Child.start(job);
}

async function start(models: Models, engine: EngineName, { batch, threads, macs, longest, driver = null }: Request, running: Running[], left: string[]): Promise<void> {
  const speed = expected[engine];
  if (speed && (2 * macs) / speed / 1e6 > longest) return void left.push(`${engine}: more than ${longest / 1000} s a run`);
  const job = models.job(engine, batch, threads);
  if (!job) return void left.push(`${engine}: no ${threads} threads`);
  try {
    running.push({ ...(await begin({ ...job, driver })), times: [], difference: 0 });
  } catch (e) {
    left.push(`${engine}: ${e instanceof Error ? e.message : String(e)}`);
  }
}

function referenceOf(running: readonly Running[]): Running | undefined {
  const of = (name: EngineName): Running | undefined => running.find((r) => r.child.job.engine === name);
  return of("ort-node") ?? of("ort-web") ?? of("ort-webgpu") ?? running.at(-1);
}

function compare(running: readonly Running[]): void {
  const reference = referenceOf(running);
  if (!reference) return;
  const scale = reference.output.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  for (const r of running) {
    r.difference = r.output.length === reference.output.length ? r.output.reduce((most, v, i) => Math.max(most, Math.abs(v - reference.output[i]!)), 0) / scale : NaN;
    if (!(r.difference <= TOLERANCE)) throw new Error(`${r.child.job.engine} and ${reference.child.job.engine} differ by ${r.difference} of the largest output: nothing to time`);
  }
}

/** Of more processes, which end at once. */
async function firstResult({ child: { job }, firstResult }: Running, starts: number): Promise<number> {
  const all = [firstResult];
  while (all.length < starts && firstResult < SLOW) {
    const again = await begin(job);
    again.child.end();
    all.push(again.firstResult);
  }
  return median(all);
}

/** Engines compile hot code while it runs. */
async function warm({ child, firstResult }: Running): Promise<void> {
  await child.turn(firstResult > SLOW / 2 ? 0 : 1000, firstResult > SLOW ? 0 : 3);
}

async function takeTurns(running: readonly Running[], { threads, budget }: Request): Promise<void> {
  const spent = new Map(running.map((r) => [r, 0]));
  const share = budget / running.length;
  const isDone = (r: Running): boolean => spent.get(r)! >= share && (r.times.length >= LEAST_RUNS || spent.get(r)! >= 2 * share);
  while (!running.every(isDone)) {
    for (const r of running) {
      if (isDone(r)) continue;
      if (threads > 1) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const { times } = await r.child.turn(SLICE, r.firstResult > SLOW ? 1 : RUNS_A_TURN);
      r.times.push(...times);
      spent.set(r, times.reduce((a, b) => a + b, spent.get(r)!));
    }
  }
}

async function figure({ child, times, firstResult, difference, pipelines }: Running): Promise<Figure> {
  return { engine: child.job.engine, best: best(times), median: median(times), runs: times.length, firstResult, megabytes: await child.megabytes(), difference, pipelines };
}
