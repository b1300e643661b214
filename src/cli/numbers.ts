// Numbers on the command line.
import { LONGEST } from "../runtime/check.ts";
import { usageError } from "./exit.ts";

export function number(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw usageError(`${flag} wants a number, not ${JSON.stringify(text)}`);
  return value;
}

export function numbers(flag: string, text: string): number[] {
  return text.split(",").map((t) => number(flag, t));
}

/** From 1 to `most`. */
export function count(flag: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) throw usageError(`${flag} wants a positive integer, not ${JSON.stringify(text)}`);
  if (value > most) throw usageError(`${flag} is at most ${most}, not ${text}`);
  return value;
}

/** What is fed at once is one array. */
export function checkTogether(flag: string, samples: number, size: number): void {
  if (samples * size > LONGEST) throw usageError(`${flag}: ${samples} samples of ${size} numbers are more than an array holds, which is ${LONGEST}`);
}

/** From 0 to `most`. */
export function index(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw usageError(`${flag} wants an integer from 0 to ${most}, not ${JSON.stringify(text)}`);
  return value;
}

const units = { "": 1, k: 1e3, m: 1e6, g: 1e9 } as const;

/** "64MB", "1.5 GB", "800000": bytes, in the decimal units that the command prints; "least" is the word. */
export function memory(flag: string, text: string): number | "least" {
  if (text === "least") return "least";
  const [, digits, unit] = /^(\d+(?:\.\d+)?) ?([kmg]?)b?$/i.exec(text) ?? [];
  const value = Math.floor(Number(digits) * units[(unit ?? "").toLowerCase() as keyof typeof units]);
  if (digits === undefined || value < 1) throw usageError(`${flag} wants a size like 64MB or 1.5GB, or least, not ${JSON.stringify(text)}`);
  return value;
}
