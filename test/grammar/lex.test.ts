// Tokens, brackets that are mended, and what the colours of editors are made of.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { lex } from "../../grammar/lex.ts";
import { RnParser } from "../../grammar/parser.ts";
import { tokens } from "../../grammar/tokens.ts";

const read = (text: string): string => lex(text).tokens.map((t) => (t.tokenType.name === "Newline" ? "⏎" : t.image || `+${t.tokenType.name}`)).join(" ");
const names = (text: string): string[] => lex(text).tokens.map((t) => t.tokenType.name);

test("words, symbols and numbers", () => {
  expect(names("importer import _a1 from")).toEqual(["Identifier", "Import", "Identifier", "From"]);
  expect(names("0..n 1. 1.5e-3 .5 1_000")).toEqual(["Number", "Range", "Identifier", "Number", "Number", "Number", "Number"]);
  expect(read("a->b- >c**d*e<=f<g==h=i||j|k")).toBe("a -> b - > c ** d * e <= f < g == h = i || j | k");
  expect(names('"a\\"b" "c')).toEqual(["String", "UnclosedString"]);
});

test("every token type that a rule needs is one that the lexer makes", () => {
  const used = JSON.stringify(new RnParser().getSerializedGastProductions());
  for (const t of tokens.filter((x) => !["Blank", "Comment", "UnclosedString"].includes(x.name) && !x.CATEGORIES?.some((c) => c.name === "Operator"))) {
    expect(used, t.name).toContain(`"name":"${t.name}"`);
  }
});

describe("brackets", () => {
  test.each([
    ["a ( b", "a ( b +RParen"],
    ["f(a\nb\n", "f ( a +RParen ⏎ b ⏎"],
    ["{ f(a }", "{ f ( a +RParen }"],
    ["{ a ) }", "{ a }"],
    ["f(a]", "f ( a +RParen"],
    ["f([a)", "f ( [ a +RSquare )"],
    ["f({ a\nb }\nc", "f ( { a ⏎ b } +RParen ⏎ c"],
    ["f({ a\nb", "f ( { a ⏎ b +RCurly +RParen"],
    ["x {\n  y {\n    z\n}\nb", "x { ⏎ y { ⏎ z ⏎ +RCurly } ⏎ b"],
  ])("%j", (text, mended) => {
    expect(read(text)).toBe(mended);
    expect(lex(text).mistakes.map((m) => m.kind)).toEqual(expect.arrayContaining([expect.stringContaining("bracket")]));
  });

  test("are balanced, whatever the text", () => {
    const kinds = "(){}[]\n a";
    for (let n = 0; n < 20_000; n++) {
      const text = Array.from({ length: 9 }, (_, k) => kinds[Math.floor(n * 7919 / 9 ** k) % 9]!).join("");
      const open: string[] = [];
      for (const t of lex(text).tokens) {
        if (/^L/.test(t.tokenType.name)) open.push(t.tokenType.name.slice(1));
        if (/^R(Paren|Square|Curly)/.test(t.tokenType.name)) expect(open.pop(), JSON.stringify(text)).toBe(t.tokenType.name.slice(1));
      }
      expect(open, JSON.stringify(text)).toEqual([]);
    }
  });
});

describe("the TextMate grammar", () => {
  interface Pattern { readonly name?: string; readonly match?: string; readonly begin?: string; readonly end?: string; readonly include?: string }
  const grammar = JSON.parse(readFileSync(fileURLToPath(new URL("../../grammar/rn.tmLanguage.json", import.meta.url)), "utf8")) as { readonly repository: { readonly all: { readonly patterns: readonly Pattern[] } } };
  const { patterns } = grammar.repository.all;
  /** The scope of the first pattern that matches at the start: what an editor does. */
  const scope = (text: string): string | undefined => patterns.find((p) => p.match !== undefined && new RegExp(`^(?:${p.match})`).test(text))?.name;

  test.each([
    ["// a", "comment.line.double-slash.rn"],
    ["/// a", "comment.line.documentation.rn"],
    ["skip {", "keyword.operator.merge.rn"],
    ["for i", "keyword.control.rn"],
    ["none)", "constant.language.rn"],
    ["ceil(x)", "support.function.builtin.rn"],
    ["conv(x)", "entity.name.function.call.rn"],
    ["-> x", "keyword.operator.flow.rn"],
    ["32_000", "constant.numeric.rn"],
    ["** 2", "keyword.operator.rn"],
    ["image", "variable.other.rn"],
    ["format", "variable.other.rn"],
  ])("%s", (text, expected) => {
    expect(scope(text)).toBe(expected);
  });
});
