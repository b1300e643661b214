// Pass tests in the graph's text form: text in, text out, and the same values in f64.
import { expect } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { printGraph } from "../../src/ir/print.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { ops } from "../../src/ops/index.ts";
import { passes, runPass } from "../../src/passes/pipeline.ts";
import { randomGiven } from "../harness/tensor.ts";

export function graph(text: string): Graph {
  const read = parseGraph(text, ops);
  if (isProblem(read)) throw new Error(read.problem);
  return read;
}

export function run(name: string, before: Graph): Graph {
  return runPass(passes.find((p) => p.name === name)!, before);
}

/** The passes in turn give that text (leading blanks do not matter), the same values, and nothing else when run once more. */
export function expectPasses(names: readonly string[], before: string, after: string): void {
  const from = graph(before);
  const to = names.reduce((g, name) => run(name, g), from);
  expect(printGraph(to).trim()).toBe(after.replaceAll(/^\s+/gm, "").trim());
  expectSameValues(from, to, 1);
  expect(printGraph(run(names.at(-1)!, to))).toBe(printGraph(to));
}

export function expectUnchanged(name: string, text: string): void {
  expect(printGraph(run(name, graph(text)))).toBe(printGraph(graph(text)));
}

/** Equal within 1e-12 of the largest element of the output. */
export function expectSameValues(a: Graph, b: Graph, seed: number, batch = 2): void {
  const given = randomGiven(a, seed, batch);
  const [left, right] = [evaluate(a, { ...given, batch }).outputs, evaluate(b, { ...given, batch }).outputs];
  expect([...right.keys()]).toEqual([...left.keys()]);
  for (const [name, { data, shape }] of left) {
    expect(right.get(name)!.shape).toEqual(shape);
    expect(relativeError(data, right.get(name)!.data)).toBeLessThanOrEqual(1e-12);
  }
}

/** The largest difference, relative to the largest finite element expected. What is not finite has to be the same. */
export function relativeError(expected: Float64Array, found: Float64Array): number {
  const largest = expected.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), Number.MIN_VALUE);
  return expected.reduce((m, v, i) => (Object.is(v, found[i]) ? m : Math.max(m, Math.abs(v - found[i]!) / largest)), 0);
}
