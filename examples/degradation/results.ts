// What a run leaves, and what all of them say together.
import type { Kind, Run, Settings } from "./runs.ts";

export interface Result extends Pick<Run, "name" | "part" | "kind" | "depth" | "seed" | "steps" | "samples"> {
  /** Of settings, program and compiler: a result with another is of another experiment. */
  readonly key: string;
  readonly batch: number;
  readonly data: string;
  readonly measured: number;
  readonly parameters: number;
  /** Where it went on from another run: before its first step. */
  readonly start?: { readonly unchanged: boolean; readonly trainError: number };
  /** Shares, 0 … 1, of `measured` samples, with running statistics; null where training diverged. */
  readonly trainError: number | null;
  readonly testError: number | null;
  /** Mean losses of the steps since the point before. */
  readonly curve: readonly (readonly [step: number, loss: number])[];
  /** Why training ended before its time: what the trainer says of the step that it refused. */
  readonly diverged: string | null;
  readonly cpuSeconds: number;
  readonly node: string;
}

export interface Experiment {
  readonly about: { readonly date: string; readonly rnc: string; readonly node: string; readonly machine: string; readonly cpuMinutes: number };
  readonly settings: Settings;
  readonly results: readonly Result[];
}

/** Of the seeds of one network; no number where one of them has none. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export function spreadOf(given: readonly (number | null)[]): Spread {
  const values = given.map((v) => v ?? NaN);
  return { mean: values.reduce((a, b) => a + b, 0) / values.length, low: Math.min(...values), high: Math.max(...values) };
}

/** The seeds of one network in one part. */
export function seedsOf({ results }: Experiment, part: Run["part"], kind: Kind, depth: number): readonly Result[] {
  return results.filter((r) => r.part === part && r.kind === kind && r.depth === depth);
}

/** The loss of the last tenth of a run; infinite where it did not get there. */
export function lastLoss({ curve, steps, diverged }: Result): number {
  if (diverged !== null) return Infinity;
  const last = curve.filter(([step]) => step > 0.9 * steps);
  return last.reduce((sum, [, loss]) => sum + loss, 0) / last.length;
}

/** What guessing costs, and where every run begins, since its last layer starts at zero: ln 10. */
export const GUESSING = Math.log(10);
