// The error function erf(x) = 2/√π ∫₀ˣ exp(−t²) dt to within 1e-15 of its value.

const TWO_OVER_SQRT_PI = 1.1283791670955126;

export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 6)) return Number.isNaN(x) ? x : Math.sign(x); // erfc(6) = 2e-17 vanishes beside 1
  const value = a < 2.5 ? series(a) : 1 - complement(a);
  return x < 0 ? -value : a === 0 ? x : value;
}

/** erf(x) = 2x/√π · exp(−x²) · (1 + 2x²/3 · (1 + 2x²/5 · (1 + …))): all terms positive (Abramowitz and Stegun 7.1.6). */
function series(x: number): number {
  const y = 2 * x * x;
  let sum = 1;
  for (let n = 111; n >= 3; n -= 2) sum = 1 + (y / n) * sum;
  return TWO_OVER_SQRT_PI * x * gauss(x) * sum;
}

/** erfc(x) = exp(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))) for x ≥ 2.5 (Abramowitz and Stegun 7.1.14). */
function complement(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return ((TWO_OVER_SQRT_PI / 2) * gauss(x)) / fraction;
}

/** exp(−x²) without the error of rounding x²: the square of x's leading 24 bits is exact. */
function gauss(x: number): number {
  const lead = Math.fround(x);
  return Math.exp(-lead * lead) * Math.exp((lead - x) * (lead + x));
}
