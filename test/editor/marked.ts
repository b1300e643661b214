// Programs with cursors in them: `‸` marks a place and is no part of the text.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Analysis } from "../../src/editor/analysis.ts";
import type { Edit } from "../../src/source/diagnostic.ts";
import { position, spanText, type Span } from "../../src/source/text.ts";
import type { Load } from "../../src/language/resolve.ts";

export interface Marked {
  readonly analysis: Analysis;
  readonly text: string;
  /** The first of the marks. */
  readonly at: number;
  readonly marks: readonly number[];
}

export function marked(program: string, files: Readonly<Record<string, string>> = {}): Marked {
  const pieces = program.split("‸");
  const text = pieces.join("");
  const marks = pieces.slice(0, -1).map((_, i) => pieces.slice(0, i + 1).join("").length);
  const load: Load = (path) => {
    const found = files[path];
    return found === undefined ? { problem: `there is no file "${path}"` } : { source: { name: path, text: found } };
  };
  return { analysis: new Analysis({ name: "test.rn", text }, load), text, at: marks[0] ?? 0, marks };
}

export const example = (name: string): string => readFileSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), "utf8");

/** "12:3 conv", from 1. */
export function place(s: Span): string {
  const { line, column } = position(s.source, s.start);
  return `${s.source.name === "test.rn" ? "" : `${s.source.name} `}${line + 1}:${column + 1} ${spanText(s)}`;
}

/** Edits of one text, carried out. */
export function applied(text: string, edits: readonly Edit[]): string {
  return [...edits].sort((a, b) => b.span.start - a.span.start).reduce((t, e) => t.slice(0, e.span.start) + e.text + t.slice(e.span.end), text);
}

/** The text with hints where an editor shows them: `⟨…⟩`. */
export function withHints(text: string, hints: readonly { readonly offset: number; readonly text: string }[]): string {
  return hints.toReversed().reduce((t, h) => `${t.slice(0, h.offset)}⟨${h.text}⟩${t.slice(h.offset)}`, text);
}
