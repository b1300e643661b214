// Numbers and tables for people.
import { displayWidth, visible } from "../source/cells.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Aligned columns with two blanks between; headings and cells are made harmless for a terminal. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], heading: (s: string) => string = (s) => s): string {
  const cells = [columns.map((c) => c.title), ...rows].map((row) => row.map(visible));
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => displayWidth(row[i] ?? ""))));
  return cells.map((row, r) => {
    const line = columns.map((c, i) => {
      const cell = row[i] ?? "";
      const space = " ".repeat(widths[i]! - displayWidth(cell));
      return c.align === "right" ? space + cell : cell + space;
    }).join("  ").trimEnd();
    return (r === 0 ? heading(line) : line) + "\n";
  }).join("");
}

/** 269,722. (toLocaleString would load ICU's tables: 40 ms of every start.) */
export function integer(n: number): string {
  return String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** 40.8 M, 4.09 G: three digits, for multiply-accumulates and other large counts. */
export function metric(n: number): string {
  const units = ["", " k", " M", " G", " T", " P"];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return unit === 0 ? String(n) : threeDigits(n) + units[unit]!;
}

/** 18.4 kB, 1.08 MB (decimal units). */
export function bytes(n: number): string {
  const text = metric(n);
  return text.includes(" ") ? `${text}B` : `${text} B`;
}

/** 42 ms, 1.27 s, 3 min 20 s */
export function duration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function threeDigits(n: number): string {
  return n >= 99.95 ? n.toFixed(0) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2);
}

/** "a", "a or b", "a, b or c" */
export function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
