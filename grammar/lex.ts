// Text → tokens, comments beside them, and the lexical mistakes.
// Law: what a newline means is decided here, not in the parser (`dropNewlines`); depth is bounded here, so nothing later can overflow.
import { Lexer, type IToken, type TokenType } from "chevrotain";
import { closes, matchBrackets, opens } from "./brackets.ts";
import { Arrow, Assign, Bar, Comma, Dot, Else, Import, LCurly, Newline, Not, Operator, Question, tokens, UnclosedString } from "./tokens.ts";

/** Operators, member accesses, `?:` and `else if` on one path: how deep a tree can get beside its brackets. */
export const maxChain = 256;
/** UTF-16 code units of a file. */
export const maxText = 1 << 19;

export interface LexMistake {
  readonly kind: "character" | "unclosed string" | "unclosed bracket" | "stray bracket" | "nesting" | "chain";
  readonly start: number;
  readonly end: number;
}

export interface Lexed {
  /** As the parser sees them: brackets match, newlines that mean nothing are gone. */
  readonly tokens: IToken[];
  readonly comments: readonly IToken[];
  readonly mistakes: readonly LexMistake[];
}

const lexer = new Lexer([...tokens], { positionTracking: "onlyOffset", ensureOptimizations: true, skipValidations: true });

/** Lexes one declaration, or any text that starts outside all brackets. Offsets are relative to `text`. */
export function lex(text: string): Lexed {
  const { tokens: raw, groups, errors } = lexer.tokenize(text);
  for (const t of raw) t.endOffset = t.startOffset + t.image.length - 1; // the parser's locations need it
  const comments = groups["comments"] ?? [];
  const brackets = matchBrackets(raw);
  const kept = dropNewlines(brackets.tokens);
  const tooLong = chainTooLong(kept);
  const mistakes: LexMistake[] = [
    ...errors.map((e): LexMistake => ({ kind: "character", start: e.offset, end: e.offset + e.length })),
    ...raw.filter((t) => t.tokenType === UnclosedString).map((t) => mistake("unclosed string", t)),
    ...brackets.unclosed.map((t) => mistake("unclosed bracket", t)),
    ...brackets.stray.map((t) => mistake("stray bracket", t)),
  ];
  if (brackets.tooDeep) mistakes.push(mistake("nesting", brackets.tooDeep));
  if (tooLong) mistakes.push(mistake("chain", tooLong));
  return { tokens: tooLong ? [] : kept, comments, mistakes };
}

function mistake(kind: LexMistake["kind"], t: IToken): LexMistake {
  return { kind, start: t.startOffset, end: t.startOffset + t.image.length };
}

// ── newlines ───────────────────────────────────────────────────────────────────────────────────────────────────────

const isBinary = (type: TokenType): boolean => type.CATEGORIES?.includes(Operator) ?? false;

/** After these, and after an operator with two operands, a line goes on. */
const continues = new Set<TokenType>([Arrow, Comma, Assign, Bar, Question, ...tokens.filter(isBinary)]);
/** Before these a line goes on. */
const continued = new Set<TokenType>([Arrow, Bar, Else]);

/**
 * A newline counts only between statements. It is dropped
 * (a) inside `( )`, `[ ]` and the braces of an `import`: the innermost bracket decides, so `{ }` makes it count again;
 * (b) after `-> , = | ?` or an operator with two operands;
 * (c) before `->`, `|` and `else`.
 * Of several newlines in a row one is left.
 */
function dropNewlines(raw: readonly IToken[]): IToken[] {
  const out: IToken[] = [];
  const counting = [true]; // per open bracket: do newlines count inside?
  for (const [i, t] of raw.entries()) {
    if (t.tokenType === Newline) {
      const before = out.at(-1)?.tokenType;
      const after = raw[i + 1]?.tokenType;
      if (!counting.at(-1) || before === undefined || continues.has(before)) continue;
      if (after === Newline || (after && continued.has(after))) continue;
    } else if (opens(t)) counting.push(t.tokenType === LCurly && out.at(-1)?.tokenType !== Import);
    else if (closes(t)) counting.pop();
    out.push(t);
  }
  return out;
}

// ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const separates = new Set<TokenType>([Newline, Arrow, Comma, Bar]);
const deepens = new Set<TokenType>([Dot, Question, Not, Else, ...tokens.filter(isBinary)]);

/** The token at which an expression or statement chains too much for what walks its tree; null where none does. */
function chainTooLong(balanced: readonly IToken[]): IToken | null {
  const outer = [0]; // the chain where each open bracket opened
  let chain = 0; // operators on the path from the declaration to here
  for (const t of balanced) {
    if (opens(t)) outer.push(chain);
    else if (closes(t)) chain = outer.pop()! + 1;
    else if (separates.has(t.tokenType)) chain = outer.at(-1)!;
    else if (deepens.has(t.tokenType)) chain++;
    if (chain > maxChain) return t;
  }
  return null;
}
