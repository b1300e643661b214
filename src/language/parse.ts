// Text → syntax tree. In: a source. Out: its declarations, comments and diagnostics in the order of the text.
// Law: never throws on any text, however long, deep or broken; equal declarations are parsed once (see chunk.ts).
import type { IToken } from "chevrotain";
import { closes, opens } from "../../grammar/brackets.ts";
import type { ExpressionCstNode, FileCstNode } from "../../grammar/cst.ts";
import { maxText } from "../../grammar/lex.ts";
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import { span, type Source } from "../source/text.ts";
import type { Broken, Comment, Declaration, Expression, File, Name } from "./ast.ts";
import { TreeBuilder } from "./builder.ts";
import { parseChunk, splitDeclarations } from "./chunk.ts";
import { syntaxDiagnostics } from "./syntax.ts";
import { expression } from "./tree-expressions.ts";
import { body, declarations } from "./tree.ts";

export interface Parsed {
  /** Declarations with mistakes are left out. */
  readonly file: File;
  /** For the editor: the same declarations, and among them those with mistakes, as far as they were understood. */
  readonly recovered: File;
  readonly diagnostics: readonly Diagnostic[];
}

export function parse(source: Source): Parsed {
  if (source.text.length > maxText) return tooLong(source);

  const starts = splitDeclarations(source.text);
  const chunks = starts.map((base, i) => ({ base, chunk: parseChunk(source.text.slice(base, starts[i + 1]), "file") }));
  const comments = chunks.flatMap(({ base, chunk }) => chunk.lexed.comments.map((t) => comment(source, base, t)));
  const docAbove = documentation(source, comments);

  const diagnostics: Diagnostic[] = [];
  const sound: Declaration[] = [];
  const all: Declaration[] = [];
  const broken: Broken[] = [];
  for (const { base, chunk } of chunks) {
    const mistakes = [...syntaxDiagnostics(source, base, chunk)];
    const builder = new TreeBuilder({ source, base, docAbove, diagnostics: mistakes, body });
    if (!chunk.tree && mistakes.length === 0) builder.report("RN601", builder.at(0, chunk.text.trimEnd().length), "this is nested too deeply for the stack there is");
    const built = chunk.tree ? declarations(builder, chunk.tree as FileCstNode) : [];
    all.push(...built);
    if (mistakes.length === 0) sound.push(...built);
    if (mistakes.length > 0) broken.push({ span: builder.at(0, chunk.text.length), names: declaredNames(builder, chunk.lexed.tokens) });
    diagnostics.push(...worthSaying(mistakes));
  }
  const file = (declarations: readonly Declaration[]): File => ({ kind: "file", source, declarations, comments, broken });
  return { file: file(sound), recovered: file(all), diagnostics };
}

/** More than these in one declaration tell nobody anything. */
const mostMistakes = 8;

/** In the order of the text. Where a bracket is missing, too many or on the wrong line, what comes after the first mistake may be its consequence. */
function worthSaying(mistakes: readonly Diagnostic[]): readonly Diagnostic[] {
  const sorted = [...mistakes].sort((a, b) => a.primary!.span.start - b.primary!.span.start);
  return sorted.slice(0, mistakes.some((d) => d.code === "RN104" || d.code === "RN106") ? 1 : mostMistakes);
}

const naming = new Set(["Const", "Block", "Model", "Export"]);

/** The names that a text with mistakes seems to declare: what begins a line outside all brackets, behind a keyword or not; all names of an import. */
function declaredNames(b: TreeBuilder, tokens: readonly IToken[]): readonly Name[] {
  const names: IToken[] = [];
  let depth = 0;
  let begins = true; // a line, or after a keyword that is followed by a name
  let imports = false;
  for (const t of tokens) {
    const type = t.tokenType.name;
    if (type === "Identifier" && (imports || (begins && depth === 0))) names.push(t);
    if (opens(t)) depth++;
    if (closes(t)) depth--;
    if (type === "Import") imports = true;
    if (type === "Newline") imports = false;
    begins = type === "Newline" || (begins && naming.has(type));
  }
  return names.map((t) => b.name(t));
}

/** An expression on its own: a value given on the command line. */
export function parseExpression(source: Source): { readonly expression: Expression; readonly diagnostics: readonly Diagnostic[] } {
  const missing: Expression = { kind: "missing", span: span(source, 0, source.text.length) };
  if (source.text.length > maxText) return { expression: missing, diagnostics: tooLong(source).diagnostics };
  const chunk = parseChunk(source.text, "expression");
  const diagnostics = [...syntaxDiagnostics(source, 0, chunk)];
  const builder = new TreeBuilder({ source, base: 0, docAbove: () => null, diagnostics, body });
  const tree = chunk.tree as ExpressionCstNode | null;
  return { expression: tree ? expression(builder, tree) : missing, diagnostics };
}

function tooLong(source: Source): Parsed {
  const message = `this file has ${source.text.length} characters, more than the ${maxText} that a program may have`;
  const file: File = { kind: "file", source, declarations: [], comments: [], broken: [] };
  return { file, recovered: file, diagnostics: [diagnostic("RN602", span(source, 0, 0), message)] };
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
