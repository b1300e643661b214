// Selection: a target is told when operands are computed, and has no notion of its own.
import { expect, test } from "vitest";
import { tsTarget } from "../../src/codegen/ts/target.ts";
import { makePlan } from "../../src/plan/make.ts";
import { graph } from "../passes/texts.ts";

const text = (outputs: string): string => `
  graph "g"
  input %0 = "x" : [N, 16, 12, 12]
  parameter %1 = "w" : [16, 16, 3, 3]
  %2 = map(%1) {expr=(x0 * 0.5)} : [16, 16, 3, 3]
  %3 = conv2d(%0, %2) {pad=[1, 1, 1, 1]} : [N, 16, 12, 12]
  output "y" = %3${outputs}`;

test("weights that are computed in each run are not transformed in each run", () => {
  const kernels = (outputs: string): readonly string[] => makePlan(graph(text(outputs)), tsTarget(), "g").programs.run.map((s) => (s.pack ?? s.selection).label);
  expect(kernels("")).toEqual([expect.stringMatching(/winograd/)]);
  expect(kernels(`\n  output "halved" = %2`)).toEqual([expect.stringMatching(/^map/), expect.not.stringMatching(/winograd/)]);
});
