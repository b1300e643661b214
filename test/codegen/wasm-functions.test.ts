// exp, log, tanh and erf in f32: sweeps over all numbers there are, against f64.
import { describe, expect, test } from "vitest";
import { encode } from "../../src/codegen/wasm/assembler/encode.ts";
import { callFor, load } from "../../src/codegen/wasm/assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../../src/codegen/wasm/assembler/function.ts";
import { functionRoutine, type FunctionName } from "../../src/codegen/wasm/routines/functions.ts";
import { erf } from "../../src/ir/erf.ts";
import { count } from "../harness/tier.ts";

const BLOCK = 65_536;
const meaning: { readonly [F in FunctionName]: (x: number) => number } = { exp: Math.exp, log: Math.log, tanh: Math.tanh, erf };

/** y[i] = name(x[i]) for a block of numbers. */
function compile(name: FunctionName): (x: Float32Array) => Float32Array {
  const functions: WasmFunction[] = [];
  const routine = functionRoutine({ routine: (key, make) => (functions.some((f) => f.name === key) || functions.push(make(key)), key) }, name);
  const f = new FunctionBuilder("sweep");
  const [x, y, n] = [f.parameter("i32", "x"), f.parameter("i32", "y"), f.parameter("i32", "n")];
  f.count(f.local("i32", "i"), 0, n, 4, () => {
    f.store("v128.store", y, 0, callFor("v128", routine, [load("v128.load", x)]));
    f.advance(x, 16);
    f.advance(y, 16);
  });
  const memory = new WebAssembly.Memory({ initial: 9 });
  const module = new WebAssembly.Module(encode([...functions, f.finish()]).bytes as BufferSource);
  const { sweep } = new WebAssembly.Instance(module, { m: { m: memory } }).exports as { readonly sweep: (x: number, y: number, n: number) => void };
  const numbers = new Float32Array(memory.buffer);
  return (values) => {
    numbers.set(values);
    sweep(0, 4 * BLOCK, values.length);
    return numbers.slice(BLOCK, BLOCK + values.length);
  };
}

/** The distance between neighbours of f32 at that number. */
function unit(value: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23);
}

/** By how many units in the last place the number is off; infinitely many where it is of another kind. */
function off(actual: number, wanted: number): number {
  const rounded = Math.fround(wanted);
  if (Object.is(actual, rounded) || (actual === rounded && actual === 0)) return 0;
  if (!Number.isFinite(rounded) || !Number.isFinite(actual)) return Math.abs(wanted) > 3.4028e38 && Math.abs(actual) > 3.4028e38 ? 1 : Infinity;
  return Math.abs(actual - wanted) / unit(wanted);
}

/** Every `step`-th number of f32 from the bits `first` on: the worst of them. */
function sweep(name: FunctionName, first: number, last: number, step: number): { readonly worst: number; readonly at: number } {
  const f = compile(name);
  let [worst, at] = [0, 0];
  for (let from = first; from < last; from += step * BLOCK) {
    const bits = Uint32Array.from({ length: BLOCK }, (_, i) => Math.min(from + step * i, last));
    const x = new Float32Array(bits.buffer);
    f(x).forEach((y, i) => {
      const distance = off(y, meaning[name](x[i]!));
      if (distance > worst) [worst, at] = [distance, x[i]!];
    });
  }
  return { worst, at };
}

const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0]!;
const negative = 0x80000000;
/** Within this many units everywhere. */
const bound: { readonly [F in FunctionName]: number } = { exp: 1, log: 1, tanh: 1.5, erf: 1.5 };

function expectWithin(name: FunctionName, { worst, at }: ReturnType<typeof sweep>): void {
  expect(worst, `${name}(${at}) in units in the last place`).toBeLessThanOrEqual(bound[name]);
}

describe("functions of four numbers at a time", () => {
  for (const name of ["exp", "log", "tanh", "erf"] as const) {
    test(name, () => {
      const all = [[0, bitsOf(Infinity)], [negative, negative + bitsOf(Infinity)]] as const;
      for (const [first, last] of all) expectWithin(name, sweep(name, first, last, count(6_007, 61)));
      const dense = name === "log" ? ([[0.25, 4]] as const) : ([[2 ** -14, 128], [-(2 ** -14), -128]] as const);
      for (const [from, to] of dense) expectWithin(name, sweep(name, bitsOf(from), bitsOf(to), count(211, 3)));
    });
  }

  test("what is no ordinary number", () => {
    const tiny = 2 ** -149;
    const x = Float32Array.of(0, -0, Infinity, -Infinity, NaN, tiny, -tiny, 1, -1, 88.8, -104, -103.2, 3e38, -3e38, 2 ** -126, -2);
    for (const name of ["exp", "log", "tanh", "erf"] as const) {
      const got = compile(name)(x);
      x.forEach((v, i) => expect(off(got[i]!, meaning[name](v)), `${name}(${v}) = ${got[i]}, not ${meaning[name](v)}`).toBeLessThanOrEqual(bound[name]));
    }
    expect(Object.is(compile("tanh")(x)[1], -0) && Object.is(compile("erf")(x)[1], -0)).toBe(true);
    expect(compile("log")(Float32Array.of(1, 0, -0, -1))).toEqual(Float32Array.of(0, -Infinity, -Infinity, NaN));
  });
});
