// Derivatives of scalar expressions: the rules one by one as text, their conventions at corners, and random expressions against dual numbers.
import { expect, test } from "vitest";
import { adjointsOf, derivative } from "../../src/ir/derivative.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { add, arg, argumentCount, div, exp, num, type Scalar } from "../../src/ir/scalar.ts";
import { evaluator } from "../../src/ir/scalar-eval.ts";
import { parseScalar, printScalar } from "../../src/ir/scalar-text.ts";
import { dualFunction } from "../harness/dual.ts";
import { expression } from "../harness/generate-core.ts";
import { Dice } from "../harness/generate-growth.ts";
import { count } from "../harness/tier.ts";

function read(text: string): Scalar {
  const s = parseScalar(text);
  if (isProblem(s)) throw new Error(s.problem);
  return s;
}

test.each([
  ["x0 + x1", "1"], ["x0 * x1 + 3", "x1"], ["x0 * x0", "x0 * 2"], ["x1 - x0", "-1"], ["x0 / x1", "1 / x1"], ["x1 / x0", "-(x1 / x0 / x0)"],
  ["exp(x0)", "exp(x0)"], ["log(x0)", "1 / x0"], ["sqrt(x0)", "1 / (sqrt(x0) * 2)"], ["tanh(x0)", "1 - tanh(x0) * tanh(x0)"],
  ["max(x0, 0)", "select(0 < max(x0, 0), 1, 0)"], ["select(x0 < 0, x0 * 0.01, x0)", "select(x0 < 0, 0, 1) + select(x0 < 0, 1, 0) * 0.01"],
])("d/dx0 of %s is %s", (text, expected) => {
  expect(printScalar(derivative(read(text), 0)!)).toBe(printScalar(read(expected)));
});

test.each([
  ["sigmoid", "1 / (exp(-x0) + 1)", (x: number) => [0, 0.25, 0][Math.sign(x) + 1]!],
  ["silu", "x0 / (exp(-x0) + 1)", (x: number) => [0, 0.5, 1][Math.sign(x) + 1]!],
  ["a logistic function of two", "x1 / (1 + exp(x1 - x0))", (x: number) => [0, 0.25, 0][Math.sign(x) + 1]!],
] as const)("the derivative of %s is a number where the exponential is infinite", (_, text, expected) => {
  const d = evaluator(derivative(read(text), 0)!);
  for (const x of [-1e4, 1e4]) expect(d([x, 1])).toBeCloseTo(expected(x), 12);
  if (!text.includes("x1")) expect(d([0])).toBeCloseTo(expected(0), 12);
});

test("what is zero whatever the arguments is not there", () => {
  for (const text of ["x1", "3", "x1 * exp(x1)", "select(x0 < x1, x1, 0)", "max(exp(1), 2)"]) expect(derivative(read(text), 0)).toBeNull();
});

test.each([
  ["max(x0, 0)", 0, 0], ["min(max(x0, 0), 6)", 0, 0], ["min(max(x0, 0), 6)", 6, 0], ["min(max(x0, 0), 6)", 3, 1], ["abs(x0)", 0, 0], ["abs(x0)", -2, -1],
  ["max(x0, x1)", 1, 1], ["max(x1, x0)", 1, 0], ["min(x0, x1)", 1, 1], ["min(x1, x0)", 1, 0],
])("the derivative of %s at x0 = %f, x1 = 1 is %f", (text, at, expected) => {
  expect(evaluator(derivative(read(text), 0)!)([at, 1])).toBe(expected);
});

test("a result that is known stands for the expression: the derivative reads nothing else", () => {
  const [seed, result] = [arg(1), arg(2)];
  expect(printScalar(adjointsOf(read("max(x0, 0)"), seed, result).get(0)!)).toBe("select(0 < x2, x1, 0)");
  expect(printScalar(adjointsOf(read("exp(x0)"), seed, result).get(0)!)).toBe("x1 * x2");
  expect(printScalar(adjointsOf(read("tanh(x0)"), seed, result).get(0)!)).toBe("x1 * (1 - x2 * x2)");
});

test("random expressions agree with dual numbers", () => {
  let compared = 0;
  for (let seed = 0; seed < count(2_000, 50_000); seed++) {
    const dice = new Dice(seed);
    const inner = expression(dice, dice.int(1, 4));
    const s = dice.chance(0.1) ? div(expression(dice, 2), dice.chance(0.5) ? add(exp(inner), num(1)) : add(num(1), exp(inner))) : inner; // logistic functions have a rule of their own
    const args = Array.from({ length: Math.max(1, argumentCount(s)) }, () => dice.pick([0, 1, -1, dice.unit() * 4 - 2, dice.unit() * 4 - 2]));
    const k = dice.int(0, args.length - 1);
    const [, expected] = dualFunction(s)((i) => [args[i]!, i === k ? 1 : 0]);
    const d = derivative(s, k);
    const found = d ? evaluator(d)(args) : 0;
    if (!Number.isFinite(expected) || !Number.isFinite(found)) continue; // √|x| at 0
    compared++;
    expect(Math.abs(found - expected), printScalar(s)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)));
  }
  expect(compared).toBeGreaterThan(count(1_500, 40_000));
});
