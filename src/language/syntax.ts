// Mistakes of a chunk → diagnostics: what was needed, what was found, and an edit where it can be made mechanically.
// Law: a wrong character, string or bracket is a first cause: of what comes after the first one in a declaration nothing else is said.
import type { IToken } from "chevrotain";
import { maxNesting } from "../../grammar/brackets.ts";
import { maxChain, type LexMistake } from "../../grammar/lex.ts";
import type { Failure } from "../../grammar/messages.ts";
import { tokens } from "../../grammar/tokens.ts";
import { diagnostic, type Diagnostic, type Fix } from "../source/diagnostic.ts";
import { span, type Source, type Span } from "../source/text.ts";
import type { Chunk } from "./chunk.ts";
import { suggest } from "./suggest.ts";

export function syntaxDiagnostics(source: Source, base: number, chunk: Chunk): readonly Diagnostic[] {
  const place = new Place(source, base, chunk);
  const lexicalMistakes = joinQuotes([...chunk.lexed.mistakes].sort((a, b) => a.start - b.start), chunk.text);
  const cause = lexicalMistakes[0]?.start ?? Infinity;
  const failures = chunk.failures.filter((f) => place.startOf(f.token) < cause);
  const bracket = lexicalMistakes.find((m) => m.kind.endsWith("bracket"));
  const shown = lexicalMistakes.filter((m) => m === bracket || !m.kind.endsWith("bracket"));
  return [...failures.map((f) => failure(place, f)), ...shown.map((m) => lexical(place, m))];
}

/** Turns places in a chunk into spans of the source. */
class Place {
  readonly source: Source;
  readonly base: number;
  readonly chunk: Chunk;
  constructor(source: Source, base: number, chunk: Chunk) {
    this.source = source;
    this.base = base;
    this.chunk = chunk;
  }
  at(start: number, end: number): Span {
    return span(this.source, this.base + start, this.base + end);
  }
  token(t: IToken): Span {
    return this.at(this.startOf(t), this.endOf(t));
  }
  /** The end of the input has no offset of its own. */
  startOf(t: IToken): number {
    return t.startOffset >= 0 ? t.startOffset : this.chunk.text.trimEnd().length;
  }
  endOf(t: IToken): number {
    return t.startOffset >= 0 && t.tokenType.name !== "Newline" ? t.startOffset + t.image.length : this.startOf(t);
  }
  after(t: IToken): IToken | undefined {
    return this.from(t)[1];
  }
  before(t: IToken): IToken | undefined {
    const all = this.chunk.lexed.tokens;
    return all[all.indexOf(t) - 1];
  }
  /** The token and those behind it. */
  from(t: IToken): readonly IToken[] {
    const all = this.chunk.lexed.tokens;
    return all.slice(all.indexOf(t));
  }
}

// ── lexical ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Characters that editors, keyboards and other languages put where .rn has a symbol of its own. */
const lookalikes = new Map([
  ["→", "->"], ["“", '"'], ["”", '"'], ["„", '"'], ["–", "-"], ["−", "-"], ["×", "*"], ["·", "*"], ["≤", "<="], ["≥", ">="], ["≠", "!="], ["…", ".."],
]);

const partners: { readonly [opening: string]: string } = { "(": ")", "[": "]", "{": "}" };

function lexical(place: Place, m: LexMistake): Diagnostic {
  const at = place.at(m.start, m.end);
  const text = place.chunk.text.slice(m.start, m.end);
  switch (m.kind) {
    case "nesting": return diagnostic("RN601", at, `brackets are nested more than ${maxNesting} deep`);
    case "chain": return diagnostic("RN601", at, `this expression has more than ${maxChain} operators in one chain`, { help: ["give parts of it names with `const`"] });
    case "unclosed string": return diagnostic("RN103", at, "this string is not closed on its line", { help: [{ message: 'put a `"` at its end', edits: [{ span: place.at(m.end, m.end), text: '"' }] }] });
    case "unclosed bracket": return diagnostic("RN104", at, `this \`${text}\` is never closed`, { help: [`put a \`${partners[text]!}\` where it ends`] });
    case "stray bracket": return diagnostic("RN104", at, `this \`${text}\` closes nothing`);
    case "character": return diagnostic("RN102", at, `${quote(text)} means nothing in a program`, { help: characterHelp(text, at) });
    default: throw m.kind satisfies never;
  }
}

/** `'same'` is one mistake, and what is between its quotes none. */
function joinQuotes(mistakes: readonly LexMistake[], text: string): readonly LexMistake[] {
  const out: LexMistake[] = [];
  for (const m of mistakes) {
    if (m.start < (out.at(-1)?.end ?? 0)) continue;
    const [piece] = m.kind === "character" ? (/^'(?:(?!\/\/)[^'\n\r])*'/.exec(text.slice(m.start, m.start + LONGEST_PIECE)) ?? []) : [];
    out.push(piece === undefined ? m : { ...m, end: m.start + piece.length });
  }
  return out;
}

/** Characters: what is quoted is a word, and a text may consist of quotes alone. */
const LONGEST_PIECE = 200;

function characterHelp(text: string, at: Span): (Fix | string)[] {
  const meant = lookalikes.get(text);
  if (meant) return [{ message: `write \`${meant}\``, edits: [{ span: at, text: meant }] }];
  if (text === ";") return [{ message: "a newline ends a statement: leave the `;` out", edits: [{ span: at, text: "" }] }];
  if (text.startsWith("'")) return [doubleQuotes(text, at)];
  if (text === "#") return ["comments begin with `//`"];
  return [];
}

function doubleQuotes(text: string, at: Span): Fix {
  const [, plain] = /^'([^'"\\{}]*)'$/.exec(text) ?? [];
  return plain === undefined ? { message: "texts stand in double quotes", edits: [] } : { message: `texts stand in double quotes: "${plain}"`, edits: [{ span: at, text: `"${plain}"` }] };
}

// ── what the parser met ────────────────────────────────────────────────────────────────────────────────────────────

const declarations = ["import", "const", "default", "block", "model", "export", "train"];

/** What fits where a rule has several ways to go on. */
const needed: { readonly [rule: string]: string } = {
  file: `a declaration (${declarations.join(", ")})`,
  declaration: `a declaration (${declarations.join(", ")})`,
  importLine: "`{ names }` or `* as name`",
  statement: "a statement",
  statements: "a statement",
  labelled: "a step (a layer, a block, a value, a shape or `{ }`)",
  step: "a step (a layer, a block, a value, a shape or `{ }`)",
  call: "the name of a layer, a block or a value",
  label: "a name or a string",
  arg: "`=` or `:`",
  argValue: "a value",
  primary: "a value (a number, a name, a list, a string or `( )`)",
  suffix: "an argument, an index or a member",
};

/** What may follow where a bracket could end a rule but something else stands. */
const neededBefore: { readonly [rule: string]: { readonly [token: string]: string } } = {
  body: { RCurly: "`->`, a newline or `}`" },
  branches: { RCurly: "`->`, a newline, `|` or `}`" },
  train: { RCurly: "a line `key = value` or `}`" },
  args: { RParen: "`,` or `)`" },
  params: { RParen: "`,` or `)`" },
  list: { RSquare: "`,` or `]`" },
  importNames: { RCurly: "`,` or `}`" },
};

const labels = new Map(tokens.map((t) => [t.name, t.LABEL ?? t.name]));
const keywords = new Set(tokens.filter((t) => t.LONGER_ALT && t.name !== "From").map((t) => t.name));
/** Symbols whose absence an edit can mend. */
const insertable = new Set(["Colon", "Assign", "In", "From", "Arrow", "LCurly", "RParen", "RSquare"]);
const beginsValue = new Set(["Identifier", "Number", "String", "True", "False", "In", "LSquare", "LParen"]);

function failure(place: Place, f: Failure): Diagnostic {
  const at = place.token(f.token);
  if (f.expected === "LCurly" && f.token.tokenType.name === "Newline" && place.after(f.token)?.tokenType.name === "LCurly") return lowBrace(place, f);
  const keyword = [f.token, f.previous].find((t) => t && keywords.has(t.tokenType.name));
  if (keyword && place.after(keyword)?.tokenType.name === "Colon") return keywordLabel(place, keyword);
  if (f.expected === "Identifier" && keyword === f.token) return diagnostic("RN101", at, `\`${keyword.image}\` is a word of the language and cannot be a name`);
  if (f.token.tokenType.name === "Bar") return diagnostic("RN101", at, "`|` stands only between the branches of a merge: `cat { a | b }`");
  const after = f.previous && f.previous.tokenType.name !== "Newline" ? ` after \`${f.previous.image}\`` : "";
  return diagnostic("RN101", at, `expected ${expectation(f)}${after}, found ${found(place, f.token)}`, { help: failureHelp(place, f) });
}

function expectation(f: Failure): string {
  if (f.expected === null) return needed[f.rule] ?? "something else";
  const closing = neededBefore[f.rule]?.[f.expected];
  // Behind a comma or the opening bracket an element could have followed, but no comma.
  if (closing && f.previous && /^(Comma|LParen|LSquare)$/.test(f.previous.tokenType.name)) return closing.replace("`,`", f.rule === "params" ? "a name" : "a value");
  return closing ?? labels.get(f.expected)!;
}

function found(place: Place, t: IToken): string {
  if (!(t.startOffset >= 0)) return place.chunk.entry === "file" ? "the end of the declaration" : "the end of the expression";
  if (t.tokenType.name === "Newline") return "a newline";
  return quote(t.image);
}

function failureHelp(place: Place, f: Failure): Fix[] {
  if (f.rule === "file" || f.rule === "declaration") {
    const meant = suggest(f.token.image, declarations);
    return meant ? [{ message: `did you mean \`${meant}\`?`, edits: [{ span: place.token(f.token), text: meant }] }] : [];
  }
  const habit = habitHelp(place, f);
  if (habit) return [habit];
  if (f.expected === null || !insertable.has(f.expected) || f.previous === null || f.token.tokenType.name === "Comma") return [];
  const separates = (f.expected === "RParen" || f.expected === "RSquare") && beginsValue.has(f.token.tokenType.name);
  const symbol = separates ? "," : labels.get(f.expected)!.replaceAll("`", "");
  const end = place.endOf(f.previous);
  return [{ message: `put \`${symbol}\` here`, edits: [{ span: place.at(end, end), text: /[,:)\]]/.test(symbol) ? symbol : ` ${symbol}` }] }];
}

const beginsStep = new Set(["Newline", "LCurly", "Arrow", "Bar", "Colon", "Assign"]);
const endsStep = new Set(["Newline", "RCurly", "Arrow", "Bar", "Star", "As"]);

/** What other languages write: `conv 8`, `y = conv(8)`. */
function habitHelp(place: Place, { rule, previous, token }: Failure): Fix | null {
  if (!["body", "branches"].includes(rule) || previous?.tokenType.name !== "Identifier" || !beginsStep.has(place.before(previous)?.tokenType.name ?? "")) return null;
  if (token.tokenType.name === "Number") return inParentheses(place, previous, token);
  return token.tokenType.name === "Assign" ? named(place, previous, token) : null;
}

function inParentheses(place: Place, step: IToken, first: IToken): Fix {
  const tokens = place.from(first);
  let end = 1;
  while (tokens[end]?.tokenType.name === "Comma" && tokens[end + 1]?.tokenType.name === "Number") end += 2;
  const text = `${step.image}(${tokens.slice(0, end).filter((t) => t.tokenType.name === "Number").map((t) => t.image).join(", ")})`;
  const whole = endsStep.has(tokens[end]?.tokenType.name ?? "Newline");
  return { message: `arguments stand in parentheses: ${text}`, edits: whole ? [{ span: place.at(place.startOf(step), place.endOf(tokens[end - 1]!)), text }] : [] };
}

/** Longer right sides are not repeated. */
const LONGEST_SIDE = 40;

function named(place: Place, name: IToken, assign: IToken): Fix {
  const [side] = /^[^\n\r{}]*/.exec(place.chunk.text.slice(place.endOf(assign)))!;
  const shown = side.replace(/\/\/.*/, "").trim();
  const value = shown === "" || shown.length > LONGEST_SIDE ? "…" : shown;
  const at = place.startOf(name);
  return { message: `write let ${name.image} = ${value}, or ${value} as ${name.image}, which flows on`, edits: [{ span: place.at(at, at), text: "let " }] };
}

/** `for: conv(3)`: a keyword cannot be a label as it is. */
function keywordLabel(place: Place, keyword: IToken): Diagnostic {
  const help = { message: `write \`"${keyword.image}"\``, edits: [{ span: place.token(keyword), text: `"${keyword.image}"` }] };
  return diagnostic("RN101", place.token(keyword), `\`${keyword.image}\` is a word of the language: as a label it stands in quotes`, { help: [help] });
}

/** `block b(c)` with its `{` on the next line. */
function lowBrace(place: Place, f: Failure): Diagnostic {
  const brace = place.after(f.token)!;
  const end = f.previous ? place.endOf(f.previous) : place.startOf(f.token);
  const between = place.chunk.text.slice(end, brace.startOffset);
  const edits = between.trim() === "" ? [{ span: place.at(end, brace.startOffset), text: " " }] : [];
  return diagnostic("RN106", place.token(brace), "this `{` stands on the line below what it belongs to", { help: [{ message: "put it at the end of the line before", edits }] });
}

/** Text of a program inside a message: short, on one line, visible. */
export function quote(text: string): string {
  const shown = text.length > 24 ? `${text.slice(0, 24)}…` : text;
  return `\`${shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\``;
}
