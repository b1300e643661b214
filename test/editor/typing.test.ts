// Whatever is typed into the examples: every feature lives, what it says points into the text, one deleted token gives at most three
// diagnostics, and the next document is as in a fresh process. Times are measured in the full tier.
import { describe, expect, test } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { Analysis } from "../../src/editor/analysis.ts";
import { completions } from "../../src/editor/completion.ts";
import { diagnostics } from "../../src/editor/diagnostics.ts";
import { quickFixes } from "../../src/editor/fixes.ts";
import { folds, selections } from "../../src/editor/folding.ts";
import { highlights } from "../../src/editor/highlighting.ts";
import { hints } from "../../src/editor/hints.ts";
import { hover } from "../../src/editor/hover.ts";
import { definition, references } from "../../src/editor/navigation.ts";
import { signature } from "../../src/editor/signature.ts";
import { symbols } from "../../src/editor/symbols.ts";
import type { Load } from "../../src/language/resolve.ts";
import { count, full } from "../harness/tier.ts";
import { examples } from "../language/support.ts";

const load: Load = (path) => {
  const found = examples.find((e) => e.name.endsWith(path.replace("./", "/")));
  return found ? { source: { name: path, text: found.text } } : { problem: `there is no file "${path}"` };
};
const analyse = (text: string): Analysis => new Analysis({ name: "test.rn", text }, load);
const keystrokes: number[] = [];

/** What an editor asks after each keystroke: the number of diagnostics. */
function keystroke(text: string): number {
  const begin = performance.now();
  const analysis = analyse(text);
  const found = diagnostics(analysis);
  const shown = hints(analysis);
  keystrokes.push(performance.now() - begin);
  for (const { span } of found) expect(span.start <= span.end && span.end <= text.length).toBe(true);
  for (const { offset } of shown) expect(offset).toBeLessThanOrEqual(text.length);
  return found.length;
}

/** What it asks at a place. */
function askAll(text: string, at: number): void {
  const analysis = analyse(text);
  for (const { span } of completions(analysis, at)) expect(span.end).toBe(at);
  for (const f of [hover, definition, references, signature, selections]) f(analysis, at);
  quickFixes(analysis, at, at);
  for (const f of [folds, symbols, highlights]) f(analysis);
}

interface Piece { readonly start: number; readonly end: number }
const pieces = (text: string): Piece[] => lex(text).tokens.filter((t) => t.tokenType.name !== "Newline").map((t) => ({ start: t.startOffset, end: t.startOffset + t.image.length }));
const every = (small: number): number => count(small, 1);

describe.each(examples)("$name", ({ text }) => {
  const tokens = pieces(text);
  const word = (i: number): string => text.slice(tokens[i]!.start, tokens[i]!.end);

  test("every prefix", () => {
    for (let i = 0; i <= text.length; i += every(23)) {
      keystroke(text.slice(0, i));
      if (i % every(4) === 0) askAll(text.slice(0, i), i);
    }
  });

  test("one token less", () => {
    const floods: string[] = [];
    for (let i = 0; i < tokens.length; i += every(3)) {
      const { start, end } = tokens[i]!;
      const without = text.slice(0, start) + text.slice(end);
      if (keystroke(without) > 3) floods.push(`${word(i)} at ${start}`);
      if (i % every(4) === 0) askAll(without, start);
    }
    expect(floods).toEqual([]);
  });

  test("one token twice, two tokens swapped", () => {
    for (let i = 0; i + 1 < tokens.length; i += every(7)) {
      const [a, b] = [tokens[i]!, tokens[i + 1]!];
      keystroke(`${text.slice(0, a.end)} ${word(i)}${text.slice(a.end)}`);
      keystroke(text.slice(0, a.start) + word(i + 1) + text.slice(a.end, b.start) + word(i) + text.slice(b.end));
    }
  });
});

test("after all of that the examples are as they were", () => {
  for (const { text } of examples) expect(keystroke(text)).toBe(0);
});

test("a keystroke takes no time", () => {
  const sorted = keystrokes.toSorted((a, b) => a - b);
  const [p50, p99, max] = [0.5, 0.99, 1].map((q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!);
  if (full) console.log(`${sorted.length} keystrokes: p50 ${p50!.toFixed(2)} ms, p99 ${p99!.toFixed(2)} ms, max ${max!.toFixed(2)} ms`);
  expect(sorted.length).toBeGreaterThan(500);
  expect(p99).toBeLessThan(1000); // a machine that does other things too; figures are those of a quiet one
});
