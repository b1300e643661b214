// Every edit that a message offers mends what the message says and breaks nothing else: the quick fixes of an editor.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Compilation } from "../../src/compiler/compilation.ts";
import { codes, type CodeInfo } from "../../src/source/codes.ts";
import type { Diagnostic, Fix } from "../../src/source/diagnostic.ts";

const adapting = "block project(to) {\n  if in.shape != to { conv(to.c, 1, ceil(in.h / to.h)) }\n}\n";
const image = (body: string, before = ""): string => `${before}model m {\n  input x: [4, 8, 8]\n  ${body}\n  output y\n}\n`;

const programs: readonly (readonly [name: string, text: string, codes: string])[] = [
  ["a skip that needs a shortcut", image("skip { conv(8, 3, 2) }", adapting), "RN301"],
  ["… with empty parentheses", image("skip() { conv(8, 3, 2) }", adapting), "RN301"],
  ["… with a remark in them", image("skip( // none\n  ) { conv(8, 3, 2) }", adapting), "RN301"],
  ["… where a block wants more than `to`", image("skip { conv(8, 3, 2) }", `block q(c, to) {\n  conv(c)\n}\n${adapting}`), "RN301"],
  ["… where only such a block is there", image("skip { conv(8, 3, 2) }", "block q(c, to) {\n  conv(c)\n}\n"), "RN301"],
  ["… of vectors", "model m {\n  input x: [4]\n  skip { dense(5) }\n  output y\n}\n", "RN301"],
  ["… of vectors, with a shortcut for images in the file", `${adapting}model m {\n  input x: [4]\n  skip { dense(5) }\n  output y\n}\n`, "RN301"],
  ["… from an image to a vector", image("skip { gap -> dense(5) }"), "RN301"],
  ["… from a vector to an image", "model m {\n  input x: [4]\n  skip { reshape([4, 1, 1]) }\n  output y\n}\n", "RN301"],
  ["no output, on one line", "model m { input x: [4] }\n", "RN502"],
  ["no output, `}` behind a step", "model m {\n  input x: [4]\n  dense(2) }\n", "RN502"],
  ["no output", "model m {\n  input x: [4]\n  dense(2)\n}\n", "RN502"],
  ["neither input nor output", "model m {\n}\n", "RN502"],
  ["a default of the file's own block", image("basic(4)", "default basic(c = 3)\nblock basic(c) {\n  conv(c)\n}\n"), "RN212"],
  ["a block of the library", image("basic(4)"), "RN201"],
  ["`{` on the next line", image("skip(none)\n  { conv(4) }"), "RN106"],
  ["… behind a remark", image("skip(none) // why\n  { conv(4) }"), "RN106"],
  ["… and above one", image("cat // why\n\n  // and how\n  { id | conv(4) }"), "RN106"],
  ["a value in mid-chain", image("relu as h -> conv(4) -> h"), "RN213"],
  ["two steps on a line", image("relu tanh"), "RN105"],
  ["a step and a tap on a line", image("relu let a = x"), "RN105"],
  ["an index that does not touch", image("conv(4) as h [4, 8, 8]"), "RN105"],
  ["misspelt", image("conv(4, 3, strid = 2) -> rleu -> convv(4)"), "RN401 RN201 RN201"],
  ["PyTorch's names", image("Conv2d(4, 3) -> BatchNorm2d -> max_pool2d(2) -> AdaptiveAvgPool2d -> Linear(2)"), "RN201 RN201 RN201 RN201 RN201"],
  ["a misspelt key of train", `${image("gap -> dense(2)")}train {\n  loss = mse(y)\n  optimiser = sgd(0.1)\n}\n`, "RN701"],
];

const goldens = new URL("../golden/errors/", import.meta.url);
const others = readdirSync(goldens).flatMap((file) =>
  readFileSync(new URL(file, goldens), "utf8").split(/^### /m).slice(1).filter((c) => !/^.*\(-/.test(c)).map((c): [string, string] => [`${file}: ${c.split("\n", 1)[0]}`, c.slice(c.indexOf("\n") + 1).split(/^---\n/m)[0]!]));
// without those of syntax: they hide that their models have no output
const examples = Object.entries<CodeInfo>(codes).flatMap(([code, { example }]) => (example === undefined || code < "RN200" ? [] : [[code, `${example}\n`] as const]));

const told = (text: string): readonly Diagnostic[] => new Compilation(text).diagnostics;

function apply(text: string, { edits }: Fix): string {
  return [...edits].sort((a, b) => b.span.start - a.span.start).reduce((t, e) => t.slice(0, e.span.start) + e.text + t.slice(e.span.end), text);
}

/** What a message says, without where. */
function counted(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of diagnostics) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}

function outcome(text: string, before: readonly Diagnostic[], mended: Diagnostic, fix: Fix): string {
  const [was, now] = [counted(before), counted(told(apply(text, fix)))];
  const fresh = [...now].filter(([code, n]) => n > (was.get(code) ?? 0)).map(([code]) => code);
  if ((now.get(mended.code) ?? 0) >= was.get(mended.code)!) return `${mended.code} stays after "${fix.message}"`;
  return fresh.length > 0 ? `"${fix.message}" of ${mended.code} gives ${fresh.join()}` : "mended";
}

test.each([...programs.map(([name, text]) => [name, text] as const), ...others, ...examples])("%s", (_, text) => {
  const before = told(text);
  for (const d of before) {
    for (const fix of d.help.filter((h) => h.edits.length > 0)) expect(outcome(text, before, d, fix)).toBe("mended");
  }
});

test("there are many", () => {
  const fixes = [...programs, ...others, ...examples].flatMap(([, text]) => told(text).flatMap((d) => d.help.filter((h) => h.edits.length > 0)));
  expect(fixes.length).toBeGreaterThan(30);
});

test.each(programs)("%s: what is told", (_, text, expected) => {
  expect(told(text).map((d) => d.code).join(" ")).toBe(expected);
});

test("a skip of vectors is offered a dense layer, not the library's block for images", () => {
  const help = told("model m {\n  input x: [4]\n  skip { dense(5) }\n  output y\n}\n")[0]!.help;
  expect(help.map((h) => [h.message, h.edits.map((e) => e.text)])).toEqual([["give the skip a shortcut that adapts: skip(dense(5)) { … }", ["(dense(5))"]]]);
});

test("PyTorch's Sequential is told how steps are chained", () => {
  expect(told(image("Sequential(relu)"))[0]!.help).toEqual([{ message: "steps follow one another as they are written: a -> b -> c, or a line each", edits: [] }]);
});
