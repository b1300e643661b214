// Where threads that share the steps of a program have to wait for one another. Each computes its part of every step; a step that reads
// what others wrote, or writes where others still read, may begin when all have done what is before it. What is independent needs no wait:
// packs of weights, the updates of parameters.
import type { Buffer, Step } from "./plan.ts";

/** The steps before which all threads must have met. After the last one they meet too, which is not said. */
export function barriers(steps: readonly Step[]): ReadonlySet<number> {
  const found = new Set<number>();
  let [read, written]: [Buffer[], Buffer[]] = [[], []]; // since the last one
  steps.forEach(({ inputs, output }, t) => {
    const waits = inputs.some((b) => overlapsAny(b, written)) || overlapsAny(output, written) || overlapsAny(output, read);
    if (waits) {
      found.add(t);
      [read, written] = [[], []];
    }
    read.push(...inputs);
    written.push(output);
  });
  return found;
}

function overlapsAny(b: Buffer, others: readonly Buffer[]): boolean {
  return others.some((o) => o.region === b.region && b.region !== "input" && !endsBefore(o, b) && !endsBefore(b, o));
}

/** For every batch. Fixed and per-sample sizes are placed apart, so this finds all that do not overlap. */
function endsBefore(a: Buffer, b: Buffer): boolean {
  return a.offset.fixed + a.size.fixed <= b.offset.fixed && a.offset.perSample + a.size.perSample <= b.offset.perSample;
}
