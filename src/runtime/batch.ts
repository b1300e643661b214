// The batch of a step: arrays by name, checked, and copied to where the step reads them.
import { namesIn } from "./check.ts";
import { RncError } from "./error.ts";
import type { Task } from "./trained.ts";

/** Checks a batch and copies it to where it is read; how many samples it holds. */
export function take(object: object, { given, batch: most }: Task): number {
  const wanted = `a batch is { ${given.map((g) => g.name).join(", ")} }`;
  if (typeof object !== "object" || object === null) throw new RncError("input", wanted);
  const batch = object as Readonly<Record<string, unknown>>;
  let samples = 0;
  for (const { name, size, classes } of given) {
    const values = Object.hasOwn(batch, name) ? (batch[name] as { readonly length?: unknown } | null | undefined) : undefined;
    const shown = JSON.stringify(name);
    if (!values || typeof values.length !== "number") throw new RncError("input", values === undefined ? `input ${shown} is missing: ${wanted}, found ${namesIn(batch)}` : `input ${shown} is no array of numbers`);
    const count = values.length / size;
    if (!Number.isInteger(count) || count < 1) throw new RncError("input", `input ${shown} has ${values.length} numbers; a sample has ${size}`);
    if (count > most) throw new RncError("batch", `input ${shown} holds ${count} samples; the trainer was created for a batch of ${most}`);
    if (samples > 0 && count !== samples) throw new RncError("input", `input ${shown} holds ${count} samples, and another input ${samples}`);
    samples = count;
    if (classes > 0) checkLabels(values as { readonly [index: number]: unknown; readonly length: number }, shown, classes);
  }
  const extra = Object.keys(batch).find((name) => !given.some((g) => g.name === name));
  if (extra !== undefined) throw new RncError("input", `there is no input ${JSON.stringify(extra)}`);
  for (const { name, to } of given) {
    const values = batch[name] as { readonly [index: number]: number | bigint; readonly length: number };
    for (let i = 0; i < values.length; i++) to[i] = Number(values[i]);
  }
  return samples;
}

function checkLabels(values: { readonly [index: number]: unknown; readonly length: number }, shown: string, classes: number): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const label = typeof value === "bigint" ? Number(value) : value; // not of just anything: Number(null) is class 0
    if (!Number.isInteger(label) || (label as number) < 0 || (label as number) >= classes) throw new RncError("input", `${shown}[${i}] is ${String(value)}; there are the classes 0 to ${classes - 1}`);
  }
}
