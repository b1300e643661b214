// Which memory of `run` holds nothing that is read again, told from the finished plan alone: tests write NaN there. And the least that can do.
import type { Extent } from "../../src/ir/type.ts";
import { lifetimes } from "../../src/plan/lifetimes.ts";
import { aligned } from "../../src/plan/place.ts";
import type { Buffer, Plan } from "../../src/plan/plan.ts";

/** Elements of `activations`. */
export interface Range {
  readonly offset: Extent;
  readonly size: Extent;
}

/** For each step of `run`, what may be overwritten after it: nothing later reads it. */
export function deadAfter(plan: Plan): readonly (readonly Range[])[] {
  const dead: Range[][] = plan.programs.run.map(() => []);
  for (const { buffer, last } of lifetimes(plan)) {
    const step = plan.programs.run[last];
    if (step && (step.output === buffer || !samePlace(step.output, buffer))) dead[last]!.push(buffer);
  }
  return dead;
}

/** For each step of `run`, the parts of `activations` that hold nothing while it runs: neither read nor written by it or later. */
export function guards(plan: Plan): readonly (readonly Range[])[] {
  const alive = new Set<Buffer>();
  const dying = new Map<number, Buffer[]>();
  for (const { buffer, last } of lifetimes(plan)) {
    const together = dying.get(last);
    if (together) together.push(buffer);
    else dying.set(last, [buffer]);
  }
  return plan.programs.run.map((step, t) => {
    if (step.output.region === "activations") alive.add(step.output); // an update is computed where its parameter lies
    const free = complement([...alive], plan.regions.activations);
    for (const b of dying.get(t) ?? []) alive.delete(b);
    return free;
  });
}

/** What lies between the buffers: in the fixed part of the arena, then in the part that grows with the batch. */
function complement(buffers: readonly Buffer[], arena: Extent): readonly Range[] {
  const free: Range[] = [];
  for (const part of ["fixed", "perSample"] as const) {
    let at = 0;
    const gap = (to: number): void => {
      if (to > at) free.push(part === "fixed" ? range(at, 0, to - at, 0) : range(arena.fixed, at, 0, to - at));
    };
    for (const b of buffers.filter((b) => b.size[part] > 0).sort((a, b) => a.offset[part] - b.offset[part])) {
      gap(b.offset[part]);
      at = Math.max(at, b.offset[part] + b.size[part]);
    }
    gap(arena[part]);
  }
  return free;
}

function range(offset: number, offsetPerSample: number, size: number, sizePerSample: number): Range {
  return { offset: { fixed: offset, perSample: offsetPerSample }, size: { fixed: size, perSample: sizePerSample } };
}

function samePlace(a: Buffer, b: Buffer): boolean {
  return a.region === b.region && a.offset.fixed === b.offset.fixed && a.offset.perSample === b.offset.perSample;
}

/** The most that is alive during any one step, with each result rounded up as placement does: no arena can be smaller. */
export function liveBound(plan: Plan): Extent {
  const dead = deadAfter(plan);
  const most = { fixed: 0, perSample: 0 };
  for (const part of ["fixed", "perSample"] as const) {
    let live = 0;
    plan.programs.run.forEach((s, t) => {
      if (s.output.region === "activations" && !s.inputs.some((i) => samePlace(i, s.output))) live += aligned(s.output.size[part], plan.alignment);
      most[part] = Math.max(most[part], live);
      for (const d of dead[t]!) live -= aligned(d.size[part], plan.alignment);
    });
  }
  return most;
}
