// Text → syntax tree. In: a source. Out: its declarations, comments and diagnostics in the order of the text.
// Law: never throws on any text, however long, deep or broken; equal declarations are parsed once (see chunk.ts).
import type { IToken } from "chevrotain";
import type { ExpressionCstNode, FileCstNode } from "../../grammar/cst.ts";
import { maxText } from "../../grammar/tokens.ts";
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import { span, type Source } from "../source/text.ts";
import type { Comment, Declaration, Expression, File } from "./ast.ts";
import { TreeBuilder } from "./builder.ts";
import { parseChunk, splitDeclarations } from "./chunk.ts";
import { syntaxDiagnostics } from "./syntax.ts";
import { expression } from "./tree-expressions.ts";
import { body, declarations } from "./tree.ts";

export interface ParseOptions {
  /** For the editor: make a tree of whatever is there. Without it a declaration with a mistake is left out. */
  readonly recovery?: boolean;
}

export interface Parsed {
  readonly file: File;
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(source: Source, options: ParseOptions = {}): Parsed {
  const recovery = options.recovery ?? false;
  if (source.text.length > maxText) return tooLong(source);

  const starts = splitDeclarations(source.text);
  const chunks = starts.map((base, i) => ({ base, chunk: parseChunk(source.text.slice(base, starts[i + 1]), "file", recovery) }));
  const comments = chunks.flatMap(({ base, chunk }) => chunk.lexed.comments.map((t) => comment(source, base, t)));
  const docAbove = documentation(source, comments);

  const diagnostics: Diagnostic[] = [];
  const found: Declaration[] = [];
  for (const { base, chunk } of chunks) {
    diagnostics.push(...syntaxDiagnostics(source, base, chunk));
    if (chunk.tree) found.push(...declarations(new TreeBuilder({ source, base, text: chunk.text, recovery, docAbove, diagnostics, body }), chunk.tree as FileCstNode));
  }
  diagnostics.sort((a, b) => (a.primary?.span.start ?? 0) - (b.primary?.span.start ?? 0));
  return { file: { kind: "file", source, declarations: found, comments }, diagnostics };
}

/** An expression on its own: a value given on the command line. */
export function parseExpression(source: Source): { readonly expression: Expression; readonly diagnostics: readonly Diagnostic[] } {
  const chunk = parseChunk(source.text, "expression", false);
  const diagnostics = [...syntaxDiagnostics(source, 0, chunk)];
  const builder = new TreeBuilder({ source, base: 0, text: source.text, recovery: false, docAbove: () => null, diagnostics, body });
  return { expression: expression(builder, (chunk.tree as ExpressionCstNode | null) ?? undefined), diagnostics };
}

function tooLong(source: Source): Parsed {
  const message = `this file has ${source.text.length} characters, more than the ${maxText} that a program may have`;
  return { file: { kind: "file", source, declarations: [], comments: [] }, diagnostics: [diagnostic("RN602", span(source, 0, 0), message)] };
}

function comment(source: Source, base: number, t: IToken): Comment {
  const doc = t.image.startsWith("///") && !t.image.startsWith("////");
  const start = base + t.startOffset;
  return { kind: doc ? "doc" : "line", text: t.image.slice(doc ? 3 : 2).replace(/^ /, "").trimEnd(), span: span(source, start, start + t.image.length) };
}

/** Finds the `///` lines that stand directly above an offset, without a blank line between. */
function documentation(source: Source, comments: readonly Comment[]): (offset: number) => string | null {
  const byEnd = new Map(comments.filter((c) => c.kind === "doc").map((c) => [c.span.end, c]));
  return (offset) => {
    const lines: string[] = [];
    let end = endAbove(source.text, offset);
    for (let doc = byEnd.get(end); doc; doc = byEnd.get(end)) {
      const next = endAbove(source.text, doc.span.start);
      if (next < 0) break; // behind something on its line: a remark on that
      lines.push(doc.text);
      end = next;
    }
    return lines.length > 0 ? lines.reverse().join("\n") : null;
  };
}

/** Where the line above ends, if nothing but blanks stands before `offset` on its own line; at the first line 0, else -1. */
function endAbove(text: string, offset: number): number {
  let i = offset;
  while (i > 0 && (text[i - 1] === " " || text[i - 1] === "\t")) i--;
  if (i === 0) return 0;
  if (text[i - 1] === "\n") return text[i - 2] === "\r" ? i - 2 : i - 1;
  return text[i - 1] === "\r" ? i - 1 : -1;
}
