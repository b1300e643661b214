// Semantic tokens: what each name means, which a grammar of patterns cannot know.
import type { Meaning } from "../language/program.ts";
import type { Span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";

export const tokenKinds = ["namespace", "class", "function", "method", "parameter", "variable", "property", "enumMember", "keyword"] as const;
export type TokenKind = (typeof tokenKinds)[number];

export interface Highlight {
  readonly span: Span;
  readonly kind: TokenKind;
  readonly declaration: boolean;
}

const kinds: Readonly<Record<Meaning, TokenKind | null>> = {
  const: "variable", block: "function", model: "class", namespace: "namespace", parameter: "parameter", variable: "variable", value: "variable", output: "property",
  in: "keyword", layer: "method", merge: "keyword", function: "function", word: "enumMember", export: "class", missing: null,
};

export function highlights({ module }: Analysis): readonly Highlight[] {
  const out: Highlight[] = [];
  for (const { use, meaning, definition } of module.references) {
    const kind = kinds[meaning];
    const overlaps = use.start < (out.at(-1)?.span.end ?? 0);
    if (kind && !overlaps && use.end > use.start) out.push({ span: use, kind, declaration: definition?.start === use.start && definition.source === use.source });
  }
  return out;
}
