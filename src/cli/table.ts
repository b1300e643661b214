// Numbers and tables for people.
import { displayWidth, visible } from "../source/cells.ts";
import { threeDigits } from "../source/quantities.ts";

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

/** 42 ms, 1.27 s, 3 min 20 s */
export function duration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${threeDigits(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** "a", "a or b", "a, b or c" */
export function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
