// The axes of charts: which values they span, where each value lies, and which ticks they carry.
// Own code: d3-scale does this, but brings time, colours and four more packages for what is needed here.
// Law: the same numbers give the same texts on every engine, so logarithms are our own and there is no Math.pow.
import { log } from "../runtime/math.ts";

export type Kind = "linear" | "log";

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** 0 at the low end, 1 at the high end; null where the value has no place (not finite; not positive on a logarithmic scale). */
  readonly place: (value: number) => number | null;
  readonly ticks: readonly Tick[];
}

export interface ScaleOptions {
  readonly kind: Kind;
  /** How many ticks at most, about. */
  readonly most: number;
  /** Widen to the next ticks; without it the scale ends with the values. */
  readonly round: boolean;
  /** After each tick's number: " %". */
  readonly unit?: string;
}

/** Spans the values that have a place; with none of them, 0 … 1 or 1 … 10. */
export function makeScale(values: readonly number[], options: ScaleOptions): Scale {
  const shown = values.filter((v) => Number.isFinite(v) && (options.kind === "linear" || v > 0));
  const low = shown.reduce((a, b) => Math.min(a, b), Infinity);
  const high = shown.reduce((a, b) => Math.max(a, b), -Infinity);
  if (options.kind === "log") return shown.length === 0 ? logarithmic(1, 10, options) : logarithmic(low, high, options);
  return shown.length === 0 ? linear(0, 1, options) : linear(low, high, options);
}

function linear(low: number, high: number, { most, round, unit = "" }: ScaleOptions): Scale {
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const step = stepFor((high - low) / most);
  const first = round ? Math.floor(low / step.value + 1e-9) : Math.ceil(low / step.value - 1e-9);
  const last = round ? Math.ceil(high / step.value - 1e-9) : Math.floor(high / step.value + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => step.times(first + i)).map((at) => ({ at, label: decimal(at, step.digits) + unit }));
  const from = round ? step.times(first) : low;
  const to = round ? step.times(last) : high;
  return { low: from, high: to, ticks, place: (v) => (Number.isFinite(v) ? (v - from) / (to - from) : null) };
}

interface Step {
  readonly value: number;
  /** i steps, rounded once. */
  readonly times: (i: number) => number;
  /** Decimals that tell the steps apart. */
  readonly digits: number;
}

/** The least of 1, 2, 5 times a power of ten that is not below `least`. */
function stepFor(least: number): Step {
  let digits = 0;
  let power = 1;
  while (least > 10 * power) power *= 10;
  while (power === 1 && digits < 300 && least * tenTo(digits) < 1) digits++;
  const divisor = tenTo(digits);
  const m = [1, 2, 5, 10].find((c) => c * power >= least * divisor * (1 - 1e-9)) ?? 10;
  const coarser = m === 10 && digits > 0 ? 1 : 0;
  return { value: (m * power) / divisor, times: (i) => (i * m * power) / divisor, digits: digits - coarser };
}

function tenTo(n: number): number {
  let p = 1;
  for (let i = 0; i < n; i++) p *= 10;
  return p;
}

function logarithmic(low: number, high: number, { most, round, unit = "" }: ScaleOptions): Scale {
  const marks = marksBetween(low, high, most);
  const from = round || low === high ? marks[0]! : low;
  const to = round || low === high ? marks.at(-1)! : high;
  const ticks = marks.filter((m) => m >= from && m <= to).map((at) => ({ at, label: short(at) + unit }));
  const base = log(from);
  const span = log(to) - base;
  return { low: from, high: to, ticks, place: (v) => (v > 0 && Number.isFinite(v) ? (log(v) - base) / span : null) };
}

/** From the last mark not above `low` to the first not below `high`: 1, 2, 5 times powers of ten, or powers alone, or each n-th of them. */
function marksBetween(low: number, high: number, most: number): readonly number[] {
  const decades = exponent(high) + 1 - exponent(low);
  const fine = decades > most ? [] : marksOf(low, high, [1, 2, 5], 1);
  if (fine.length > 0 && fine.length <= 1.4 * most) return fine;
  return marksOf(low, high, [1], Math.max(1, Math.ceil(decades / most)));
}

function marksOf(low: number, high: number, mantissas: readonly number[], every: number): readonly number[] {
  const all: number[] = [];
  for (let e = exponent(low); e <= exponent(high) + 1 + every; e += every) for (const m of mantissas) all.push(e < 0 ? m / tenTo(-e) : m * tenTo(e));
  const start = all.findLastIndex((v) => v <= low);
  const end = all.findIndex((v, i) => v >= high && i > start);
  return all.slice(Math.max(0, start), end + 1);
}

/** The largest e with 10ᵉ ≤ v. */
function exponent(v: number): number {
  let e = Math.floor(log(v) / 2.302585092994046);
  const power = (n: number): number => (n < 0 ? 1 / tenTo(-n) : tenTo(n));
  if (power(e) > v) e--;
  else if (power(e + 1) <= v) e++;
  return e;
}

/** 12,000 · 0.25 · −3 */
export function decimal(v: number, digits: number): string {
  const text = (v < 0 ? -v : v).toFixed(Math.min(digits, 20));
  const [whole, part] = text.split(".") as [string, string?];
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",") + (part === undefined ? "" : `.${part}`);
  return v < 0 && /[1-9]/.test(grouped) ? `−${grouped}` : grouped;
}

/** 1,000 · 0.02 · 1e-6: every digit it has. */
export function plain(v: number): string {
  const [whole, part] = String(v).split(".") as [string, string?];
  return /e/.test(String(v)) ? String(v) : decimal(Number(whole), 0) + (part === undefined ? "" : `.${part}`);
}

/** A mark of a logarithmic scale: 1,000 · 0.02 · 1e-6 */
function short(v: number): string {
  if (v >= 1e-3 && v < 1e6) return v >= 1 ? decimal(v, 0) : String(v);
  return v.toExponential(0).replace("e+", "e");
}
