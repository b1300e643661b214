import { describe, expect, test } from "vitest";
import { reachable } from "../../src/ir/graph.ts";
import { expectPasses, expectSameValues, expectUnchanged, graph, run } from "./texts.ts";

describe("batchnorm", () => {
  test("conv(x, w) · s + t = conv(x, w · s) + t", () => {
    expectPasses(["batchnorm"], `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [3, 2, 3, 3]
      parameter %2 = "s" : [3]
      parameter %3 = "t" : [3, 1, 1]
      %4 = conv2d(%0, %1) : [N, 3, 2, 2]
      %5 = view(%2) {shape=[3, 1, 1]} : [3, 1, 1]
      %6 = map(%4, %5, %3) {expr=(x0 * x1 + x2)} : [N, 3, 2, 2]
      output "y" = %6`, `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [3, 2, 3, 3]
      parameter %2 = "s" : [3]
      parameter %3 = "t" : [3, 1, 1]
      %4 = view(%2) {shape=[3, 1, 1, 1]} : [3, 1, 1, 1]
      %5 = map(%1, %4) {expr=(x0 * x1)} : [3, 2, 3, 3]
      %6 = conv2d(%0, %5) : [N, 3, 2, 2]
      %7 = map(%6, %3) {expr=(x0 + x1)} : [N, 3, 2, 2]
      output "y" = %7`);
  });

  test("a bias in between is scaled too", () => {
    expectPasses(["batchnorm"], `
      graph "g"
      input %0 = "x" : [N, 4]
      parameter %1 = "w" : [3, 4]
      parameter %2 = "b" : [3]
      parameter %3 = "s" : [3]
      parameter %4 = "t" : [3]
      %5 = matmul(%0, %1) {transposeB=true} : [N, 3]
      %6 = map(%5, %2) {expr=(x0 + x1)} : [N, 3]
      %7 = map(%6, %3, %4) {expr=(x0 * x1 + x2)} : [N, 3]
      output "y" = %7`, `
      graph "g"
      input %0 = "x" : [N, 4]
      parameter %1 = "w" : [3, 4]
      parameter %2 = "b" : [3]
      parameter %3 = "s" : [3]
      parameter %4 = "t" : [3]
      %5 = map(%2, %3, %4) {expr=(x0 * x1 + x2)} : [3]
      %6 = view(%3) {shape=[3, 1]} : [3, 1]
      %7 = map(%1, %6) {expr=(x0 * x1)} : [3, 4]
      %8 = matmul(%0, %7) {transposeB=true} : [N, 3]
      %9 = map(%8, %5) {expr=(x0 + x1)} : [N, 3]
      output "y" = %9`);
  });

  test.each([
    ["conv2d, grouped", "[6, 2, 3, 3]", "[6, 1, 1]", "conv2d(%0, %1) {groups=2} : [N, 6, 3, 3]", "[N, 4, 5, 5]"],
    ["conv2d_transpose", "[4, 3, 2, 2]", "[3, 1, 1]", "conv2d_transpose(%0, %1) {stride=[2, 2]} : [N, 3, 10, 10]", "[N, 4, 5, 5]"],
    ["conv2d_transpose, grouped", "[4, 3, 2, 2]", "[6, 1, 1]", "conv2d_transpose(%0, %1) {groups=2} : [N, 6, 6, 6]", "[N, 4, 5, 5]"],
    ["matmul", "[4, 3]", "[3]", "matmul(%0, %1) : [N, 3]", "[N, 4]"],
    ["one scale for all", "[6, 4, 3, 3]", "[]", "conv2d(%0, %1) : [N, 6, 3, 3]", "[N, 4, 5, 5]"],
  ])("%s", (_, w, s, op, x) => {
    const type = op.slice(op.indexOf(":") + 2);
    const before = graph(`
      graph "g"
      input %0 = "x" : ${x}
      parameter %1 = "w" : ${w}
      parameter %2 = "s" : ${s}
      parameter %3 = "t" : ${s}
      %4 = ${op}
      %5 = map(%4, %2, %3) {expr=((x0 - x2) / x1 + x2)} : ${type}
      output "y" = %5`);
    const after = run("batchnorm", before);
    expectSameValues(before, after, 3);
    const [scaled] = reachable(after).filter((n) => n.op.name.startsWith("conv") || n.op.name === "matmul").map((n) => n.inputs[1]!);
    expect(scaled!.op.name).toMatch(/map|view/);
    expect(after.outputs[0]!.node.attrs).toMatchObject({ expr: { kind: "binary", op: "add" } });
  });

  const beginning = `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [3, 2, 1, 1]
      parameter %2 = "s" : [3, 1, 1]
      parameter %3 = "m" : [4, 4]
      %4 = conv2d(%0, %1) : [N, 3, 4, 4]`;
  test.each([
    ["a raw result that somebody else reads", `
      %5 = map(%4, %2) {expr=(x0 * x1)} : [N, 3, 4, 4]
      output "y" = %5
      output "raw" = %4`],
    ["a scale per pixel", `
      %5 = map(%4, %3) {expr=(x0 * x1)} : [N, 3, 4, 4]
      output "y" = %5`],
    ["a scale that depends on the input", `
      %5 = map(%0) {expr=(max(x0, 0))} : [N, 2, 4, 4]
      %6 = reduce(%5) {kind="max", axes=[1], keep=true} : [N, 1, 4, 4]
      %7 = map(%4, %6) {expr=(x0 * x1)} : [N, 3, 4, 4]
      output "y" = %7`],
    ["no straight line", `
      %5 = map(%4, %2) {expr=(max(x0 * x1, 0))} : [N, 3, 4, 4]
      output "y" = %5`],
    ["a bias alone", `
      %5 = map(%4, %2) {expr=(x0 + x1)} : [N, 3, 4, 4]
      output "y" = %5`],
  ])("leaves alone: %s", (_, rest) => expectUnchanged("batchnorm", beginning + rest));
});
