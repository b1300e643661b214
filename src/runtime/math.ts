// exp, log and tanh from IEEE operations alone, for `--strict-math`: the same bits on every engine, within 1e-15 of their value.
// (Math.exp and its like are rounded as the engine pleases.) Law: no Math.pow, no **: engines differ there too.

const LN2_HIGH = 0.6931471803691238; // ln 2 to 32 bits, so that its products with exponents are exact
const LN2_LOW = 1.9082149292705877e-10;
const bits = new DataView(new ArrayBuffer(8));

/** 2ᵏ for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  bits.setInt32(0, (k + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** exp(x) = 2ᵏ · exp(r) with r = x − k · ln 2, |r| ≤ ln 2 / 2, whose Taylor series ends at r¹³/13!. */
export function exp(x: number): number {
  if (!(x < 709.782712893384)) return x > 0 ? Infinity : x; // NaN stays
  if (x < -745.1332191019412) return 0;
  const k = Math.floor(x / 0.6931471805599453 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = 13; n >= 1; n--) sum = 1 + (r / n) * sum;
  const half = Math.floor(k / 2); // in two steps: 2ᵏ itself may not be a number
  return sum * powerOfTwo(half) * powerOfTwo(k - half);
}

/** log(x) = k · ln 2 + 2 · (s + s³/3 + s⁵/5 + …) with x = 2ᵏ · m, √½ ≤ m < √2 and s = (m − 1)/(m + 1). */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let k = x < 2.2250738585072014e-308 ? -54 : 0;
  bits.setFloat64(0, k < 0 ? x * 18014398509481984 : x); // subnormal: times 2⁵⁴
  const high = bits.getInt32(0);
  k += (high >> 20) - 1023;
  bits.setInt32(0, (high & 0xfffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m > 1.4142135623730951) {
    m /= 2;
    k++;
  }
  const s = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = 23; n >= 1; n -= 2) sum = 1 / n + s * s * sum;
  return k * LN2_HIGH + (k * LN2_LOW + 2 * s * sum);
}

/** tanh(x) = x / (1 + x²/(3 + x²/(5 + …))) near zero (Lambert 1768), 1 − 2 / (exp(2x) + 1) elsewhere. */
export function tanh(x: number): number {
  const a = x < 0 ? -x : x;
  if (!(a < 20)) return x > 0 ? 1 : x < 0 ? -1 : x; // NaN stays
  if (a > 1) return x > 0 ? 1 - 2 / (exp(2 * a) + 1) : 2 / (exp(2 * a) + 1) - 1;
  let fraction = 25;
  for (let n = 23; n >= 1; n -= 2) fraction = n + (x * x) / fraction;
  return x / fraction;
}
