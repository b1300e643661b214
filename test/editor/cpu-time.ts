// How long the processor worked on each of many keystrokes, garbage collection and compilation of JavaScript included, waiting for
// other processes not. What took long is measured again, in later rounds and with the parser's memory of it gone: a collection or
// the compilation of a function hits some keystroke, and not the same one again. The least of a keystroke's rounds is its time.
import { full } from "../harness/tier.ts";
import type { Analysis } from "../../src/editor/analysis.ts";

/** Milliseconds; what takes longer is measured again. */
const long = 4;
const rounds = 5;
/** Texts that make the parser forget (language/chunk.ts keeps 2048). */
const forgetting = 2100;

export class CpuTimes {
  readonly #any: Analysis;
  readonly #times: number[] = [];
  readonly #slow: { readonly index: number; readonly again: () => unknown }[] = [];

  /** `any` analyses texts that do not matter. */
  constructor(any: Analysis) {
    this.#any = any;
  }

  get count(): number {
    return this.#times.length;
  }

  measure<T>(work: () => T): T {
    const { result, time } = timed(work);
    if (full && time > long) this.#slow.push({ index: this.#times.length, again: work });
    this.#times.push(time);
    return result;
  }

  /** The 99th percentile and the largest, in milliseconds; both tiers compute them, the full one says them. */
  report(what: string): { readonly p99: number; readonly max: number } {
    const raw = percentiles(this.#times);
    for (let round = 1; round < rounds && this.#slow.length > 0; round++) {
      for (let i = 0; i < forgetting; i++) void this.#any.instead(`const c${round}_${i} = ${i}\n`).file;
      for (const { index, again } of this.#slow) {
        if (this.#times[index]! > long) this.#times[index] = Math.min(this.#times[index]!, timed(again).time);
      }
    }
    const least = percentiles(this.#times);
    if (full) console.log(`${this.count} ${what}, CPU ms: p50 ${least.p50.toFixed(2)}, p99 ${least.p99.toFixed(2)}, max ${least.max.toFixed(2)} (each measured once: p99 ${raw.p99.toFixed(2)}, max ${raw.max.toFixed(2)})`);
    return least;
  }
}

function timed<T>(work: () => T): { readonly result: T; readonly time: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, time: (user + system) / 1000 };
}

function percentiles(times: readonly number[]): { readonly p50: number; readonly p99: number; readonly max: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p99, max] = [0.5, 0.99, 1].map((q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!) as [number, number, number];
  return { p50, p99, max };
}
