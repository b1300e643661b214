// The outline of a text: declarations, and the inputs and outputs of models below them.
import type { Declaration, Statement } from "../language/ast.ts";
import { spanText, type Span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";

export interface Symbol {
  readonly kind: "const" | "block" | "model" | "export" | "train" | "input" | "output";
  readonly name: string;
  readonly detail: string;
  readonly span: Span;
  /** Of the name. */
  readonly selection: Span;
  readonly children: readonly Symbol[];
}

export function symbols({ file }: Analysis): readonly Symbol[] {
  return file.declarations.flatMap(symbol);
}

function symbol(d: Declaration): readonly Symbol[] {
  switch (d.kind) {
    case "import": case "default": return [];
    case "const": case "export": return d.name.text === "" ? [] : [{ kind: d.kind, name: d.name.text, detail: spanText(d.value.span), span: d.span, selection: d.name.span, children: [] }];
    case "train": return [{ kind: "train", name: `train ${d.target?.text ?? ""}`.trim(), detail: "", span: d.span, selection: d.target?.span ?? d.span, children: [] }];
    case "block": case "model": {
      if (d.name.text === "") return [];
      const detail = d.params.length === 0 ? "" : `(${d.params.map((p) => p.name.text).join(", ")})`;
      return [{ kind: d.kind, name: d.name.text, detail, span: d.span, selection: d.name.span, children: d.body.statements.flatMap(ends) }];
    }
  }
}

function ends(s: Statement): readonly Symbol[] {
  if ((s.kind !== "input" && s.kind !== "output") || s.name.text === "") return [];
  return [{ kind: s.kind, name: s.name.text, detail: s.shape ? spanText(s.shape.span) : "", span: s.span, selection: s.name.span, children: [] }];
}
