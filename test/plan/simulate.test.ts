// Plans run on real memory, with NaN wherever nothing may be read, give what the graph gives: for random graphs, whatever passes
// ran before, for batches up to the one that memory was made for.
import { describe, expect, test } from "vitest";
import { evaluate, type Given } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { optionalPasses, runPipeline } from "../../src/passes/pipeline.ts";
import { makePlan } from "../../src/plan/make.ts";
import { generate } from "../harness/generate.ts";
import { givenOf } from "../harness/given.ts";
import { simulate, simulated } from "../harness/simulate.ts";
import { randomGiven } from "../harness/tensor.ts";
import { count } from "../harness/tier.ts";
import { graph } from "../passes/texts.ts";

/** The graph by itself and as a plan, whose parameters are loaded at once or one by one, run twice with `k` samples in memory for `batch`: bit for bit the same. */
function expectSame(g: Graph, { inputs, parameters }: Given, batch: number, k: number, label = ""): void {
  const expected = evaluate(g, { inputs, parameters, batch: k }).outputs;
  for (const streams of [false, true]) {
    const net = simulate(makePlan(g, { ...simulated, streams }, "test", { guard: 16 }), parameters, batch);
    for (let round = 0; round < 2; round++) {
      const found = net.run(inputs, k);
      for (const [name, t] of expected) expect(found.get(name), `${label} ${name}${streams ? ", parameters one by one" : ""}`).toEqual(t);
    }
  }
}

describe("plans compute what graphs compute", () => {
  test("random graphs", () => {
    let [ran, steps, partial] = [0, 0, 0];
    for (let seed = 1; seed <= count(150, 3_000); seed++) {
      const it = generate(seed, optionalPasses);
      if (it.size === "crowd" || (it.size === "chain" && seed % 5 > 0)) continue;
      const optimised = runPipeline(it.graph, { disabled: new Set(it.without) });
      expectSame(optimised, givenOf(it), it.batch, it.samples, `seed ${seed}`);
      ran++;
      if (it.samples < it.batch) partial++;
      steps += makePlan(optimised, simulated, "test").programs.run.length;
    }
    expect(ran).toBeGreaterThan(count(130, 2_700));
    expect(partial).toBeGreaterThan(count(12, 300));
    expect(steps / ran).toBeGreaterThan(6);
  });

  const cases: readonly (readonly [string, string])[] = [
    ["an input that is an output, twice", `
      input %0 = "x" : [N, 3]
      output "y" = %0
      output "z" = %0`],
    ["a view of an input, and of a value, as outputs", `
      input %0 = "x" : [N, 3, 2]
      %1 = view(%0) {shape=[N, 6]} : [N, 6]
      %2 = map(%0) {expr=(x0 + 1)} : [N, 3, 2]
      %3 = view(%2) {shape=[N, 2, 3]} : [N, 2, 3]
      %4 = map(%2) {expr=(x0 * 2)} : [N, 3, 2]
      output "y" = %1
      output "z" = %3
      output "later" = %4`],
    ["parameters and constants as outputs", `
      input %0 = "x" : [N, 3]
      parameter %1 = "w" : [3]
      %2 = constant() {value=7, shape=[N, 2]} : [N, 2]
      %3 = map(%1) {expr=(exp(x0))} : [3]
      output "w" = %1
      output "c" = %2
      output "e" = %3`],
    ["an output that is read later, and one that is not", `
      input %0 = "x" : [N, 3]
      %1 = map(%0) {expr=(x0 + 1)} : [N, 3]
      %2 = map(%1) {expr=(x0 * 2)} : [N, 3]
      %3 = map(%1, %2) {expr=(x0 - x1)} : [N, 3]
      output "a" = %1
      output "b" = %3
      output "c" = %2`],
    ["a convolution whose shortcut is its own input", `
      input %0 = "x" : [N, 2, 3, 3]
      parameter %1 = "w" : [2, 2, 1, 1]
      %2 = map(%0) {expr=(x0 + 1)} : [N, 2, 3, 3]
      %3 = conv2d(%2, %1, %2) {epilogue=(x0 + x1)} : [N, 2, 3, 3]
      output "y" = %3`],
    ["weights that are shared, and weights that are computed from the input", `
      input %0 = "x" : [N, 2, 3, 3]
      input %1 = "v" : [2, 2, 1, 1]
      parameter %2 = "w" : [2, 2, 1, 1]
      %3 = conv2d(%0, %2) : [N, 2, 3, 3]
      %4 = conv2d(%3, %2) : [N, 2, 3, 3]
      %5 = map(%1, %2) {expr=(x0 * x1)} : [2, 2, 1, 1]
      %6 = conv2d(%4, %5) : [N, 2, 3, 3]
      %7 = conv2d(%6, %5, %0) {epilogue=(x0 + x1)} : [N, 2, 3, 3]
      output "y" = %7`],
    ["sizes that grow with the batch and sizes that do not", `
      input %0 = "x" : [N, 5]
      input %1 = "y" : [N, 3]
      %2 = matmul(%0, %1) {transposeA=true} : [5, 3]
      %3 = matmul(%0, %2) : [N, 3]
      %4 = map(%3, %1) {expr=(x0 * x1)} : [N, 3]
      %5 = matmul(%0, %4) {transposeA=true} : [5, 3]
      %6 = map(%5, %2) {expr=(x0 - x1)} : [5, 3]
      output "y" = %6
      output "z" = %4`],
    ["a convolution of parameters alone", `
      input %0 = "x" : [N, 2, 2, 2]
      parameter %1 = "image" : [1, 2, 3, 3]
      parameter %2 = "w" : [2, 2, 2, 2]
      parameter %3 = "unread" : [7]
      %4 = conv2d(%1, %2) : [1, 2, 2, 2]
      %5 = map(%0, %4) {expr=(x0 + x1)} : [N, 2, 2, 2]
      output "y" = %5`],
  ];
  test.each(cases)("%s", (_, text) => {
    const g = graph(`graph "g"${text}`);
    for (const [batch, k] of [[1, 1], [5, 5], [5, 3]] as const) {
      expectSame(g, randomGiven(g, 1, k), batch, k);
    }
  });
});
