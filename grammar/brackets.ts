// Matches brackets before anything else looks at the tokens. In: raw tokens. Out: balanced ones, and what was wrong.
// Law: in the result every bracket has its partner. What nothing closes gets a closing token without text; what closes nothing is left out.
import { createTokenInstance, type IToken, type TokenType } from "chevrotain";
import { LCurly, LParen, LSquare, Newline, RCurly, RParen, RSquare } from "./tokens.ts";

/** Brackets within brackets. */
export const maxNesting = 128;

const partners = new Map<TokenType, TokenType>([[LParen, RParen], [LSquare, RSquare], [LCurly, RCurly]]);
const closers = new Set(partners.values());

export function opens(t: IToken): boolean {
  return partners.has(t.tokenType);
}

export function closes(t: IToken): boolean {
  return closers.has(t.tokenType);
}

export interface Brackets {
  readonly tokens: readonly IToken[];
  /** Opening brackets that nothing closes, in the order in which that became clear. */
  readonly unclosed: readonly IToken[];
  /** Closing brackets that nothing opens. */
  readonly stray: readonly IToken[];
  /** The bracket that is one too many inside others. */
  readonly tooDeep: IToken | null;
}

/** With more closing brackets too many than these a text is no program at all. */
const mostStray = 1000;

interface Open {
  readonly token: IToken;
  /** Of the line it stands on. */
  readonly indent: number;
  /** Index of the first newline directly inside it. */
  lineEnd: number | null;
}

/** A `}` that begins a line further left than the line of the `{` it closes, with only braces around: it was meant for one of those. */
interface Suspect {
  readonly token: IToken;
  readonly at: number;
}

export function matchBrackets(raw: readonly IToken[]): Brackets {
  const open: Open[] = [];
  const stray: IToken[] = [];
  const forgotten = new Forgotten();
  let suspect: Suspect | null = null;
  let lineStart = 0;
  let first: IToken | null = null; // of its line
  for (const [i, t] of raw.entries()) {
    if (t.tokenType === Newline) {
      [lineStart, first] = [t.endOffset! + 1, null];
      const top = open.at(-1);
      if (top) top.lineEnd ??= i;
      continue;
    }
    first ??= t;
    if (opens(t)) {
      open.push({ token: t, indent: first.startOffset - lineStart, lineEnd: null });
      if (open.length > maxNesting) return { tokens: [], unclosed: [], stray: [], tooDeep: t };
    } else if (closes(t)) {
      // A bracket closes the innermost one that it fits; those inside that are still open were forgotten.
      const at = open.findLastIndex((o) => partners.get(o.token.tokenType) === t.tokenType);
      if (at < 0) {
        stray.push(t);
        if (stray.length > mostStray) return { tokens: [], unclosed: [], stray, tooDeep: null };
      } else {
        forgotten.close(open.splice(at + 1), i);
        const closed = open.pop()!;
        const left = t === first && t.startOffset - lineStart < closed.indent;
        if (left && [closed, ...open].every((o) => o.token.tokenType === LCurly)) suspect ??= { token: closed.token, at: i };
      }
    }
  }
  closeRest(open, suspect, forgotten, raw.length);
  return { tokens: forgotten.mend(raw, new Set(stray)), unclosed: forgotten.tokens, stray, tooDeep: null };
}

/** Where a `}` is missing, counting could only blame the outermost `{`; the indentation knows better. */
function closeRest(open: Open[], suspect: Suspect | null, forgotten: Forgotten, end: number): void {
  const outermost = open[0]?.token;
  if (suspect && outermost?.tokenType === LCurly && outermost.startOffset < suspect.token.startOffset) {
    forgotten.close([{ token: suspect.token, indent: 0, lineEnd: null }], suspect.at);
    open.shift();
  }
  forgotten.close(open, end);
}

/** Collects brackets that nothing closes, with the places where they should have been closed. */
class Forgotten {
  readonly tokens: IToken[] = [];
  private readonly closing = new Map<number, TokenType[]>();

  /** `open`, outermost first, must end before index `limit`: braces there, other brackets at the end of their line. */
  close(open: readonly Open[], limit: number): void {
    let inner = 0;
    for (const o of [...open].reverse()) {
      const at = Math.max(inner, o.token.tokenType === LCurly ? limit : (o.lineEnd ?? limit));
      this.tokens.push(o.token);
      this.closing.set(at, [...(this.closing.get(at) ?? []), partners.get(o.token.tokenType)!]);
      inner = at;
    }
  }

  mend(raw: readonly IToken[], without: ReadonlySet<IToken>): readonly IToken[] {
    if (this.closing.size === 0 && without.size === 0) return raw;
    const out: IToken[] = [];
    for (let i = 0; i <= raw.length; i++) {
      const offset = raw[i]?.startOffset ?? (raw.at(-1)?.endOffset ?? -1) + 1;
      for (const type of this.closing.get(i) ?? []) out.push(createTokenInstance(type, "", offset, offset - 1, NaN, NaN, NaN, NaN));
      const t = raw[i];
      if (t && !without.has(t)) out.push(t);
    }
    return out;
  }
}
