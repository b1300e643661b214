import { describe, expect, test } from "vitest";
import { expectPasses, expectUnchanged, graph, run } from "./texts.ts";

describe("fuse", () => {
  test("a chain is one map, each operand once", () => {
    expectPasses(["fuse"], `
      graph "g"
      input %0 = "x" : [N, 4]
      input %1 = "y" : [N, 4]
      %2 = map(%0, %1) {expr=(x0 + x1)} : [N, 4]
      %3 = map(%2) {expr=(max(x0, 0))} : [N, 4]
      %4 = map(%3, %0) {expr=(x0 * x1)} : [N, 4]
      output "y" = %4`, `
      graph "g"
      input %0 = "x" : [N, 4]
      input %1 = "y" : [N, 4]
      %2 = map(%0, %1) {expr=(max(x0 + x1, 0) * x0)} : [N, 4]
      output "y" = %2`);
  });

  test.each([
    ["a value with two readers", `
      %1 = map(%0) {expr=(exp(x0))} : [N, 4]
      %2 = map(%1) {expr=(x0 + 1)} : [N, 4]
      %3 = map(%1) {expr=(x0 - 1)} : [N, 4]
      %4 = concat(%2, %3) {axis=1} : [N, 8]
      output "y" = %4`],
    ["an output", `
      %1 = map(%0) {expr=(exp(x0))} : [N, 4]
      %2 = map(%1) {expr=(x0 + 1)} : [N, 4]
      output "e" = %1
      output "y" = %2`],
    ["what would be computed again for each element", `
      %1 = reduce(%0) {kind="sum", axes=[1], keep=true} : [N, 1]
      %2 = map(%1) {expr=(exp(x0))} : [N, 1]
      %3 = map(%0, %2) {expr=(x0 * x1)} : [N, 4]
      output "y" = %3`],
  ])("keeps apart: %s", (_, rest) => expectUnchanged("fuse", `\ngraph "g"\ninput %0 = "x" : [N, 4]${rest}`));

  test("what depends on parameters alone stays apart", () => {
    expectUnchanged("fuse", `
      graph "g"
      input %0 = "x" : [4]
      parameter %1 = "w" : [4]
      %2 = map(%1) {expr=(exp(x0))} : [4]
      %3 = map(%0, %2) {expr=(x0 * x1)} : [4]
      output "y" = %3`);
  });

  test("an expression grows only so far, and a long chain takes no time", () => {
    const length = 10_000;
    const chain = Array.from({ length }, (_, i) => `%${i + 1} = map(%${i}) {expr=(abs(x0 - ${i}.5))} : [N, 4]`).join("\n");
    const fused = run("fuse", graph(`graph "g"\ninput %0 = "x" : [N, 4]\n${chain}\noutput "y" = %${length}`));
    let maps = 0;
    for (let n = fused.outputs[0]!.node; n.op.name === "map"; n = n.inputs[0]!) maps++;
    expect(maps).toBeGreaterThan(length / 64);
    expect(maps).toBeLessThan(length / 8);
  });

  test("no more operands than a kernel takes", () => {
    const inputs = Array.from({ length: 12 }, (_, i) => `input %${i} = "x${i}" : [N, 4]`).join("\n");
    const sums = Array.from({ length: 11 }, (_, i) => `%${i + 12} = map(%${i === 0 ? 0 : i + 11}, %${i + 1}) {expr=(x0 + x1)} : [N, 4]`).join("\n");
    const fused = run("fuse", graph(`graph "g"\n${inputs}\n${sums}\noutput "y" = %22`));
    const last = fused.outputs[0]!.node;
    expect(last.inputs.length).toBeLessThanOrEqual(7);
    expect(last.inputs.find((i) => i.op.name === "map")!.inputs).toHaveLength(7);
  });
});
