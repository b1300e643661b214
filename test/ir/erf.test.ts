// erf against published values and against its Taylor series in 500-bit arithmetic.
import { expect, test } from "vitest";
import { erf } from "../../src/ir/erf.ts";
import { random } from "../harness/random.ts";

const BITS = 600n;
const ONE = 1n << BITS;

/** A double as a fixed-point number, exactly (|x| ≥ 2^-500). */
function fixed(x: number): bigint {
  let shift = 0n;
  while (!Number.isInteger(x)) {
    x *= 2;
    shift++;
  }
  return (BigInt(x) << BITS) >> shift;
}

/** Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), without the factor 2/√π. */
function taylor(x: bigint): bigint {
  const square = (x * x) >> BITS;
  let term = x;
  let sum = 0n;
  for (let n = 0n; term !== 0n; n++) {
    sum += term / (2n * n + 1n);
    term = -((term * square) >> BITS) / (n + 1n);
  }
  return sum;
}

function arctanInverse(k: bigint): bigint {
  let power = ONE / k;
  let sum = 0n;
  for (let n = 0n; power !== 0n; n++) {
    sum += (n % 2n === 0n ? power : -power) / (2n * n + 1n);
    power /= k * k;
  }
  return sum;
}

function squareRoot(v: bigint): bigint {
  let r = 1n << (BigInt(v.toString(2).length) / 2n + 1n);
  for (let next = (r + v / r) / 2n; next < r; next = (r + v / r) / 2n) r = next;
  return r;
}

const pi = 16n * arctanInverse(5n) - 4n * arctanInverse(239n); // Machin
const twoOverRootPi = (2n * ONE * ONE) / squareRoot(pi * ONE);

function exact(x: number): number {
  const scaled = (taylor(fixed(x)) * twoOverRootPi) >> BITS;
  const digits = BigInt(scaled.toString(2).length) - 80n; // 80 leading bits, then one rounding
  return digits > 0n ? Number(scaled >> digits) * 2 ** Number(digits - BITS) : Number(scaled) * 2 ** -Number(BITS);
}

test.each([
  [0.1, 0.1124629160182849], [0.5, 0.5204998778130465], [1, 0.8427007929497149], [1.5, 0.9661051464753108],
  [2, 0.9953222650189527], [2.5, 0.9995930479825550], [3, 0.9999779095030014], [1e-10, 1.1283791670955126e-10],
])("erf(%f) is %f", (x, y) => {
  expect(Math.abs(erf(x) - y)).toBeLessThanOrEqual(1e-15 * y);
  expect(erf(-x)).toBe(-erf(x));
});

test("the limits are exact", () => {
  expect(erf(0)).toBe(0);
  expect(erf(-0)).toBe(-0);
  expect(erf(Infinity)).toBe(1);
  expect(erf(-Infinity)).toBe(-1);
  expect(erf(30)).toBe(1);
  expect(erf(NaN)).toBeNaN();
});

test("within 1e-15 of the value wherever it is asked", () => {
  const next = random(7);
  let worst = 0;
  for (let i = 0; i < 3000; i++) {
    const x = i % 3 === 0 ? next() * 6 : i % 3 === 1 ? next() * 2.6 : 10 ** (-8 * next());
    const y = exact(x);
    worst = Math.max(worst, Math.abs(erf(x) - y) / y);
  }
  expect(worst).toBeGreaterThan(0);
  expect(worst).toBeLessThanOrEqual(1e-15);
});
