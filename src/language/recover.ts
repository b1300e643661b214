// Goes on after a syntax error: cuts the place out and parses again. In: tokens whose brackets match. Out: a tree of the rest, one failure per statement.
// Law: every cut takes at least one token away, first from the failing token to the end of what holds it, then more and more around it:
// a statement being typed keeps its beginning, its neighbours never suffer, and it ends.
import type { CstNode, IToken } from "chevrotain";
import { closes, opens } from "../../grammar/brackets.ts";
import type { Failure } from "../../grammar/messages.ts";

export interface Attempt {
  /** Null where there is a failure, or the parser had to give up. */
  readonly tree: CstNode | null;
  readonly failure: Failure | null;
}

/** Tokens that all attempts together may read: a long declaration gets fewer attempts. */
const budget = 100_000;
const mostAttempts = 32;

/** `tree` is null where too much is wrong. */
export function recover(tokens: readonly IToken[], attempt: (tokens: readonly IToken[]) => Attempt): { readonly tree: CstNode | null; readonly failures: readonly Failure[] } {
  const failures: Failure[] = [];
  let current = tokens;
  let failing: IToken | undefined; // the first token of the statement that was cut last
  let level = 0;
  for (let i = 0, read = 0; i < mostAttempts && read <= budget; i++, read += current.length) {
    const { tree, failure } = attempt(current);
    if (!failure) return { tree, failures };
    const found = current.indexOf(failure.token);
    const at = found < 0 ? current.length : found;
    const parts = partsAround(current, at);
    const statement = current[parts.find((p) => p.statement)!.start];
    if (!statement || statement !== failing) {
      [failing, level] = [statement, 0];
      failures.push(failure);
    }
    let shorter = standsAlone(failure) ? current.filter((t) => t !== failure.token) : current;
    while (shorter.length === current.length && level < parts.length + 2) shorter = cut(current, at, parts, level++);
    if (shorter.length === current.length) break;
    current = shorter;
  }
  return { tree: null, failures };
}

/** Is this token the whole mistake? A newline before the `{` of a block, a `|` where there are no branches. */
function standsAlone({ token, expected }: Failure): boolean {
  return token.tokenType.name === "Bar" || (token.tokenType.name === "Newline" && expected === "LCurly");
}

/** The tokens [start, end) between two separators: a statement in braces or at the top, an element in other brackets. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly statement: boolean;
}

/** What holds the token at `at`, innermost first. A separator or closing bracket belongs to the part that it ends. */
function partsAround(tokens: readonly IToken[], at: number): readonly Part[] {
  const { holder, partner } = structure(tokens);
  const parts: Part[] = [];
  for (let inner = at; inner >= 0; ) {
    const opener = holder[inner]!;
    const statement = opener < 0 || tokens[opener]!.tokenType.name === "LCurly";
    const separates = (i: number): boolean => (statement ? ["Newline", "Bar"] : ["Comma"]).includes(tokens[i]!.tokenType.name);
    const limit = opener < 0 ? tokens.length : partner[opener]!;
    let start = inner;
    while (start - 1 > opener && !separates(start - 1)) start = closes(tokens[start - 1]!) ? partner[start - 1]! : start - 1;
    let end = inner;
    while (end < limit && !separates(end)) end = opens(tokens[end]!) ? partner[end]! + 1 : end + 1;
    parts.push({ start, end, statement });
    inner = opener;
  }
  return parts;
}

/** For each token, and for the end, the opening bracket it stands in (-1: none); for each bracket its partner. */
function structure(tokens: readonly IToken[]): { readonly holder: readonly number[]; readonly partner: readonly number[] } {
  const open: number[] = [];
  const partner: number[] = [];
  const holder = tokens.map((t, i) => {
    const inside = open.at(-1) ?? -1;
    if (opens(t)) open.push(i);
    if (closes(t)) {
      open.pop();
      partner[i] = inside;
      partner[inside] = i;
    }
    return inside;
  });
  return { holder: [...holder, -1], partner };
}

/**
 * Level 0 keeps what stands before `at` in the innermost part, without an operator or arrow that would now lead nowhere.
 * Level 1 takes all of that part, level 2 the part around it, and so on.
 */
function cut(tokens: readonly IToken[], at: number, parts: readonly Part[], level: number): readonly IToken[] {
  const part = parts[Math.max(0, level - 1)];
  if (!part) return [];
  let start = level === 0 ? at : part.start;
  while (level === 0 && start > part.start && !endsValue.has(tokens[start - 1]!.tokenType.name)) start--;
  let { end } = part;
  // An element that is gone takes a comma along.
  if (!part.statement && start === part.start) {
    if (tokens[end]?.tokenType.name === "Comma") end++;
    else if (tokens[start - 1]?.tokenType.name === "Comma") start--;
  }
  return [...tokens.slice(0, start), ...tokens.slice(end)];
}

const endsValue = new Set(["Identifier", "From", "In", "Number", "String", "True", "False", "RParen", "RSquare", "RCurly"]);
