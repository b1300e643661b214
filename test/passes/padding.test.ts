import { test } from "vitest";
import { expectPasses, expectUnchanged } from "./texts.ts";

test("zeros around an image become the convolution's padding", () => {
  expectPasses(["padding"], `
    graph "g"
    input %0 = "x" : [N, 2, 5, 5]
    parameter %1 = "w" : [3, 2, 3, 3]
    %2 = pad(%0) {low=[0, 0, 1, 2], high=[0, 0, 0, 3]} : [N, 2, 6, 10]
    %3 = conv2d(%2, %1) {stride=[1, 2], pad=[1, 0, 1, 0]} : [N, 3, 6, 4]
    output "y" = %3`, `
    graph "g"
    input %0 = "x" : [N, 2, 5, 5]
    parameter %1 = "w" : [3, 2, 3, 3]
    %2 = conv2d(%0, %1) {stride=[1, 2], pad=[2, 2, 1, 3]} : [N, 3, 6, 4]
    output "y" = %2`);
});

test("a pad that somebody else reads stays for them", () => {
  expectPasses(["padding"], `
    graph "g"
    input %0 = "x" : [N, 1, 2, 2]
    parameter %1 = "w" : [1, 1, 3, 3]
    %2 = pad(%0) {low=[0, 0, 1, 1], high=[0, 0, 1, 1]} : [N, 1, 4, 4]
    %3 = conv2d(%2, %1) : [N, 1, 2, 2]
    output "y" = %3
    output "z" = %2`, `
    graph "g"
    input %0 = "x" : [N, 1, 2, 2]
    parameter %1 = "w" : [1, 1, 3, 3]
    %2 = pad(%0) {low=[0, 0, 1, 1], high=[0, 0, 1, 1]} : [N, 1, 4, 4]
    %3 = conv2d(%0, %1) {pad=[1, 1, 1, 1]} : [N, 1, 2, 2]
    output "y" = %3
    output "z" = %2`);
});

test("pads of pads with one value are one", () => {
  expectPasses(["padding"], `
    graph "g"
    input %0 = "x" : [N, 2]
    %1 = pad(%0) {low=[0, 1], high=[0, 2], value=3} : [N, 5]
    %2 = pad(%1) {low=[0, 4], high=[0, 0], value=3} : [N, 9]
    %3 = pad(%2) {low=[0, 1], high=[0, 0]} : [N, 10]
    output "y" = %3`, `
    graph "g"
    input %0 = "x" : [N, 2]
    %1 = pad(%0) {low=[0, 5], high=[0, 2], value=3} : [N, 9]
    %2 = pad(%1) {low=[0, 1], high=[0, 0]} : [N, 10]
    output "y" = %2`);
});

test.each([
  ["channels", "{low=[0, 1, 0, 0], high=[0, 0, 0, 0]} : [N, 3, 4, 4]"],
  ["another value than zero", "{low=[0, 0, 1, 0], high=[0, 0, 0, 0], value=1} : [N, 2, 5, 4]"],
])("padding %s is not the convolution's", (_, attrs) => {
  const type = attrs.slice(attrs.indexOf(":") + 2);
  const [, c, h, w] = JSON.parse(type.replace("N", "0")) as number[];
  expectUnchanged("padding", `
    graph "g"
    input %0 = "x" : [N, 2, 4, 4]
    parameter %1 = "w" : [1, ${c}, 1, 1]
    %2 = pad(%0) ${attrs}
    %3 = conv2d(%2, %1) : [N, 1, ${h}, ${w}]
    output "y" = %3`);
});
