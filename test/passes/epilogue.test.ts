import { describe, test } from "vitest";
import { expectPasses, expectUnchanged } from "./texts.ts";

describe("epilogue", () => {
  test("the end of a residual block, y = max(conv(z) + b + x, 0), is part of its convolution", () => {
    expectPasses(["fuse", "epilogue"], `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [2, 2, 3, 3]
      parameter %2 = "b" : [2, 1, 1]
      %3 = conv2d(%0, %1) {pad=[1, 1, 1, 1]} : [N, 2, 4, 4] @ "conv"
      %4 = map(%3, %2) {expr=(x0 + x1)} : [N, 2, 4, 4] @ "conv"
      %5 = map(%4, %0) {expr=(x0 + x1)} : [N, 2, 4, 4]
      %6 = map(%5) {expr=(max(x0, 0))} : [N, 2, 4, 4]
      output "y" = %6`, `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [2, 2, 3, 3]
      parameter %2 = "b" : [2, 1, 1]
      %3 = conv2d(%0, %1, %2, %0) {pad=[1, 1, 1, 1], epilogue=(max(x0 + x1 + x2, 0))} : [N, 2, 4, 4] @ "conv"
      output "y" = %3`);
  });

  test("of two convolutions the one computed last takes the sum", () => {
    expectPasses(["epilogue"], `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [2, 2, 1, 1]
      parameter %2 = "v" : [2, 2, 1, 1]
      %3 = conv2d(%0, %1) : [N, 2, 4, 4]
      %4 = conv2d(%0, %2) : [N, 2, 4, 4]
      %5 = map(%4, %3) {expr=(x1 - x0)} : [N, 2, 4, 4]
      output "y" = %5`, `
      graph "g"
      input %0 = "x" : [N, 2, 4, 4]
      parameter %1 = "w" : [2, 2, 1, 1]
      parameter %2 = "v" : [2, 2, 1, 1]
      %3 = conv2d(%0, %1) : [N, 2, 4, 4]
      %4 = conv2d(%0, %2, %3) {epilogue=(x1 - x0)} : [N, 2, 4, 4]
      output "y" = %4`);
  });

  test("an epilogue grows by what follows it", () => {
    expectPasses(["epilogue"], `
      graph "g"
      input %0 = "x" : [N, 3, 2]
      input %1 = "y" : [N, 3]
      %2 = reduce(%0) {kind="sum", axes=[2]} : [N, 3]
      %3 = map(%2) {expr=(x0 / 2)} : [N, 3]
      %4 = map(%1, %3) {expr=(x0 * x1 + x1)} : [N, 3]
      output "y" = %4`, `
      graph "g"
      input %0 = "x" : [N, 3, 2]
      input %1 = "y" : [N, 3]
      %2 = reduce(%0, %1) {kind="sum", axes=[2], epilogue=(x1 * (x0 / 2) + x0 / 2)} : [N, 3]
      output "y" = %2`);
  });

  test.each([
    ["matmul", "[N, 4]", "matmul(%0, %1) {transposeB=true", "[3, 4]", "[N, 3]"],
    ["conv2d_transpose", "[N, 4, 2, 2]", "conv2d_transpose(%0, %1) {stride=[2, 2]", "[4, 3, 2, 2]", "[N, 3, 4, 4]"],
    ["pool", "[N, 3, 4, 4]", `pool(%0) {kind="avg", size=[2, 2], stride=[2, 2]`, "[1]", "[N, 3, 2, 2]"],
  ])("%s takes one too", (_, x, op, w, y) => {
    const signature = `graph "g"\ninput %0 = "x" : ${x}\nparameter %1 = "w" : ${w}\n`;
    expectPasses(["epilogue"], `${signature}%2 = ${op}} : ${y}\n%3 = map(%2) {expr=(max(x0, 0))} : ${y}\noutput "y" = %3`, `${signature}%2 = ${op}, epilogue=(max(x0, 0))} : ${y}\noutput "y" = %2`);
  });

  test.each([
    ["a raw result with another reader", `
      %2 = map(%1) {expr=(max(x0, 0))} : [N, 3, 1]
      output "y" = %2
      output "raw" = %1`],
    ["a map that enlarges the result", `
      %2 = map(%0, %1) {expr=(x0 * x1)} : [N, 3, 3]
      output "y" = %2`],
  ])("not for %s", (_, rest) => expectUnchanged("epilogue", `
      graph "g"
      input %0 = "x" : [N, 3, 3]
      %1 = reduce(%0) {kind="sum", axes=[2], keep=true} : [N, 3, 1]${rest}`));
});
