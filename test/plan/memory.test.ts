// Memory: placement never overlaps, takes the least there can be on every example, and keeps repeated blocks regular.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wasmTarget } from "../../src/codegen/wasm/target.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import { makePlan } from "../../src/plan/make.ts";
import { ALIGN, aligned, place, type Slot } from "../../src/plan/place.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { reroll, type Rolled, type Row } from "../../src/plan/reroll.ts";
import { liveBound } from "../harness/dead.ts";
import { simulated } from "../harness/simulate.ts";
import { timed } from "../harness/timed.ts";
import { example, graphOf } from "../lower/program.ts";
import { graph } from "../passes/texts.ts";

/** Up to 40 slots of which few live together, or up to 400 of which many do. */
const slots = fc.constantFrom([40, 9, 3], [400, 300, 1]).chain(([count, longest, apart]) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: apart! }), fc.integer({ min: 0, max: longest! }), fc.integer({ min: 0, max: 100 })), { maxLength: count!, size: "max" }).map((list): Slot[] => {
    let now = 0;
    return list.map(([later, length, size]) => ({ first: (now += later), last: now + length, size }));
  }),
);

describe("placement", () => {
  test("what lives at the same time does not overlap", () => {
    let neighbours = 0;
    fc.assert(
      fc.property(slots, (list) => {
        const { offsets, length } = place(list);
        list.forEach((a, i) => {
          expect(offsets[i]! % ALIGN).toBe(0);
          expect(offsets[i]! + a.size).toBeLessThanOrEqual(length);
          const overlapping = list.slice(0, i).filter((b, j) => a.first <= b.last && b.first <= a.last && neighbours++ >= 0 && offsets[i]! < offsets[j]! + b.size && offsets[j]! < offsets[i]! + a.size);
          expect(overlapping).toEqual([]);
        });
      }),
      { numRuns: 60, seed: 3 },
    );
    expect(neighbours).toBeGreaterThan(100_000);
  });

  test("12,000 steps take no time, whether values live shortly or long", () => {
    const residual = Array.from({ length: 12_000 }, (_, t): Slot => ({ first: t, last: t % 2 === 0 ? t + 2 : t + 1, size: 1024 >> ((t / 4000) | 0) }));
    const long = Array.from({ length: 12_000 }, (_, t): Slot => ({ first: t, last: t % 20 === 0 ? 12_000 : t + 1, size: 16 + (t % 7) }));
    place(residual.slice(0, 1_000));
    const { result, ms } = timed(() => [place(residual).length, place(long).length], 5_000);
    const kept = long.filter((s) => s.last === 12_000).reduce((sum, s) => sum + aligned(s.size), 0);
    expect(result[0]).toBe(3 * 1024);
    expect(result[1]).toBeLessThan(1.01 * kept);
    expect(ms).toBeLessThan(5_000); // 20 ms and 300 ms on an idle machine
  });
});

const planOf = (file: string, only: string, n?: number): Plan =>
  makePlan(runPipeline(graphOf(example(file), { only, ...(n === undefined ? {} : { defines: { n: String(n) } }) }), { disabled: new Set() }), simulated, only);

describe("the arena of an example", () => {
  test.each([
    ["mlp", "mlp", 128],
    ["cifar", "resnet20", 32_768],
    ["cifar", "resnet20b", 32_768],
    ["imagenet", "resnet18", 1_003_520],
    ["imagenet", "resnet50", 1_304_576],
    ["preact", "resnet164", 147_456],
    ["unet", "unet", 16_777_216],
    ["densenet", "densenet40", 327_680],
  ])("%s %s is as small as can be: %i elements per sample", (file, only, elements) => {
    const plan = planOf(file, only);
    expect(plan.regions.activations).toEqual({ fixed: 0, perSample: elements });
    expect(liveBound(plan)).toEqual(plan.regions.activations);
  });

  test("grows neither with depth, nor does what is written of it", () => {
    const [shallow, deep] = [planOf("cifar", "resnet110", 9), planOf("cifar", "resnet110", 200)];
    expect(deep.regions.activations).toEqual(shallow.regions.activations);
    const written = (plan: Plan): readonly number[] => [plan.programs.run, plan.programs.prepare].map((steps) => rows(reroll(steps.map(rowOf))));
    expect(deep.programs.run).toHaveLength(1207);
    expect(written(deep)).toEqual(written(shallow));
    expect(written(deep)[0]).toBeLessThan(20);
  });

  test("a residual block is two kernels, and its result takes the place of its shortcut", () => {
    const { run } = planOf("cifar", "resnet20").programs;
    expect(run.map((s) => s.node.op.name).filter((name) => name !== "conv2d")).toEqual(["window", "pad", "window", "pad", "reduce", "matmul"]);
    const [stem, first, second] = run as [Step, Step, Step];
    expect(second.inputs.at(-1)).toBe(stem.output);
    expect(second.output.offset).toEqual(stem.output.offset);
    expect(first.output.offset).not.toEqual(stem.output.offset);
  });
});

/** A step as the emitter sees it. */
function rowOf(s: Step): Row {
  const buffers = [...s.inputs, s.output];
  return { key: `${(s.pack ?? s.selection).signature} ${buffers.map((b) => b.region).join(" ")}`, numbers: buffers.flatMap((b) => [b.offset.fixed, b.offset.perSample]) };
}

/** Rows that are written, each once. */
function rows(rolled: readonly Rolled[]): number {
  return rolled.reduce((sum, r) => sum + (r.kind === "row" ? 1 : rows(r.body)), 0);
}

describe("regions", () => {
  const g = graph(`
    graph "g"
    input %0 = "x" : [N, 2, 3, 3]
    parameter %1 = "w" : [2, 2, 1, 1]
    parameter %2 = "unread" : [5]
    parameter %3 = "s" : [2]
    parameter %4 = "b" : [2, 1, 1]
    %5 = view(%3) {shape=[2, 1, 1, 1]} : [2, 1, 1, 1]
    %6 = map(%1, %5) {expr=(x0 * x1)} : [2, 2, 1, 1]
    %7 = map(%4) {expr=(x0 + 1)} : [2, 1, 1]
    %8 = conv2d(%0, %6, %7) {epilogue=(x0 + x1)} : [N, 2, 3, 3]
    %9 = conv2d(%8, %6, %4, %8) {epilogue=(x0 + x1 + x2)} : [N, 2, 3, 3]
    output "y" = %9`);
  const plan = makePlan(g, simulated, "g");

  test("parameters lie in the order of first use; those nothing reads come last", () => {
    expect(plan.parameters.map((p) => [p.buffer.name, p.buffer.offset.fixed])).toEqual([["w", 0], ["s", 16], ["b", 32], ["unread", 48]]);
    expect(plan.regions.weights).toEqual({ fixed: 64, perSample: 0 });
  });

  test("packed holds what run reads, staging what only prepare reads", () => {
    const { prepare, run } = plan.programs;
    expect(prepare.map((s) => [s.kind, s.output.region])).toEqual([["compute", "staging"], ["compute", "packed"], ["pack", "packed"]]);
    expect(run.map((s) => s.inputs[1])).toEqual([prepare[2]!.output, prepare[2]!.output]); // packed once for both
    expect(plan.regions.staging).toEqual({ fixed: 16, perSample: 0 });
    expect(plan.regions.packed).toEqual({ fixed: 32, perSample: 0 });
  });

  test("in a target that streams, parameters that only prepare reads pass through staging, and what is computed takes their place", () => {
    const streaming = makePlan(g, { ...simulated, streams: true }, "g");
    const at = streaming.parameters.map(({ buffer, before }) => [buffer.name, buffer.region, buffer.offset.fixed, before]);
    expect(at).toEqual([["b", "weights", 0, 0], ["unread", "weights", 16, 0], ["w", "staging", 0, 0], ["s", "staging", 16, 0]]);
    expect(streaming.programs.prepare[0]!.output).toMatchObject({ region: "staging", offset: { fixed: 0 } });
    expect(streaming.regions).toMatchObject({ weights: { fixed: 32 }, staging: { fixed: 32 } });
  });

  test("a net of wasm keeps no weights but packed ones: ResNet-20's pass through the room of the largest", () => {
    const { regions } = makePlan(runPipeline(graphOf(example("cifar"), { only: "resnet20" }), { disabled: new Set(), channelsLast: true }), wasmTarget(), "resnet20");
    expect(regions.weights.fixed).toBeLessThan(20); // the last bias, which a run reads as it is
    expect(regions.staging.fixed).toBeLessThan(1.01 * 64 * 64 * 9);
  });

  test("a convolution that reads its shortcut as its input too is not computed in place", () => {
    expect(plan.programs.run[1]!.output.offset).not.toEqual(plan.programs.run[0]!.output.offset);
  });
});
