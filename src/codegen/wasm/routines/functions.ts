// exp, log, tanh and erf of four numbers at a time, in f32, to within one and a half units in the last place everywhere (the tests sweep).
// The polynomials, here and in `codegen/polynomials.ts`, are least maximum errors, fitted for this in higher arithmetic, each coefficient
// rounded before the next was fitted. Law: plain IEEE operations alone, never fused, so that the bits are the same on every engine.
import { op, splat, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../assembler/function.ts";
import type { Emission } from "../kernel.ts";
import { ERF, ERFC, TANH } from "../../polynomials.ts";

export type FunctionName = "exp" | "log" | "tanh" | "erf";

/** The name of a function v128 → v128. */
export function functionRoutine(to: Pick<Emission, "routine">, name: FunctionName): string {
  return to.routine(name, (given): WasmFunction => {
    const f = new FunctionBuilder(given, docs[name]);
    return f.finish(functionCode(f, name, f.parameter("v128", "x")));
  });
}

/**
 * The same, written out where it is needed: in a loop an engine makes the constants once, where a function called makes them each
 * time, which is half of what it costs.
 */
export function functionCode(f: FunctionBuilder, name: FunctionName, x: Local): Expression {
  return codes[name](f, x);
}

const docs: { readonly [F in FunctionName]: string } = { exp: "e to the x", log: "the natural logarithm", tanh: "the hyperbolic tangent", erf: "the error function" };
const codes: { readonly [F in FunctionName]: (f: FunctionBuilder, x: Local) => Expression } = { exp, log, tanh, erf };

// ln 2 in two parts: the first has ten bits, so that its product with an exponent is exact.
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.12194440054690583e-4;
/** The largest exponent's, and beyond the smallest number's: powers of e from there on are ∞ and 0. */
const [LARGEST, SMALLEST] = [89, -104];

/** (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2. */
const EXP = [0.4999999403953552, 0.1666652113199234, 0.04166827350854874, 0.00836868491023779, 0.0013820109888911247];
/** (ln(1 + f) − f + f² / 2) / f³ for √½ ≤ 1 + f ≤ √2. */
const LOG = [0.3333333134651184, -0.250008225440979, 0.20001250505447388, -0.1662331521511078, 0.14201271533966064, -0.13160187005996704, 0.12764781713485718, -0.07638228684663773];

const plus = (a: Operand, b: Operand): Expression => op("f32x4.add", [a, b]);
const minus = (a: Operand, b: Operand): Expression => op("f32x4.sub", [a, b]);
const times = (a: Operand, b: Operand): Expression => op("f32x4.mul", [a, b]);
const over = (a: Operand, b: Operand): Expression => op("f32x4.div", [a, b]);
const ints = (value: number): Expression => op("i32x4.splat", [value]);
const choose = (then: Operand, otherwise: Operand, where: Operand): Expression => op("v128.bitselect", [then, otherwise, where]);

/** c₀ + x·(c₁ + x·(c₂ + …)) */
function polynomial(x: Local, coefficients: readonly number[]): Expression {
  const [first, ...rest] = coefficients as [number, ...number[]];
  return rest.length === 0 ? splat(first) : plus(times(polynomial(x, rest), x), splat(first));
}

/** 2ᵏ for −127 < k < 128. */
function power(k: Operand): Expression {
  return op("i32x4.shl", [op("i32x4.add", [k, ints(127)]), 23]);
}

/** In numbers as large as this one the last place is 1: adding it rounds to the nearest whole number, which its bits count up to. */
const ROUNDER = 1.5 * 2 ** 23;
const ROUNDER_BITS = 0x4b400000;

/** eˣ = 2ᵏ · eʳ with x = k · ln 2 + r: eʳ and k. */
function reduced(f: FunctionBuilder, x: Local): { readonly value: Expression; readonly k: Expression } {
  const rounded = f.let("rounded", plus(times(x, splat(Math.LOG2E)), splat(ROUNDER)));
  const whole = f.let("whole", minus(rounded, splat(ROUNDER)));
  const r = f.let("r", minus(minus(x, times(whole, splat(LN2_HIGH))), times(whole, splat(LN2_LOW))));
  return { value: plus(plus(times(times(r, r), polynomial(r, EXP)), r), splat(1)), k: op("i32x4.sub", [rounded, ints(ROUNDER_BITS)]) };
}

/** The power is multiplied in two steps, so that it may be out of range by itself. */
function exp(f: FunctionBuilder, x: Local): Expression {
  const { value, k } = reduced(f, f.let("clamped", atLeast(atMost(x, LARGEST), SMALLEST)));
  const all = f.let("k", k);
  const half = f.let("half", op("i32x4.shr_s", [all, 1]));
  return times(times(value, power(half)), power(op("i32x4.sub", [all, half])));
}

/** eˣ for |x| < 80. */
function moderateExp(f: FunctionBuilder, x: Local): Expression {
  const { value, k } = reduced(f, x);
  return times(value, power(k));
}

/** NaN stays. */
function atMost(x: Operand, bound: number): Expression {
  return op("f32x4.pmin", [x, splat(bound)]);
}

function atLeast(x: Operand, bound: number): Expression {
  return op("f32x4.pmax", [x, splat(bound)]);
}

/** ln x = k · ln 2 + ln(1 + f) with x = 2ᵏ · (1 + f). */
function log(f: FunctionBuilder, x: Local): Expression {
  const small = f.let("small", op("f32x4.lt", [x, splat(2 ** -126)]));
  const bits = f.let("bits", choose(times(x, splat(2 ** 23)), x, small));
  // Of the bits above those of √½ the exponent is k, whatever side of 1 the rest is on.
  const shifted = f.let("shifted", op("i32x4.sub", [bits, ints(SQRT_HALF)]));
  const k = f.let("k", op("f32x4.convert_i32x4_s", [op("i32x4.sub", [op("i32x4.shr_s", [shifted, 23]), op("v128.and", [small, ints(23)])])]));
  const m = f.let("m", minus(op("i32x4.add", [op("v128.and", [shifted, ints(0x7fffff)]), ints(SQRT_HALF)]), splat(1)));
  const square = f.let("square", times(m, m));
  const tail = plus(times(times(square, m), polynomial(m, LOG)), times(k, splat(LN2_LOW)));
  const value = plus(plus(m, minus(tail, times(square, splat(0.5)))), times(k, splat(LN2_HIGH)));
  const ordinary = op("v128.and", [op("f32x4.gt", [x, splat(0)]), op("f32x4.lt", [x, splat(Infinity)])]);
  const other = choose(splat(-Infinity), choose(x, splat(NaN), op("f32x4.ge", [x, splat(0)])), op("f32x4.eq", [x, splat(0)]));
  return choose(value, other, ordinary);
}

/** The bits of √½. */
const SQRT_HALF = 0x3f3504f3;

/** tanh x = 1 − 2 / (e²ˣ + 1), but near zero, where that loses digits, x + x³ · P(x²). */
function tanh(f: FunctionBuilder, x: Local): Expression {
  const a = f.let("a", atMost(op("f32x4.abs", [x]), 10)); // 1 − tanh 10 vanishes beside 1
  const z = f.let("z", times(a, a));
  const near = f.let("near", plus(a, times(times(a, z), polynomial(z, TANH))));
  const far = minus(splat(1), over(splat(2), plus(moderateExp(f, f.let("twice", plus(a, a))), splat(1))));
  return signed(choose(near, far, op("f32x4.lt", [a, splat(0.625)])), x);
}

/** erf x = x + x · P(x²) up to one, from there on 1 − e to the −Q(x). */
function erf(f: FunctionBuilder, x: Local): Expression {
  const a = f.let("a", atMost(op("f32x4.abs", [x]), 4)); // 1 − erf 4 vanishes beside 1
  const z = f.let("z", times(a, a));
  const near = f.let("near", plus(a, times(a, polynomial(z, ERF))));
  const exponent = f.let("exponent", op("f32x4.neg", [polynomial(a, ERFC)]));
  const far = minus(splat(1), moderateExp(f, exponent));
  return signed(choose(near, far, op("f32x4.lt", [a, splat(1)])), x);
}

/** The magnitude with x's sign. */
function signed(magnitude: Expression, x: Local): Expression {
  return op("v128.or", [magnitude, op("v128.and", [x, splat(-0)])]);
}
