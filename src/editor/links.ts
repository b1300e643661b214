// What a text points at: the files it imports, the weights of exports.
import type { StringLiteral } from "../language/ast.ts";
import { span, type Span } from "../source/text.ts";
import type { Analysis } from "./analysis.ts";

export interface Link {
  readonly kind: "import" | "weights";
  /** Between the quotes. */
  readonly span: Span;
  readonly path: string;
}

export function links({ file }: Analysis): readonly Link[] {
  return file.declarations.flatMap((d) => {
    if (d.kind === "import") return link("import", d.from);
    return d.kind === "export" && d.from ? link("weights", d.from) : [];
  });
}

function link(kind: Link["kind"], { parts, span: { source, start, end } }: StringLiteral): readonly Link[] {
  const [path] = parts;
  return typeof path === "string" && parts.length === 1 && end - start >= 2 ? [{ kind, span: span(source, start + 1, end - 1), path }] : [];
}
