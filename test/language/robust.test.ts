// Whatever is typed: never a throw, never a flood of messages, never slow, and the next text unaffected.
import { describe, expect, test } from "vitest";
import { lex, maxText } from "../../grammar/lex.ts";
import { format } from "../../src/language/format.ts";
import { parse, parseExpression } from "../../src/language/parse.ts";
import type { Diagnostic } from "../../src/source/diagnostic.ts";
import { count } from "../harness/tier.ts";
import { below, random } from "../harness/random.ts";
import { timed } from "../harness/timed.ts";
import { examples, source } from "./support.ts";

/** The text parsed, and laid out; the messages come out. */
function survive(text: string): readonly Diagnostic[] {
  const { diagnostics, file, recovered } = parse(source(text));
  const all = new Set(recovered.declarations);
  expect(file.declarations.every((d) => all.has(d))).toBe(true);
  if (diagnostics.length === 0) expect(format(source(format(source(text))!))).toBe(format(source(text)));
  for (const d of diagnostics) {
    expect(d.message).not.toMatch(/undefined|\[object|NaN/);
    expect(d.primary!.span.start).toBeLessThanOrEqual(d.primary!.span.end);
    expect(d.primary!.span.end).toBeLessThanOrEqual(text.length);
  }
  return diagnostics;
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

const pieces = (text: string): Piece[] => lex(text).tokens.filter((t) => t.tokenType.name !== "Newline").map((t) => ({ start: t.startOffset, end: t.startOffset + t.image.length }));

describe.each(examples)("$name", ({ text }) => {
  const tokens = pieces(text);
  const at = (i: number): string => text.slice(tokens[i]!.start, tokens[i]!.end);

  test("every prefix", () => {
    for (let i = 0; i <= text.length; i += count(7, 1)) survive(text.slice(0, i));
  });

  test("one token less gives at most three messages", () => {
    const floods: string[] = [];
    for (const [i, t] of tokens.entries()) {
      const found = survive(text.slice(0, t.start) + text.slice(t.end));
      if (found.length > 3) floods.push(`${at(i)} at ${t.start}: ${found.map((d) => d.message).join("; ")}`);
    }
    expect(floods).toEqual([]);
  });

  test("one token twice", () => {
    for (const [i, t] of tokens.entries()) if (i % count(3, 1) === 0) survive(`${text.slice(0, t.end)} ${at(i)}${text.slice(t.end)}`);
  });

  test("two tokens swapped", () => {
    for (let i = 0; i + 1 < tokens.length; i += count(3, 1)) {
      const [a, b] = [tokens[i]!, tokens[i + 1]!];
      survive(text.slice(0, a.start) + at(i + 1) + text.slice(a.end, b.start) + at(i) + text.slice(b.end));
    }
  });
});

test("pieces of programs in any order", () => {
  const next = random(11);
  const vocabulary = [...new Set(examples.flatMap(({ text }) => pieces(text).map((t) => text.slice(t.start, t.end))))].concat("\n", "\n", "\n", "{", "}", "(", ")", "// c\n", '"', '"{', "→", "é", "\\");
  for (let k = 0; k < count(1000, 50_000); k++) {
    survive(Array.from({ length: 1 + below(next, 40) }, () => vocabulary[below(next, vocabulary.length)]!).join(next() < 0.5 ? " " : "\n"));
  }
});

test("a mistake in one declaration leaves the others as they were", () => {
  const text = examples.find((e) => e.name.endsWith("cifar.rn"))!.text;
  const whole = parse(source(text)).file.declarations;
  for (const t of pieces(text).slice(20, 60)) {
    const { file, diagnostics } = parse(source(`${text.slice(0, t.start)}${" ".repeat(t.end - t.start)}${text.slice(t.end)}`));
    if (diagnostics.length === 0) continue;
    const kinds = file.declarations.map((d) => JSON.stringify([d.kind, d.span.start]));
    const missing = whole.filter((d) => !kinds.includes(JSON.stringify([d.kind, d.span.start])));
    expect(missing.length).toBeLessThanOrEqual(2); // without its keyword a declaration is part of the one before
    expect(file.broken).toHaveLength(1);
  }
});

test("a statement being typed keeps what is there of it, and its neighbours", () => {
  const { recovered } = parse(source("block b {\n  bn\n  conv(16, 3) -> relu -> \n  tanh\n  add(x, \n  gap\n}"));
  const block = recovered.declarations[0]!;
  const steps = block.kind === "block" ? block.body.statements.map((s) => (s.kind === "flow" ? s.steps.map((p) => (p.what.kind === "call" ? p.what.name[0]!.text : "?")) : [])) : [];
  expect(steps).toEqual([["bn"], ["conv", "relu", "tanh"], ["add"], ["gap"]]);
});

// ── bombs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const inBlock = (statement: string): string => `block b {\n${statement}\n}`;
const many = (text: string, n: number): string => text.repeat(n);

describe("a clear message in under a second", () => {
  test.each<[string, string, string]>([
    ["10,000 parentheses", inBlock(`conv(${many("(", 10_000)}1${many(")", 10_000)})`), "RN601"],
    ["10,000 open parentheses", inBlock(many("(", 10_000)), "RN601"],
    ["10,000 braces", inBlock(many("{", 10_000) + many("}", 10_000)), "RN601"],
    ["10,000 lists", `const a = ${many("[", 10_000)}${many("]", 10_000)}`, "RN601"],
    ["200 ** in a row", `const a = 1${many(" ** 2", 300)}`, "RN601"],
    ["a sum of 100,000 terms", `const a = 1${many(" + 1", 100_000)}`, "RN601"],
    ["100,000 signs", `const a = ${many("-", 100_000)}1`, "RN601"],
    ["50,000 ?:", `const a = ${many("a ? b : ", 50_000)}c`, "RN601"],
    ["20,000 else if", inBlock(`if a { bn }${many(" else if a { bn }", 20_000)}`), "RN601"],
    ["50,000 members", `const a = in${many(".x", 50_000)}`, "RN601"],
    ["50,000 indexes", `const a = v${many("[0]", 50_000)}`, "RN601"],
    ["50,000 calls of calls", `const a = f${many("()", 50_000)}`, "RN601"],
    ["nothing but closing brackets", many("}", maxText), "RN104"],
    ["brackets of another kind", inBlock(many("(]", 60) + many("{)", 60)), "RN101"],
    ["a line of 100 MB", `model m { input x: [${many("1", 100_000_000)}] }`, "RN602"],
    ["100 MB of brackets", many("(", 100_000_000), "RN602"],
  ])("%s", (_, text, code) => {
    const { result, ms } = timed(() => parse(source(text)));
    expect(ms).toBeLessThan(1000);
    const { diagnostics } = result;
    expect(diagnostics.map((d) => d.code)).toContain(code);
    expect(diagnostics.length).toBeLessThanOrEqual(3);
    expect(parse(examples[0]!).diagnostics).toEqual([]);
  });

  test("what is just within the limits is understood", () => {
    expect(parse(source(`const a = ${many("(", 127)}1${many(")", 127)}`)).diagnostics).toEqual([]);
    expect(parse(source(`const a = 1${many(" + 1", 250)}`)).diagnostics).toEqual([]);
    expect(parse(source(`const a = ${many("a ? b : ", 120)}c`)).diagnostics).toEqual([]);
    expect(parse(source(inBlock(`${many("{", 126)} bn ${many("}", 126)}`))).diagnostics).toEqual([]);
    expect(parse(source(inBlock(`bn${many(" -> bn", 10_000)}`))).diagnostics).toEqual([]);
    expect(parse(source(inBlock(many("conv(16, 3) -> bn\n", 10_000)))).diagnostics).toEqual([]);
  });
});

describe("garbage for the editor, in bounded time", () => {
  test.each<[string, string]>([
    ["a hundred thousand stray steps", inBlock(many("conv( ) ) bn\n", 20_000))],
    ["a wrong statement on every line", inBlock(many("conv(16 3) = bn\n", 10_000))],
    ["half a megabyte of operators", many("+ -> * ", 70_000)],
    ["a string that never ends", `const a = "${many("{", 100_000)}`],
    ["nothing but newlines", many("\n", 500_000)],
    ["nothing but keywords", many("model\n", 20_000)],
    ["a thousand forgotten parentheses", inBlock(many("conv(16\n", 1_000))],
  ])("%s", (_, text) => {
    expect(timed(() => parse(source(text)), 3000).ms).toBeLessThan(3000);
  });
});

test("an expression alone", () => {
  expect(parseExpression(source("1 +")).diagnostics).toHaveLength(1);
  expect(parseExpression(source("")).diagnostics).toHaveLength(1);
  expect(parseExpression(source("1 2")).diagnostics).toHaveLength(1);
  expect(parseExpression(source(")")).diagnostics.length).toBeGreaterThan(0);
});
