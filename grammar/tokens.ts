// The tokens of .rn and the lexer. In: text. Out: tokens, comments beside them, and the lexical mistakes.
// Law: what a newline means is decided here, not in the parser (see `dropNewlines`); nesting is bounded here, so nothing later can overflow.
import { createToken, Lexer, type IToken, type TokenType } from "chevrotain";

export const Identifier = createToken({ name: "Identifier", label: "a name", pattern: /[A-Za-z_][A-Za-z0-9_]*/ });

const keyword = (word: string, extra: { categories?: TokenType[] } = {}): TokenType =>
  createToken({ name: word[0]!.toUpperCase() + word.slice(1), label: `\`${word}\``, pattern: word, longer_alt: Identifier, ...extra });
const symbol = (name: string, text: string, extra: { categories?: TokenType[] } = {}): TokenType =>
  createToken({ name, label: `\`${text}\``, pattern: text, ...extra });

/** Operators with two operands, by precedence in `precedence` (parse.ts builds the tree). */
export const Operator = createToken({ name: "Operator", label: "an operator", pattern: Lexer.NA });
const operator = { categories: [Operator] };

export const Import = keyword("import");
export const Export = keyword("export");
export const Const = keyword("const");
export const Block = keyword("block");
export const Model = keyword("model");
export const Train = keyword("train");
export const Default = keyword("default");
export const Input = keyword("input");
export const Output = keyword("output");
export const Let = keyword("let");
export const As = keyword("as");
export const For = keyword("for");
export const In = keyword("in");
export const If = keyword("if");
export const Else = keyword("else");
export const True = keyword("true");
export const False = keyword("false");
/** `from` is a word of `import` and `export` only; elsewhere it is a name like any other: `slice(axis = 1, from = 0, to = 2)`. */
export const From = keyword("from", { categories: [Identifier] });

export const Arrow = symbol("Arrow", "->");
export const Range = symbol("Range", "..", operator);
export const Power = symbol("Power", "**", operator);
export const Equal = symbol("Equal", "==", operator);
export const NotEqual = symbol("NotEqual", "!=", operator);
export const AtMost = symbol("AtMost", "<=", operator);
export const AtLeast = symbol("AtLeast", ">=", operator);
export const And = symbol("And", "&&", operator);
export const Or = symbol("Or", "||", operator);
export const Less = symbol("Less", "<", operator);
export const More = symbol("More", ">", operator);
export const Plus = symbol("Plus", "+", operator);
export const Minus = symbol("Minus", "-", operator);
export const Star = symbol("Star", "*", operator);
export const Slash = symbol("Slash", "/", operator);
export const Percent = symbol("Percent", "%", operator);
export const Not = symbol("Not", "!");
export const Assign = symbol("Assign", "=");
export const Bar = symbol("Bar", "|");
export const Question = symbol("Question", "?");
export const Colon = symbol("Colon", ":");
export const Comma = symbol("Comma", ",");
export const Dot = symbol("Dot", ".");
export const LParen = symbol("LParen", "(");
export const RParen = symbol("RParen", ")");
export const LSquare = symbol("LSquare", "[");
export const RSquare = symbol("RSquare", "]");
export const LCurly = symbol("LCurly", "{");
export const RCurly = symbol("RCurly", "}");

export const NumberToken = createToken({ name: "Number", label: "a number", pattern: /(?:\d[\d_]*\.(?!\.)\d*|\.\d+|\d[\d_]*)(?:[eE][+-]?\d+)?/ });
export const StringToken = createToken({ name: "String", label: "a string", pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*"/ });
/** A string that its line ends before it does: a mistake, but the parser may take it for a string. */
export const UnclosedString = createToken({ name: "UnclosedString", pattern: /"(?:[^"\\\n\r]|\\[^\n\r])*\\?/, categories: [StringToken] });
export const Newline = createToken({ name: "Newline", label: "a newline", pattern: /\r\n|\n|\r/, line_breaks: true });

const Blank = createToken({ name: "Blank", pattern: /[ \t\f\v\u00a0\ufeff]+/, group: Lexer.SKIPPED });
const Comment = createToken({ name: "Comment", pattern: /\/\/[^\n\r]*/, group: "comments" });

/** Every token type, in the order in which the lexer tries them (a longer symbol before its prefix). */
export const tokens: readonly TokenType[] = [
  Blank, Newline, Comment,
  Import, Export, Const, Block, Model, Train, Default, Input, Output, Let, As, For, In, If, Else, True, False, From, Identifier,
  NumberToken, StringToken, UnclosedString,
  Arrow, Range, Power, Equal, NotEqual, AtMost, AtLeast, And, Or,
  Less, More, Plus, Minus, Star, Slash, Percent, Not, Assign, Bar, Question, Colon, Comma, Dot,
  LParen, RParen, LSquare, RSquare, LCurly, RCurly,
  Operator,
];

/** Brackets within brackets. */
export const maxNesting = 128;
/** Operators, member accesses, `?:` and `else if` in one expression or statement: how deep a tree can get beside its brackets. */
export const maxChain = 256;
/** UTF-16 code units of a file. */
export const maxText = 1 << 20;

export interface LexMistake {
  readonly kind: "character" | "unclosed string" | "nesting" | "chain";
  readonly start: number;
  readonly end: number;
}

export interface Lexed {
  /** As the parser sees them: newlines that mean nothing are gone. */
  readonly tokens: IToken[];
  readonly comments: readonly IToken[];
  readonly mistakes: readonly LexMistake[];
  /** Opening brackets that nothing closes, in the order in which that became clear. */
  readonly unclosed: readonly IToken[];
}

const lexer = new Lexer([...tokens], { positionTracking: "onlyOffset", ensureOptimizations: true, skipValidations: true });

/** Lexes one declaration, or any text that starts outside all brackets. Offsets are relative to `text`. */
export function lex(text: string): Lexed {
  const { tokens: raw, groups, errors } = lexer.tokenize(text);
  const mistakes: LexMistake[] = errors.map((e) => ({ kind: "character", start: e.offset, end: e.offset + e.length }));
  for (const t of raw) if (t.tokenType === UnclosedString) mistakes.push(mistake("unclosed string", t));
  const comments = groups["comments"] ?? [];
  for (const t of raw) t.endOffset = t.startOffset + t.image.length - 1; // the parser's locations need it
  const nested = nestedTooDeep(raw);
  const kept = nested ? [] : dropNewlines(raw);
  const tooDeep = nested ?? chainedTooLong(kept);
  if (tooDeep) return { tokens: [], comments, mistakes: [...mistakes, tooDeep], unclosed: [] };
  return { tokens: kept, comments, mistakes, unclosed: unclosed(raw) };
}

function mistake(kind: LexMistake["kind"], t: IToken): LexMistake {
  return { kind, start: t.startOffset, end: t.startOffset + t.image.length };
}

// ── brackets ───────────────────────────────────────────────────────────────────────────────────────────────────────

const opens = new Set<TokenType>([LParen, LSquare, LCurly]);
const closes = new Map<TokenType, TokenType>([[RParen, LParen], [RSquare, LSquare], [RCurly, LCurly]]);

/** The place in `open` of the bracket that `closer` closes: the innermost that fits, or -1. What stands inside it was forgotten. */
function fitting(open: readonly { readonly tokenType: TokenType }[], closer: TokenType): number {
  const wanted = closes.get(closer);
  return open.findLastIndex((o) => o.tokenType === wanted);
}

/**
 * Where one `}` too few is written, counting can only blame the outermost `{`. The indentation knows better: a `}` that
 * begins a line further left than the line of the `{` it closes was meant for another one.
 */
function unclosed(raw: readonly IToken[]): IToken[] {
  const open: { tokenType: TokenType; token: IToken; indent: number }[] = [];
  const forgotten: IToken[] = [];
  let suspect: IToken | null = null;
  let lineStart = 0;
  let first: IToken | null = null; // of its line
  for (const t of raw) {
    if (t.tokenType === Newline) [lineStart, first] = [t.startOffset + t.image.length, null];
    else first ??= t;
    if (opens.has(t.tokenType)) open.push({ tokenType: t.tokenType, token: t, indent: first!.startOffset - lineStart });
    else if (closes.has(t.tokenType)) {
      const at = fitting(open, t.tokenType);
      if (at < 0) continue;
      forgotten.push(...open.slice(at + 1).map((o) => o.token));
      if (t === first && t.startOffset - lineStart < open[at]!.indent) suspect ??= open[at]!.token;
      open.length = at;
    }
  }
  if (suspect && open.length > 0) return [...forgotten, suspect];
  return [...forgotten, ...open.map((o) => o.token).reverse()];
}

// ── newlines ───────────────────────────────────────────────────────────────────────────────────────────────────────

const binary = (type: TokenType): boolean => type.CATEGORIES?.includes(Operator) ?? false;

/** After these, and after an operator with two operands, a line goes on. */
const continues = new Set<TokenType>([Arrow, Comma, Assign, Bar, Question, ...tokens.filter(binary)]);
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
  const open: { tokenType: TokenType; counts: boolean }[] = [];
  for (const [i, t] of raw.entries()) {
    const type = t.tokenType;
    if (type === Newline) {
      const before = out.at(-1)?.tokenType;
      const after = raw[i + 1]?.tokenType;
      if (open.at(-1)?.counts === false || before === undefined || continues.has(before)) continue;
      if (after === Newline || (after && continued.has(after))) continue;
    } else if (opens.has(type)) {
      open.push({ tokenType: type, counts: type === LCurly && out.at(-1)?.tokenType !== Import });
    } else if (closes.has(type)) {
      const at = fitting(open, type);
      if (at >= 0) open.length = at;
    }
    out.push(t);
  }
  return out;
}

// ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const separates = new Set<TokenType>([Newline, Arrow, Comma, Bar]);
const deepens = new Set<TokenType>([Dot, Question, Not, Else, ...tokens.filter(binary)]);

// Both bound how deep the tree can become, before anything recursive sees the tokens.
function nestedTooDeep(raw: readonly IToken[]): LexMistake | null {
  const open: IToken[] = [];
  for (const t of raw) {
    if (opens.has(t.tokenType)) open.push(t);
    else if (closes.has(t.tokenType)) {
      const at = fitting(open, t.tokenType);
      if (at >= 0) open.length = at;
    }
    if (open.length > maxNesting) return mistake("nesting", t);
  }
  return null;
}

function chainedTooLong(tokens: readonly IToken[]): LexMistake | null {
  const open: { tokenType: TokenType; chain: number }[] = []; // `chain` where the bracket opened
  let chain = 0; // operators on the path from the declaration to here
  for (const t of tokens) {
    const type = t.tokenType;
    if (opens.has(type)) open.push({ tokenType: type, chain });
    else if (closes.has(type)) {
      const at = fitting(open, type);
      if (at < 0) continue;
      chain = open[at]!.chain + 1;
      open.length = at;
    } else if (separates.has(type)) chain = open.at(-1)?.chain ?? 0;
    else if (deepens.has(type)) chain++;
    if (chain > maxChain) return mistake("chain", t);
  }
  return null;
}
