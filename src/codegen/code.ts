// Generated text. Kernels and modules are written as plain template strings; here they get their indentation, and lose or keep
// their types. Law: «…» encloses what only TypeScript reads ("x«: number»"); no name of a program brings those two
// characters along: `names.ts` escapes everything that is not ASCII in code, and makes blanks of them in comments.
import type { Extent } from "../ir/type.ts";

export type Language = "ts" | "js";

/**
 * The final text: every line indented by the brackets open before it, blank lines kept (never two), and for "js" without what
 * stands between « and ». A line that held nothing else disappears.
 */
export function format(code: string, language: Language): string {
  const out: string[] = [];
  let depth = 0;
  for (const raw of untyped(code, language).split("\n")) {
    const line = raw.trim();
    if (line === "" && (out.length === 0 || out.at(-1) === "")) continue;
    if (/^[}\])]/.test(line)) depth--;
    const inComment = line.startsWith("*") ? " " : "";
    out.push(line === "" ? "" : "  ".repeat(depth) + inComment + line);
    if (/[{[(]$/.test(line) && !/^(\/\/|\/?\*)/.test(line)) depth++; // what a comment opens is not open
  }
  while (out.at(-1) === "") out.pop();
  return out.join("\n") + "\n";
}

function untyped(code: string, language: Language): string {
  if (language === "ts") return code.replace(/[«»]/g, "");
  return code.replace(/^[ \t]*«[^»]*»[ \t]*\n/gm, "").replace(/«[^»]*»/g, "");
}

/** A list of texts, one a line. */
export function lines(...parts: readonly (string | readonly string[])[]): string {
  return parts.flat().join("\n");
}

/** `make(0)`, `make(1)`, … */
export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** "a + 3 * b": the sum of the terms that are not "0". */
export function sum(...terms: readonly (string | number)[]): string {
  const shown = terms.map(String).filter((t) => t !== "0");
  return shown.length === 0 ? "0" : shown.join(" + ");
}

/** "b * 64", "(b + 1) * 64". */
export function product(text: string, factor: string | number): string {
  const k = String(factor);
  if (k === "0" || text === "0") return "0";
  if (k === "1") return text;
  return text === "1" ? k : `${/^([\w.$]+|\([^()]*\))$/.test(text) ? text : `(${text})`} * ${k}`;
}

/** The text of `fixed + perSample · batch`. */
export function extentText(e: Extent, batch: string): string {
  return sum(e.fixed, product(batch, e.perSample));
}
