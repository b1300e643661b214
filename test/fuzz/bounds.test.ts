// The judge judged: bounds that a right kernel never breaks and that a wrong constant of 1e-6 always does.
import { expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node } from "../../src/ir/op.ts";
import { foldScalar, type Scalar } from "../../src/ir/scalar.ts";
import { binaryMeaning, unaryMeaning } from "../../src/ir/scalar-eval.ts";
import { compare as compareScalars, mul, arg, num } from "../../src/ir/scalar.ts";
import { N } from "../../src/ir/type.ts";
import { conv2d, pool } from "../../src/ops/index.ts";
import { exact, mapBounded, singles } from "../harness/bounds-scalar.ts";
import { boundOf, compare, direct, doubles, F32, F64, stored } from "../harness/bounds.ts";
import { expression } from "../harness/generate-core.ts";
import { Dice } from "../harness/generate-growth.ts";
import { count } from "../harness/tier.ts";

/** The expression as a target in f32 computes it: rounded after each operation. */
function inSingles(s: Scalar, args: readonly number[]): number {
  return foldScalar<number>(s, (n, of) => {
    switch (n.kind) {
      case "arg": return args[n.index]!;
      case "const": return Math.fround(n.value);
      case "unary": return Math.fround(unaryMeaning[n.op](of(n.a)));
      case "binary": return Math.fround(binaryMeaning[n.op](of(n.a), of(n.b)));
      case "select": return compareScalars(n.test, of(n.a), of(n.b)) ? of(n.then) : of(n.otherwise);
    }
  });
}

test("scalar bounds are sound for a target that computes in f32, and rarely more than fifty roundings wide", () => {
  let checked = 0;
  let narrow = 0;
  for (let seed = 0; seed < count(2_000, 20_000); seed++) {
    const dice = new Dice(seed);
    const expr = expression(dice, dice.int(1, 3));
    const args = [0, 1, 2].map(() => Math.fround(dice.pick([1, 1, 1e-3, 30]) * (dice.unit() * 4 - 2)));
    const { value, error } = mapBounded(expr, args.map((a) => exact(Float64Array.of(a))), 1, singles);
    const off = Math.abs(inSingles(expr, args) - value[0]!);
    if (error[0] === Infinity || !Number.isFinite(value[0]!)) continue;
    expect(off, `seed ${seed}`).toBeLessThanOrEqual(error[0]!);
    checked++;
    if (error[0]! <= 50 * F32 * Math.max(1, Math.abs(value[0]!))) narrow++;
  }
  expect(checked).toBeGreaterThan(count(1_900, 19_000));
  expect(narrow / checked).toBeGreaterThan(0.9);
});

function convolution(): { node: Node; x: Float64Array; w: Float64Array } {
  const b = new Builder();
  const x = b.make(input, [], { name: "x", shape: [N, 3, 5, 6] });
  const w = b.make(parameter, [], { name: "w", shape: [4, 3, 3, 3] });
  const dice = new Dice(7);
  const numbers = (length: number): Float64Array => Float64Array.from({ length }, () => Math.fround(dice.unit() - 0.5));
  return { node: b.make(conv2d, [x, w], { pad: [1, 1, 1, 1], epilogue: mul(arg(0), num(1 / 3)) }), x: numbers(90), w: numbers(108) };
}

test("a convolution rounded once passes; one scaled by 1 + 1e-6 does not, nor one that lost an element", () => {
  const { node, x, w } = convolution();
  const expected = boundOf(node, [stored({ shape: [1, 3, 5, 6], data: x }), stored({ shape: [4, 3, 3, 3], data: w })], 1);
  const right = Float32Array.from(expected.value);
  expect(compare(right, expected, F32).violation).toBe(null);
  expect(compare(right.map((v) => v * (1 + 1e-6)), expected, F32).violation).not.toBe(null);
  expect(compare(right.with(17, 0), expected, F32).violation).toMatchObject({ index: 17, actual: 0 });
  expect(compare(right.with(17, NaN), expected, F32).violation).toMatchObject({ index: 17 });
});

test("Winograd's bound admits what its transforms lose and no more", () => {
  const { node, x, w } = convolution();
  const operands = [stored({ shape: [1, 3, 5, 6], data: x }), stored({ shape: [4, 3, 3, 3], data: w })];
  const tiled = boundOf(node, operands, 1, { ...direct, tile: [4, 4] });
  const plain = boundOf(node, operands, 1);
  expect(Math.max(...tiled.error)).toBeGreaterThan(Math.max(...plain.error));
  expect(Math.max(...tiled.error)).toBeLessThan(1e-9);
  const spread = boundOf(node, [stored({ shape: [1, 3, 5, 6], data: x.with(7, NaN) }), operands[1]!], 1, { ...direct, tile: [2, 2] });
  const direct1 = boundOf(node, [stored({ shape: [1, 3, 5, 6], data: x.with(7, NaN) }), operands[1]!], 1);
  expect(spread.error.filter((e) => e === Infinity).length).toBeGreaterThan(direct1.value.filter(Number.isNaN).length);
  expect(direct1.error.filter((e) => e === Infinity).length).toBe(0);
});

test("numbers that are only moved or chosen are exact, to the bit", () => {
  const b = new Builder();
  const x = b.make(input, [], { name: "x", shape: [N, 1, 2, 2] });
  const expected = boundOf(b.make(pool, [x], { kind: "max", size: [2, 2], stride: [1, 1] }), [stored({ shape: [1, 1, 2, 2], data: Float64Array.of(-3, -1, -2, -7) })], 1);
  expect(compare([-1], expected, F32).violation).toBe(null);
  expect(compare([-1 - 2 ** -23], expected, F32).violation).not.toBe(null);
});

test("NaN agrees with NaN alone, infinity with infinity; what may overflow may be infinite", () => {
  const judge = (a: number, v: number, e = 0): boolean => compare([a], { value: Float64Array.of(v), error: Float64Array.of(e) }, F32).violation === null;
  expect(judge(NaN, NaN)).toBe(true);
  expect(judge(0, NaN)).toBe(false);
  expect(judge(NaN, 1, 0.5)).toBe(false);
  expect(judge(Infinity, Infinity)).toBe(true);
  expect(judge(-Infinity, Infinity)).toBe(false);
  expect(judge(NaN, Infinity)).toBe(false);
  expect(judge(Infinity, 3.40282355e38, 1e31)).toBe(true);
  expect(judge(Infinity, 1e38, 1e31)).toBe(false);
  expect(judge(Infinity, 1e39, 1e30)).toBe(true);
  expect(judge(3.4e38, 1e39, 1e30)).toBe(false);
  expect(compare([5], { value: Float64Array.of(1), error: Float64Array.of(Infinity) }, F32)).toMatchObject({ violation: null, unknown: 1 });
  expect(doubles.unit).toBe(F64);
});
