import { test } from "vitest";
import { expectPasses, expectUnchanged } from "./texts.ts";

test("a sum over samples and pixels sums each sample first; the epilogue stays with the last", () => {
  expectPasses(["sums"], `
    graph "g"
    input %0 = "x" : [N, 5, 4, 3]
    parameter %1 = "b" : [3]
    %2 = reduce(%0, %1) {kind="sum", axes=[0, 1, 2], epilogue=(x0 * x1)} : [3]
    output "y" = %2`, `
    graph "g"
    input %0 = "x" : [N, 5, 4, 3]
    parameter %1 = "b" : [3]
    %2 = reduce(%0) {kind="sum", axes=[1, 2]} : [N, 3]
    %3 = reduce(%2, %1) {kind="sum", axes=[0], epilogue=(x0 * x1)} : [3]
    output "y" = %3`);
});

test("axes that are kept stay where they are", () => {
  expectPasses(["sums"], `
    graph "g"
    input %0 = "x" : [N, 5, 3]
    %1 = reduce(%0) {kind="sum", axes=[0, 1], keep=true} : [1, 1, 3]
    output "y" = %1`, `
    graph "g"
    input %0 = "x" : [N, 5, 3]
    %1 = reduce(%0) {kind="sum", axes=[1], keep=true} : [N, 1, 3]
    %2 = reduce(%1) {kind="sum", axes=[0], keep=true} : [1, 1, 3]
    output "y" = %2`);
});

test.each([
  ["over samples alone", "[N, 4]", `{kind="sum", axes=[0]} : [4]`],
  ["of the innermost axis", "[N, 3, 4]", `{kind="sum", axes=[0, 2]} : [3]`],
  ["of what is no batch", "[6, 5, 3]", `{kind="sum", axes=[0, 1]} : [3]`],
  ["inside of samples", "[N, 5, 5, 3]", `{kind="sum", axes=[1, 2]} : [N, 3]`],
  ["that is a maximum", "[N, 5, 3]", `{kind="max", axes=[0, 1]} : [3]`],
])("a sum %s stays one", (_, shape, attrs) => {
  expectUnchanged("sums", `
    graph "g"
    input %0 = "x" : ${shape}
    %1 = reduce(%0) ${attrs}
    output "y" = %1`);
});
