// Numbers on the command line.
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

/** From 0 to `most`. */
export function index(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw usageError(`${flag} wants an integer from 0 to ${most}, not ${JSON.stringify(text)}`);
  return value;
}
