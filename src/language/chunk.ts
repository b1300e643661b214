// A file is parsed declaration by declaration: a keyword in column 1 begins one. In: a chunk's text. Out: its concrete tree and mistakes.
// Law: everything in a Chunk is relative to the chunk's text, so an unchanged declaration is never parsed twice, wherever it moves to.
import type { CstNode } from "chevrotain";
import { readFailure, type Failure } from "../../grammar/messages.ts";
import { RnParser } from "../../grammar/parser.ts";
import { lex, type Lexed } from "../../grammar/tokens.ts";

export interface Chunk {
  readonly text: string;
  readonly lexed: Lexed;
  /** Null where the text is no tree: without recovery after any mistake, with it never but for `overflow`. */
  readonly tree: CstNode | null;
  readonly failures: readonly Failure[];
  /** The parser's stack ended although the lexer's limits held: possible in recovery alone. */
  readonly overflow: boolean;
}

const start = /(?<=^|[\n\r])(?:import|export|const|block|model|train|default)(?![A-Za-z0-9_])/g;

/** The offsets at which the chunks of a file begin; the first is 0 (comments, or text before the first declaration). */
export function splitDeclarations(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(start), (m) => m.index).filter((at) => at > 0)];
}

/** What a chunk may be: declarations, or the expression inside a string. */
export type Entry = "file" | "expression";

const cacheSize = 512;
const cachedText = 1 << 14;
const cache = new Map<string, Chunk>();

export function parseChunk(text: string, entry: Entry, recovery: boolean): Chunk {
  const key = `${entry} ${recovery} ${text}`;
  const known = cache.get(key);
  if (known) return known;
  const chunk = parse(text, entry, recovery);
  if (text.length <= cachedText) {
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
    cache.set(key, chunk);
  }
  return chunk;
}

// Analysing the grammar takes 30 ms, so each kind of parser is made once, when it is first needed.
const parsers = new Map<boolean, RnParser>();

function parse(text: string, entry: Entry, recovery: boolean): Chunk {
  const lexed = lex(text);
  let parser = parsers.get(recovery);
  if (!parser) parsers.set(recovery, (parser = new RnParser(recovery)));
  try {
    parser.input = lexed.tokens;
    const tree = parser[entry]() as CstNode | undefined;
    const failures = parser.errors.map(readFailure);
    return { text, lexed, tree: tree && (recovery || failures.length === 0) ? tree : null, failures, overflow: false };
  } catch (e) {
    parsers.delete(recovery); // a parser that threw cannot be used again
    if (e instanceof RangeError) return { text, lexed, tree: null, failures: [], overflow: true };
    throw e;
  }
}
