// Updates: new values are computed where the old ones lie if nothing reads these any more, else elsewhere and copied; whatever the
// graph, a run changes parameters as the graph says.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import type { Tensor } from "../../src/ir/op.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { simulate, simulated } from "../harness/simulate.ts";
import { randomGiven } from "../harness/tensor.ts";
import { graph } from "../passes/texts.ts";

const planOf = (g: Graph): Plan => makePlan(g, simulated, "test", { guard: 16 });

/** Three runs, each with what the last one left, in the plan's memory and by the interpreter: bit for bit the same. */
function expectSame(g: Graph, batch = 3, k = 2): void {
  const { inputs, parameters } = randomGiven(g, 4, k);
  const net = simulate(planOf(g), parameters, batch);
  let current: Readonly<Record<string, Tensor>> = parameters;
  for (let round = 0; round < 3; round++) {
    const expected = evaluate(g, { inputs, parameters: current, batch: k });
    const found = net.run(inputs, k);
    for (const [name, t] of expected.outputs) expect(found.get(name), `${name} in round ${round}`).toEqual(t);
    current = { ...current, ...Object.fromEntries(expected.updates) };
    expect(net.parameters(), `round ${round}`).toEqual(current);
  }
}

const two = `graph "g"
input %0 = "x" : [N, 3]
parameter %1 = "p" : [3]
parameter %2 = "q" : [3]
`;

/** Steps that write to parameters, and how many of them only copy. */
function writes(g: Graph): readonly [number, number] {
  const { run } = planOf(g).programs;
  const last = run.slice(run.findIndex((s) => s.output.region === "weights"));
  expect(last.filter((s) => s.output.region !== "weights")).toEqual([]);
  return [last.length, last.filter((s) => s.node.op.name === "map" && JSON.stringify(s.node.attrs).includes('"expr":{"kind":"arg"')).length];
}

/** Text, steps that write to parameters, copies among them. */
const cases: readonly (readonly [string, string, number, number])[] = [
  ["one that nothing reads later is computed in place", `%3 = reduce(%0) {kind="sum", axes=[0]} : [3]
    %4 = map(%1, %3) {expr=(x0 - x1)} : [3]
    output "y" = %3
    update %1 = %4`, 1, 0],
  ["one whose old value is read later is copied", `%3 = reduce(%0) {kind="sum", axes=[0]} : [3]
    %4 = map(%1, %3) {expr=(x0 - x1)} : [3]
    %5 = map(%4, %1) {expr=(x0 * x1)} : [3]
    output "y" = %5
    update %1 = %4`, 1, 1],
  ["one that is an output too", `%3 = map(%1) {expr=(x0 + 1)} : [3]
    output "y" = %3
    update %1 = %3`, 1, 1],
  ["momentum: what is remembered, then the parameter by it", `%3 = reduce(%0) {kind="sum", axes=[0]} : [3]
    %4 = map(%2, %3) {expr=((x0 * 0.5) + x1)} : [3]
    %5 = map(%1, %4) {expr=(x0 - x1)} : [3]
    output "y" = %3
    update %2 = %4
    update %1 = %5`, 2, 0],
  ["the same in the other order, which optimizers do not use", `%3 = reduce(%0) {kind="sum", axes=[0]} : [3]
    %4 = map(%2, %3) {expr=((x0 * 0.5) + x1)} : [3]
    %5 = map(%1, %4) {expr=(x0 - x1)} : [3]
    output "y" = %3
    update %1 = %5
    update %2 = %4`, 2, 1],
  ["each from the other's old value", `%3 = map(%1, %2) {expr=(x0 + x1)} : [3]
    %4 = map(%1, %2) {expr=(x0 - x1)} : [3]
    output "y" = %0
    update %1 = %3
    update %2 = %4`, 2, 1],
  ["swapped", `output "y" = %0
    update %1 = %2
    update %2 = %1`, 2, 2],
  ["one becomes the other, which changes, in that order", `%3 = map(%2) {expr=(x0 * 2)} : [3]
    output "y" = %0
    update %1 = %2
    update %2 = %3`, 2, 2],
  ["one becomes the other, which changes, in the other order", `%3 = map(%2) {expr=(x0 * 2)} : [3]
    output "y" = %0
    update %2 = %3
    update %1 = %2`, 2, 2],
  ["both become the same", `%3 = reduce(%0) {kind="sum", axes=[0]} : [3]
    output "y" = %0
    update %1 = %3
    update %2 = %3`, 2, 2],
  ["one stays as it is", `%3 = map(%1) {expr=(x0 * 2)} : [3]
    output "y" = %3
    update %1 = %1`, 1, 1],
  ["both become what one of them was", `output "y" = %1
    update %1 = %1
    update %2 = %1`, 2, 2],
  ["a constant, and an output that is the old value", `%3 = constant() {value=7, shape=[3]} : [3]
    output "y" = %1
    update %1 = %3`, 1, 1],
  ["one reversed, which its own kernel cannot do in place", `%3 = view(%1) {shape=[1, 3]} : [1, 3]
    %4 = matmul(%0, %0) {transposeA=true} : [3, 3]
    %5 = matmul(%3, %4) : [1, 3]
    %6 = view(%5) {shape=[3]} : [3]
    output "y" = %4
    update %1 = %6`, 1, 1],
];

describe("a run changes parameters as the graph says", () => {
  test.each(cases)("%s", (_, text, steps, copies) => {
    const g = graph(two + text);
    expectSame(g);
    expect(writes(g)).toEqual([steps, copies]);
  });

  test("weights of a convolution, which are packed in each run", () => {
    expectSame(graph(`graph "g"
      input %0 = "x" : [N, 2, 3, 3]
      parameter %1 = "w" : [2, 2, 1, 1]
      %2 = conv2d(%0, %1) : [N, 2, 3, 3]
      %3 = conv2d_weight(%0, %2) {kernel=[1, 1]} : [2, 2, 1, 1]
      %4 = map(%1, %3) {expr=(x0 - (x1 * 0.01))} : [2, 2, 1, 1]
      output "y" = %2
      update %1 = %4`));
  });

  test("a net that nothing updates prepares, one that is updated does not", () => {
    const text = `graph "g"\ninput %0 = "x" : [N, 3]\nparameter %1 = "p" : [3]\n%2 = map(%1) {expr=(exp(x0))} : [3]\n%3 = map(%0, %2) {expr=(x0 * x1)} : [N, 3]\noutput "y" = %3\n`;
    expect(planOf(graph(text)).programs.prepare).toHaveLength(1);
    const updated = planOf(graph(`${text}update %1 = %2\n`));
    expect(updated.programs.prepare).toEqual([]);
    expect(updated.programs.run.findIndex((s) => s.output.region === "weights")).toBe(updated.programs.run.length - 1);
    expectSame(graph(`${text}update %1 = %2\n`));
  });
});
