// Whatever is typed into the examples: every feature lives, what it says points into the text, one deleted token gives at most three
// diagnostics, and what a keystroke takes stays below a frame (measured in the full tier alone; see cpu-time.ts).
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
import { CpuTimes } from "./cpu-time.ts";
import { examples } from "../language/support.ts";

const load: Load = (path) => {
  const found = examples.find((e) => e.name.endsWith(path.replace("./", "/")));
  return found ? { source: { name: path, text: found.text } } : { problem: `there is no file "${path}"` };
};
const analyse = (text: string): Analysis => new Analysis({ name: "test.rn", text }, load);
const keystrokes = new CpuTimes(analyse("const unlike = 0\n"));

/** What an editor asks after each keystroke: the number of diagnostics. */
function keystroke(text: string): number {
  const [found, shown] = keystrokes.measure(() => {
    const analysis = analyse(text);
    return [diagnostics(analysis), hints(analysis)] as const;
  });
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

test("a keystroke takes less than a frame", () => {
  expect(keystrokes.count).toBeGreaterThan(500);
  const { p99, max } = keystrokes.report("keystrokes in files of up to 200 lines");
  if (full) expect([p99, max].map((t, i) => t < [10, 50][i]!)).toEqual([true, true]);
});

/** Blocks and models that use them, of about that many lines. */
function long(lines: number): string {
  const parts: string[] = ["default conv(bias = false)\n"];
  for (let i = 0; i < lines / 20; i++) {
    parts.push(`/// The block number ${i}.\nblock unit${i}(c, stride = 1) {\n  skip(conv(c, 1, stride)) {\n    conv(c, 3, stride) -> bn -> relu\n    conv(c, 3) -> bn\n  }\n  relu\n}\n`);
    parts.push(`model net${i}(depth = ${(i % 4) + 1}) {\n  input x: [3, 32, 32]\n  conv(16, 3) -> bn -> relu\n  for c, k in [16, 32] {\n    unit${i}(c, k + 1) -> unit${i >> 1}(c) * depth\n  }\n  gap\n  dense(10)\n  output y: [10]\n}\n`);
    if (i % 10 === 0) parts.push(`export export${i} = net${i}(depth = 3)\n`);
  }
  return parts.join("\n");
}

test("a file of 5,000 lines", () => {
  const text = long(5000);
  expect(text.split("\n").length).toBeGreaterThan(4900);
  expect(keystroke(text)).toBe(0);
  const times = new CpuTimes(analyse("const unlike = 0\n"));
  const tokens = pieces(text);
  const edits = count(3, 300);
  for (let k = 0; k < edits; k++) {
    const { start, end } = tokens[Math.floor(((k + 0.5) / edits) * tokens.length)]!;
    const without = text.slice(0, start) + text.slice(end);
    times.measure(() => {
      const analysis = analyse(without);
      return [diagnostics(analysis), hints(analysis, start, start + 5000)];
    });
  }
  const { p99 } = times.report("keystrokes in a file of 5,000 lines");
  if (full) expect(p99).toBeLessThan(100);
});
