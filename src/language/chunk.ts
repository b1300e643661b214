// A file is parsed declaration by declaration: a keyword in column 1 begins one. In: a chunk's text. Out: its concrete tree and mistakes.
// Law: everything in a Chunk is relative to the chunk's text, so an unchanged declaration is never parsed twice, wherever it moves to.
import type { CstNode, IToken } from "chevrotain";
import { lex, type Lexed } from "../../grammar/lex.ts";
import { readFailure, type Failure } from "../../grammar/messages.ts";
import { RnParser } from "../../grammar/parser.ts";
import { isStackOverflow } from "../source/overflow.ts";
import { recover, type Attempt } from "./recover.ts";

export interface Chunk {
  readonly text: string;
  readonly entry: Entry;
  readonly lexed: Lexed;
  /** Of what is left without the places that failed; null where too much is wrong, or the stack too small. */
  readonly tree: CstNode | null;
  /** In the order in which the parser met them. */
  readonly failures: readonly Failure[];
}

const start = /(?<=^|[\n\r])(?:import|export|const|block|model|train|default)(?![A-Za-z0-9_])/g;

/** The offsets at which the chunks of a file begin; the first is 0 (comments, or text before the first declaration). */
export function splitDeclarations(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(start), (m) => m.index).filter((at) => at > 0)];
}

/** What a chunk may be: declarations, or the expression inside a string. */
export type Entry = "file" | "expression";

const cacheSize = 2048; // more than a file of 5,000 lines has: one that does not fit is parsed whole at each keystroke
const cachedText = 1 << 14;
const cache = new Map<string, Chunk>();

export function parseChunk(text: string, entry: Entry): Chunk {
  const key = `${entry} ${text}`;
  const known = cache.get(key);
  if (known) return known;
  const lexed = lex(text);
  const chunk: Chunk = { text, entry, lexed, ...recover(lexed.tokens, (tokens) => attempt(tokens, entry)) };
  if (text.length <= cachedText) {
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value!);
    cache.set(key, chunk);
  }
  return chunk;
}

/** Chevrotain's trees hold their children in hash tables, and are read again at each keystroke: plain objects are read a fifth faster. */
function settled(node: CstNode): CstNode {
  const children: Record<string, (CstNode | IToken)[]> = {};
  for (const name in node.children) children[name] = node.children[name]!.map((c) => ("children" in c ? settled(c) : c));
  return { name: node.name, children, location: node.location! };
}

let parser: RnParser | null = null; // analysing the grammar takes 30 ms: made once, when first needed

function attempt(tokens: readonly IToken[], entry: Entry): Attempt {
  parser ??= new RnParser();
  try {
    parser.input = tokens as IToken[]; // Chevrotain does not write to it
    const tree = parser[entry]() as CstNode | undefined;
    const failure = parser.errors[0] ? readFailure(parser.errors[0]) : null;
    return { tree: failure || !tree ? null : settled(tree), failure };
  } catch (e) {
    parser = null; // a parser that threw cannot be used again
    // a stack smaller than what the lexer's limits need; Chevrotain, which then loses count of its rules, throws other RangeErrors too
    if (e instanceof RangeError || isStackOverflow(e)) return { tree: null, failure: null };
    throw e;
  }
}
