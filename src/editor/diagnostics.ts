// What is wrong with a text and what it imports, as `rnc check` words it. Out: all of it at places of this text.
import { span, type Span } from "../source/text.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { Analysis } from "./analysis.ts";

export interface Finding {
  readonly span: Span;
  readonly message: string;
  readonly diagnostic: Diagnostic;
}

export function diagnostics(analysis: Analysis): readonly Finding[] {
  return analysis.diagnostics.map((d) => ({ span: placeOf(d, analysis), message: messageOf(d, analysis), diagnostic: d }));
}

/** What is wrong in an imported file is told at the import; what no text is to blame for, at the beginning. */
function placeOf({ primary }: Diagnostic, { source, file }: Analysis): Span {
  if (!primary) return span(source, 0, 0);
  if (primary.span.source.name === source.name) return primary.span;
  const imports = file.declarations.filter((d) => d.kind === "import");
  const to = imports.find((d) => primary.span.source.name.endsWith(String(d.from.parts[0]).replace(/^(\.{1,2}\/)+/, ""))) ?? imports[0];
  return to?.from.span ?? span(source, 0, 0);
}

/** The sentence, where it is about another file its name before, and the help below. */
function messageOf({ message, primary, help }: Diagnostic, { source }: Analysis): string {
  const elsewhere = primary && primary.span.source.name !== source.name;
  const label = primary?.message ? [primary.message] : [];
  return [`${elsewhere ? `${primary.span.source.name}: ` : ""}${message}`, ...label, ...help.map((h) => `help: ${h.message}`)].join("\n");
}
