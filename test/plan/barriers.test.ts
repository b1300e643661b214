// Where threads have to wait: every two steps of which one needs what the other wrote, or writes where the other reads, have a meeting between
// them, told from concrete addresses for some batches; and steps that are independent have none.
import { expect, test } from "vitest";
import { optionalPasses, runPipeline } from "../../src/passes/pipeline.ts";
import { barriers } from "../../src/plan/barriers.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { Buffer, Step } from "../../src/plan/plan.ts";
import { generate } from "../harness/generate.ts";
import { simulated } from "../harness/simulate.ts";
import { count } from "../harness/tier.ts";
import { graph } from "../passes/texts.ts";

/** Do the two share an element in memory for that batch? */
function overlap(a: Buffer, b: Buffer, batch: number): boolean {
  if (a.region !== b.region || a.region === "input") return false;
  const range = ({ offset, size }: Buffer): readonly [number, number] => {
    const start = offset.fixed + offset.perSample * batch;
    return [start, start + size.fixed + size.perSample * batch];
  };
  const [[from, to], [start, end]] = [range(a), range(b)];
  return from < end && start < to;
}

function depends(later: Step, earlier: Step, batch: number): boolean {
  const touches = (b: Buffer, others: readonly Buffer[]): boolean => others.some((o) => overlap(b, o, batch));
  return later.inputs.some((b) => touches(b, [earlier.output])) || touches(later.output, [earlier.output, ...earlier.inputs]);
}

test("of random graphs, all that depend meet", () => {
  let [pairs, saved, steps] = [0, 0, 0];
  for (let seed = 1; seed <= count(120, 3_000); seed++) {
    const it = generate(seed, optionalPasses);
    if (it.size === "crowd" || it.size === "chain") continue;
    const { run } = makePlan(runPipeline(it.graph, { disabled: new Set(it.without) }), simulated, "test").programs;
    const met = barriers(run);
    const meetings = run.map((_, t) => [...met].filter((m) => m <= t).length);
    for (const batch of [1, 3]) {
      run.forEach((later, t) => run.slice(0, t).forEach((earlier, s) => {
        if (!depends(later, earlier, batch)) return;
        pairs++;
        expect(meetings[t], `seed ${seed}: steps ${s} and ${t}`).toBeGreaterThan(meetings[s]!);
      }));
    }
    steps += run.length;
    saved += run.length - met.size;
  }
  expect(pairs).toBeGreaterThan(count(1_000, 25_000));
  expect(saved / steps).toBeGreaterThan(0.1);
});

test("independent steps do not wait, their reader does", () => {
  const { run } = makePlan(graph(`
    graph "g"
    input %0 = "x" : [N, 4]
    %1 = map(%0) {expr=(x0 + 1)} : [N, 4]
    %2 = map(%0) {expr=(x0 * 2)} : [N, 4]
    %3 = map(%1, %2) {expr=(x0 - x1)} : [N, 4]
    output "a" = %1
    output "b" = %2
    output "y" = %3`), simulated, "g").programs;
  expect([...barriers(run)]).toEqual([2]);
});
