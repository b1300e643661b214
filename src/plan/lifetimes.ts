// When the memory of `run` is alive, told from the finished plan alone: for the memory map people look at, and for tests that judge offsets.
// Law: knows nothing of how offsets were chosen.
import type { Buffer, Plan } from "./plan.ts";

/** A buffer of `activations` from the step that writes it to the last that reads it, inclusive; an output lives to the end. */
export interface Lifetime {
  readonly buffer: Buffer;
  readonly first: number;
  readonly last: number;
}

/** In the order in which they are written. */
export function lifetimes(plan: Plan): readonly Lifetime[] {
  const steps = plan.programs.run;
  const last = new Map<Buffer, number>();
  steps.forEach((s, t) => [s.output, ...s.inputs].forEach((b) => last.set(b, t)));
  for (const o of plan.outputs) last.set(o.buffer, steps.length);
  return steps.flatMap((s, t) => (s.output.region === "activations" ? [{ buffer: s.output, first: t, last: last.get(s.output)! }] : []));
}
