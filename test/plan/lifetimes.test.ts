// What is dead when, told from a plan by hand; and the simulator that uses it notices plans that are wrong.
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/ir/eval.ts";
import { lifetimes } from "../../src/plan/lifetimes.ts";
import { makePlan } from "../../src/plan/make.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { printPlan } from "../../src/plan/print.ts";
import { deadAfter, guards } from "../harness/dead.ts";
import { simulate, simulated } from "../harness/simulate.ts";
import { randomGiven } from "../harness/tensor.ts";
import { graph } from "../passes/texts.ts";

const g = graph(`
  graph "g"
  input %0 = "x" : [N, 20]
  parameter %1 = "w" : [20]
  %2 = map(%0) {expr=(exp(x0))} : [N, 20] @ "first"
  %3 = map(%2, %1) {expr=(x0 + x1)} : [N, 20]
  %4 = reduce(%2) {kind="sum", axes=[1], keep=true} : [N, 1] @ "sum"
  %5 = map(%3, %4) {expr=(x0 / x1)} : [N, 20]
  output "y" = %5
  output "sum" = %4`);
const plan = makePlan(g, simulated, "g");
const guarded = makePlan(g, simulated, "g", { guard: 16 });

describe("lifetimes", () => {
  test("reach from the writing step to the last reading one; of outputs, to the end", () => {
    expect(lifetimes(plan).map(({ first, last }) => [first, last])).toEqual([[0, 2], [1, 3], [2, 4], [3, 4]]);
  });

  test("a value is dead after its last reader, but not where the reader's result took its place", () => {
    const [a, b, , y] = plan.programs.run.map((s) => s.output);
    expect(y!.offset).toEqual(b!.offset);
    expect(deadAfter(plan)).toEqual([[], [], [a], []]);
  });

  test("between results, and behind them, nothing lives", () => {
    const sizes = (p: Plan): number[] => guards(p).map((free) => free.reduce((sum, r) => sum + r.size.perSample, 0));
    expect(plan.regions.activations).toEqual({ fixed: 0, perSample: 32 + 32 + 16 });
    expect(sizes(plan)).toEqual([60, 40, 39, 59]);
    expect(sizes(guarded)).toEqual([48 + 48 + 32 - 20, 128 - 40, 128 - 41, 128 - 21]);
  });
});

test("a plan prints", () => {
  expect(printPlan(plan)).toBe(`plan "g" for simulated

memory       elements  type
weights      32        f64
packed       0         f64
staging      0         f64
activations  80·N      f64
scratch      0         f64

input  shape
"x"    [N, 20]

output  shape    buffer
"y"     [N, 20]  activations[32·N]
"sum"   [N, 1]   activations[64·N]

parameter  shape  buffer
"w"        [20]   weights[0]

prepare  kernel  reads  writes  layer

run  kernel  reads                                writes                  until  layer
0    map     "x"                                  activations[0] 20·N     2      first
1    map     activations[0] "w"                   activations[32·N] 20·N  3
2    reduce  activations[0]                       activations[64·N] N     end    sum
3    map     activations[32·N] activations[64·N]  activations[32·N] 20·N  end
`);
});

test("a plan that changes a parameter prints: from where on, and what it writes lives on", () => {
  const step = makePlan(graph(`graph "step"
    input %0 = "x" : [N, 20]
    parameter %1 = "w" : [20]
    %2 = reduce(%0) {kind="sum", axes=[0]} : [20]
    %3 = map(%1, %2) {expr=(x0 - x1)} : [20] @ "first"
    output "sum" = %2
    update %1 = %3`), simulated, "step");
  const text = printPlan(step);
  expect(text).toMatch(/^plan "step" for simulated, parameters change from step 1 on\n/);
  expect(text.slice(text.indexOf("run "))).toBe(`run  kernel  reads               writes             until  layer
0    reduce  "x"                 activations[0] 20  end
1    map     "w" activations[0]  weights[0] 20      end    first
`);
});

describe("the simulator notices", () => {
  const given = randomGiven(g, 1, 3);
  const right = evaluate(g, { ...given, batch: 3 }).outputs;
  const outcome = (run: readonly Step[]): unknown => {
    try {
      const wrong: Plan = { ...guarded, programs: { ...guarded.programs, run } };
      return simulate(wrong, given.parameters, 3).run(given.inputs, 3);
    } catch (e) {
      return String(e);
    }
  };
  const { run } = guarded.programs;

  test("nothing where nothing is wrong", () => expect(outcome(run)).toEqual(right));
  test("a result on top of a living value", () => {
    const moved = { ...run[2]!.output, offset: run[1]!.output.offset };
    expect(outcome(run.map((s) => ({ ...s, inputs: s.inputs.map((b) => (b === run[2]!.output ? moved : b)), output: s.output === run[2]!.output ? moved : s.output })))).not.toEqual(right);
  });
  test("a value read after its death", () => expect(outcome(run.with(3, { ...run[3]!, inputs: [run[0]!.output, run[2]!.output] }))).not.toEqual(right));
  test("a buffer too short", () => expect(outcome(run.with(0, { ...run[0]!, output: { ...run[0]!.output, size: { fixed: 0, perSample: 19 } } }))).toMatch(/beyond its end/));
  test("steps in a wrong order", () => expect(outcome([run[1]!, run[0]!, ...run.slice(2)])).not.toEqual(right));
});
