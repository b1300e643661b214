// What people read when a program is wrong. The goldens are test/golden/syntax/*.txt; each page of codes.ts shows its own code.
import { describe, expect, test } from "vitest";
import { parse } from "../../src/language/parse.ts";
import { codes, type CodeInfo } from "../../src/source/codes.ts";
import type { Diagnostic } from "../../src/source/diagnostic.ts";
import { describeDiagnostic, messages, resolved, source } from "./support.ts";

const inModel = (statements: string): string => `model m {\n  input x: [3, 8, 8]\n${statements}\n}`;

const programs: readonly (readonly [name: string, text: string])[] = [
  ["two steps on a line", inModel("  conv(16, 3) relu")],
  ["two statements on a line", inModel("  conv(16) if a { bn }")],
  ["shortcut with its brace below", inModel("  skip(pad)\n  { conv(3) }")],
  ["cat with its brace below", inModel("  cat\n  { id | bn }")],
  ["skip without braces", inModel("  skip -> relu")],
  ["block with its brace below", "block b(c)\n{\n  bn\n}"],
  ["for with its brace below", inModel("  for i in 0..3\n  {\n    bn\n  }")],
  ["unclosed parenthesis", inModel("  conv(16, 3\n  relu")],
  ["unclosed brace", "block a {\n  skip {\n    bn\n  relu\n}\nblock b { bn }"],
  ["unclosed brace at the end", "block a {\n  skip { bn }\n"],
  ["a brace too many", "block a {\n  bn\n}\n}\nblock b { bn }"],
  ["a bracket of another kind", inModel("  conv(16, 3]")],
  ["unclosed string", inModel('  "layer: conv(3)')],
  ["unclosed path", 'import { basic } from "rn/resnet\nblock b { basic(3) }'],
  ["unclosed interpolation", inModel('  "layer{i": conv(3)')],
  ["empty interpolation", inModel('  "layer{}": conv(3)')],
  ["half an interpolation", inModel('  "layer{i +}": conv(3)')],
  ["unknown escape", inModel('  "a\\q": conv(3)')],
  ["arrow of another font", inModel("  conv(3) → relu")],
  ["semicolon", inModel("  conv(3);")],
  ["a comment of another language", inModel("  # conv(3)")],
  ["quotes of another language", inModel("  'a': conv(3)")],
  ["quotes of another language in an argument", inModel("  conv(8, 3, pad = 'same')")],
  ["quotes of another language around what means nothing", inModel("  'a → b': conv(3)")],
  ["a quote alone", inModel("  conv(3) // isn't\n  isn't")],
  ["a number behind a step", inModel("  conv 8")],
  ["a number behind a step in a chain", inModel("  relu -> conv 8, 3 -> bn")],
  ["assignment of another language", inModel("  y = conv(8)")],
  ["assignment of a chain", inModel("  y = conv(8) -> bn\n  add(y)")],
  ["input without colon", "model m {\n  input x [3, 8, 8]\n}"],
  ["input without shape", "model m {\n  input x:\n  bn\n}"],
  ["keyword as a name", "block model { bn }"],
  ["keyword as a label", inModel("  for: conv(3)")],
  ["keyword as a label further on", inModel("  bn -> if: conv(3)")],
  ["argument without a value", inModel("  conv(16, bias = )")],
  ["a comma too many", inModel("  conv(16,, 3)")],
  ["arguments without a comma", inModel("  conv(16 3)")],
  ["arrow to nothing", inModel("  conv(3) ->")],
  ["operator without an operand", inModel("  conv(3 *)")],
  ["misspelt declaration", "modle m {\n  input x: [4]\n}"],
  ["a step at the margin", "conv(3) -> bn"],
  ["for without in", inModel("  for i 0..3 { bn }")],
  ["branches outside a merge", inModel("  skip { bn | id }\n  { a | b }")],
  ["chained comparison", inModel("  if 0 < x.c < 4 { bn }")],
  ["import without braces", 'import basic from "rn/resnet"'],
  ["import without a file", "import { basic }"],
  ["train without equals", "train m {\n  steps 10\n}"],
  ["number too large", "const n = 99_999_999_999_999_999"],
  ["index with a blank", inModel("  enc [0] -> bn")],
  ["three mistakes", inModel("  conv(16 3)\n  relu\n  dense(,)\n  bn ->\n  if { bn }")],
];

test.each(programs)("%s", async (name, text) => {
  const shown = messages(text);
  expect(shown.length).toBeGreaterThan(0);
  const numbered = text.split("\n").map((line, i) => `${String(i + 1).padStart(3)} │ ${line}`);
  await expect(`${[...numbered, "", ...shown].join("\n")}\n`).toMatchFileSnapshot(`../golden/syntax/${name.replaceAll(" ", "-")}.txt`);
});

/** The text after the first edit that is offered for each mistake. */
function mend(text: string, diagnostics: readonly Diagnostic[]): string {
  const edits = diagnostics.flatMap((d) => d.help.find((h) => h.edits.length > 0)?.edits ?? []);
  return [...edits].sort((a, b) => b.span.start - a.span.start).reduce((t, e) => t.slice(0, e.span.start) + e.text + t.slice(e.span.end), text);
}

test.each([
  "two steps on a line", "two statements on a line", "shortcut with its brace below", "cat with its brace below", "block with its brace below",
  "for with its brace below", "unclosed path", "unclosed interpolation", "arrow of another font", "semicolon", "input without colon",
  "misspelt declaration", "for without in", "keyword as a label", "keyword as a label further on", "arguments without a comma", "train without equals",
  "quotes of another language", "a number behind a step", "a number behind a step in a chain", "assignment of another language", "assignment of a chain",
])("the edit offered for %s mends it", (name) => {
  const text = programs.find((p) => p[0] === name)![1];
  const { diagnostics } = parse(source(text));
  expect(messages(mend(text, diagnostics))).toEqual([]);
});

describe("every page of a syntax or name code shows that code and nothing else", () => {
  const pages = Object.entries<CodeInfo>(codes).filter(([code, page]) => /^RN(1|20)/.test(code) && page.example !== undefined);
  test.each(pages)("%s", (code, page) => {
    expect(resolved(page.example!).map((d) => d.code)).toEqual([code]);
  });
  test("and there are pages", () => {
    expect(pages.length).toBeGreaterThanOrEqual(18);
    for (const page of Object.values<CodeInfo>(codes)) expect(page.title.length > 3 && page.text.length > 40, page.title).toBe(true);
  });
});

test("describing a diagnostic names its place", () => {
  expect(parse(source("const a = ")).diagnostics.map(describeDiagnostic)[0]).toMatch(/^RN101 1:/);
});
