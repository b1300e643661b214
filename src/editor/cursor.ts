// What may be written at an offset, by the tokens before it: half a word, half a line and missing brackets do not matter.
import { lex } from "../../grammar/lex.ts";
import { splitDeclarations } from "../language/chunk.ts";
import { span, type Source, type Span } from "../source/text.ts";

export type Where =
  /** A step of a chain, or a statement where `begins`. */
  | { readonly kind: "step"; readonly begins: boolean }
  /** Between the parentheses of a call. */
  | { readonly kind: "argument"; readonly call: OpenCall; readonly named: string | null }
  | { readonly kind: "expression" }
  | { readonly kind: "declaration" }
  | { readonly kind: "import"; readonly path: string | null }
  | { readonly kind: "path" }
  /** A key of a train declaration, or what stands behind one. */
  | { readonly kind: "train"; readonly key: string | null }
  | { readonly kind: "nothing" };

/** A call whose parentheses are open at the cursor. */
export interface OpenCall {
  readonly path: readonly { readonly text: string; readonly span: Span }[];
  /** The names of the arguments given by name; null for each given by position. */
  readonly given: readonly (string | null)[];
  /** Which argument the cursor is in. */
  readonly index: number;
}

export interface Cursor {
  readonly where: Where;
  /** The word that is being written. */
  readonly word: Span;
}

interface Token {
  readonly type: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export function cursorAt(source: Source, offset: number): Cursor {
  const from = splitDeclarations(source.text).findLast((s) => s < offset || s === 0) ?? 0;
  const wordStart = offset - /[A-Za-z0-9_]*$/.exec(source.text.slice(from, offset))![0].length;
  const { tokens, comments } = lex(source.text.slice(from, offset));
  const word = span(source, wordStart, offset);
  const nothing: Cursor = { where: { kind: "nothing" }, word };
  const last = comments.at(-1);
  if (last && from + last.startOffset + last.image.length >= offset) return nothing;
  const real = tokens.filter((t) => t.image !== "" || t.tokenType.name === "Newline").map((t): Token => ({ type: t.tokenType.name, text: t.image, start: from + t.startOffset, end: from + t.startOffset + t.image.length }));
  const inString = real.find((t) => t.type === "UnclosedString");
  const before = inString ? real.slice(0, real.indexOf(inString)) : real.filter((t) => t.end <= wordStart || t.type === "Newline");
  if (/^\d/.test(source.text.slice(wordStart, offset))) return nothing;
  const open = openBrackets(before);
  if (inString) return before.at(-1)?.type === "From" ? { where: { kind: "path" }, word: span(source, inString.start + 1, offset) } : nothing;
  return { where: whereAfter(before, open, source), word };
}

/** Indices of the brackets that are open, outermost first. */
function openBrackets(tokens: readonly Token[]): readonly number[] {
  const open: number[] = [];
  for (const [i, t] of tokens.entries()) {
    if (["LCurly", "LParen", "LSquare"].includes(t.type)) open.push(i);
    if (["RCurly", "RParen", "RSquare"].includes(t.type)) open.pop();
  }
  return open;
}

const declares = new Set(["Block", "Model", "Const", "Export", "Train", "Import", "Default"]);

function whereAfter(before: readonly Token[], open: readonly number[], source: Source): Where {
  const head = before[0]?.type;
  const last = before.at(-1);
  if (head === "Import") return importing(before, open);
  const inner = open.at(-1);
  if (inner === undefined) {
    if (last && ["Assign", "Comma", "Question", "Colon"].includes(last.type)) return { kind: "expression" };
    return !last || (last.type === "Newline" && !declares.has(last.type)) ? { kind: "declaration" } : { kind: "nothing" };
  }
  const type = before[inner]!.type;
  if (type === "LParen") return argument(before, inner, source);
  if (type === "LSquare") return { kind: "expression" };
  if (head === "Train") return training(before);
  if (last && ["Newline", "LCurly", "Bar"].includes(last.type)) return { kind: "step", begins: true };
  if (last && (last.type === "Arrow" || (last.type === "Colon" && isLabel(before)))) return { kind: "step", begins: false };
  return last && ["Star", "Assign", "In", "If"].includes(last.type) ? { kind: "expression" } : { kind: "nothing" };
}

function isLabel(before: readonly Token[]): boolean {
  const [previous, name] = [before.at(-3)?.type, before.at(-2)?.type];
  return (name === "Identifier" || name === "String") && (previous === undefined || ["Newline", "LCurly", "Bar", "Arrow"].includes(previous));
}

function importing(before: readonly Token[], open: readonly number[]): Where {
  const from = before.findIndex((t) => t.type === "From");
  if (open.length > 0) return { kind: "import", path: null };
  return from >= 0 ? { kind: "path" } : { kind: "nothing" };
}

function training(before: readonly Token[]): Where {
  const line = before.slice(before.findLastIndex((t) => t.type === "Newline" || t.type === "LCurly") + 1);
  return { kind: "train", key: line[1]?.type === "Assign" ? line[0]!.text : null };
}

function argument(before: readonly Token[], paren: number, source: Source): Where {
  const call = callAt(before, paren, source);
  if (!call) return { kind: "expression" };
  const own = before.slice(before.findLastIndex((t, i) => i >= paren && (t.type === "Comma" || i === paren)) + 1);
  if (own.length === 0) return { kind: "argument", call, named: null };
  return own.length === 2 && own[1]!.type === "Assign" ? { kind: "argument", call, named: own[0]!.text } : { kind: "expression" };
}

function callAt(before: readonly Token[], paren: number, source: Source): OpenCall | null {
  const path: { text: string; span: Span }[] = [];
  for (let i = paren - 1; before[i]?.type === "Identifier" && before[i]!.end <= before[paren]!.start; i -= 2) {
    path.unshift({ text: before[i]!.text, span: span(source, before[i]!.start, before[i]!.end) });
    if (before[i - 1]?.type !== "Dot") break;
  }
  if (path.length === 0) return null;
  const given: (string | null)[] = [];
  let depth = 0;
  let first = paren + 1; // of the argument
  const end = (i: number): void => {
    if (i > first) given.push(before[first + 1]?.type === "Assign" ? before[first]!.text : null);
    first = i + 1;
  };
  for (let i = paren + 1; i < before.length; i++) {
    const { type } = before[i]!;
    if (["LCurly", "LParen", "LSquare"].includes(type)) depth++;
    else if (["RCurly", "RParen", "RSquare"].includes(type)) depth--;
    else if (type === "Comma" && depth === 0) end(i);
  }
  return { path, given, index: given.length };
}

/** The innermost call that is open at an offset, wherever in its arguments. */
export function openCallAt(source: Source, offset: number): OpenCall | null {
  const from = splitDeclarations(source.text).findLast((s) => s < offset || s === 0) ?? 0;
  const before = lex(source.text.slice(from, offset)).tokens.filter((t) => t.image !== "").map((t): Token => ({ type: t.tokenType.name, text: t.image, start: from + t.startOffset, end: from + t.startOffset + t.image.length }));
  const inner = openBrackets(before).findLast((i) => before[i]!.type === "LParen" && callAt(before, i, source) !== null);
  return inner === undefined ? null : callAt(before, inner, source);
}
