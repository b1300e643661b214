// What rewritings share: texts with edits carried out, indentation, names that are free, what names of a place mean.
import type { Block, Declaration, Model } from "../language/ast.ts";
import type { Module, Reference } from "../language/program.ts";
import type { Edit } from "../source/diagnostic.ts";
import { position, lineText, spanText, type Source, type Span } from "../source/text.ts";
import { unusable } from "./navigation.ts";
import { declarationAt, everything } from "./tree.ts";

export interface Refactoring {
  readonly kind: "extract" | "inline" | "rewrite";
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** The text of a span with the edits that lie in it carried out. */
export function rewritten({ source, start, end }: Span, edits: readonly Edit[]): string {
  const within = edits.filter((e) => start <= e.span.start && e.span.end <= end).toSorted((a, b) => a.span.start - b.span.start);
  let text = "";
  let at = start;
  for (const e of within) {
    text += source.text.slice(at, e.span.start) + e.text;
    at = e.span.end;
  }
  return text + source.text.slice(at, end);
}

/** The blanks that the line of an offset begins with. */
export function indentation(source: Source, offset: number): string {
  return /^[ \t]*/.exec(lineText(source, position(source, offset).line))![0];
}

/** A text whose lines after the first stood at `from`, with those lines at `to`. */
export function reindented(text: string, from: string, to: string): string {
  return text.split("\n").map((line, i) => (i === 0 || line.trim() === "" ? line : line.startsWith(from) ? to + line.slice(from.length) : line)).join("\n");
}

/** The block or model at an offset. */
export function callableAt(module: Module, offset: number): Block | Model | null {
  const d = declarationAt(module.file, offset);
  return d?.kind === "block" || d?.kind === "model" ? d : null;
}

export function inside(inner: Span, { start, end }: Pick<Span, "start" | "end">): boolean {
  return start <= inner.start && inner.end <= end;
}

/** The names used in [start, end). */
export function usesIn({ references }: Module, within: Pick<Span, "start" | "end">): readonly Reference[] {
  return references.filter((r) => inside(r.use, within));
}

/** Is it a parameter, a running variable or a value, which belongs to one declaration? */
export function isLocal({ meaning }: Reference): boolean {
  return meaning === "parameter" || meaning === "variable" || meaning === "value";
}

/** `stem`, `stem2`, …: the first that nothing in the file is called. */
export function freeName(stem: string, { references, names }: Module, taken: ReadonlySet<string> = new Set()): string {
  const used = new Set([...names.keys(), ...references.map((r) => spanText(r.use)), ...taken]);
  for (let i = 1; ; i++) {
    const name = i === 1 ? stem : `${stem}${i}`;
    if (!used.has(name) && unusable(name) === null) return name;
  }
}

/** Does a `default` inside the declaration hold at an offset, or at any of its lines above? */
export function hasDefaultsBefore(d: Declaration, offset: number): boolean {
  return [...everything(d)].some((n) => n.kind === "default" && n.span.start < offset);
}
