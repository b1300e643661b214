// Diagnostics as text (goldens one reads) and for machines.
import { expect, test } from "vitest";
import { diagnostic, type Diagnostic } from "../../src/source/diagnostic.ts";
import { renderGithub, renderJson, renderSarif } from "../../src/source/render-json.ts";
import { renderText } from "../../src/source/render.ts";
import { span, type Source, type Span } from "../../src/source/text.ts";
import { timed } from "../harness/timed.ts";

function source(text: string, name = "cifar.rn"): Source {
  return { name, text };
}
function at(s: Source, needle: string, from = 0): Span {
  const start = s.text.indexOf(needle, from);
  expect(start, `"${needle}" in ${s.name}`).toBeGreaterThanOrEqual(0);
  return span(s, start, start + needle.length);
}

const program = source(`model m {
  input image: [3, 32, 32]
  conv(16, 3)
  skip { conv(32, 3, 2) -> bn }
}
`);
const clash: Diagnostic = diagnostic("RN301", at(program, "skip"), "skip cannot add [16, 32, 32] to [32, 16, 16]", {
  label: "the flow here is [16, 32, 32]",
  related: [{ span: at(program, "bn"), message: "this makes [32, 16, 16]" }],
  help: ["give the skip a shortcut that adapts: skip(project) { … }"],
});

test("two labels on one line: the last beside its mark, the other hanging", () => {
  expect(renderText(clash)).toBe(`\
error[RN301]: skip cannot add [16, 32, 32] to [32, 16, 16]
  ┌─ cifar.rn:4:3
4 │   skip { conv(32, 3, 2) -> bn }
  │   ^^^^                     -- this makes [32, 16, 16]
  │   │
  │   the flow here is [16, 32, 32]
  = help: give the skip a shortcut that adapts: skip(project) { … }
`);
});

test("labels on several lines and in several files", () => {
  const library = source("block basic(c) {\n  conv(c)\n}\n", "rn/resnet");
  const d = diagnostic("RN301", at(program, "conv(16, 3)"), "no", {
    label: "here",
    related: [{ span: at(program, "model m"), message: "in this model" }, { span: at(library, "basic"), message: "declared here" }, { span: at(program, "conv(32, 3, 2)"), message: "" }],
  });
  expect(renderText(d)).toBe(`\
error[RN301]: no
  ┌─ cifar.rn:3:3
1 │ model m {
  │ ------- in this model
  ·
3 │   conv(16, 3)
  │   ^^^^^^^^^^^ here
4 │   skip { conv(32, 3, 2) -> bn }
  │          --------------
  ┌─ rn/resnet:1:7
1 │ block basic(c) {
  │       ----- declared here
`);
});

test("three labels on one line hang in order, and an inner mark shows through an outer one", () => {
  const s = source("a -> bb -> ccc\n", "x.rn");
  const d = diagnostic("RN301", at(s, "bb"), "m", {
    label: "two",
    related: [{ span: at(s, "a "), message: "one" }, { span: span(s, 0, 14), message: "all" }],
  });
  expect(renderText(d)).toBe(`\
error[RN301]: m
  ┌─ x.rn:1:6
1 │ a -> bb -> ccc
  │ -----^^-------
  │ │    │
  │ │    two
  │ all
  │ one
`);
});

test("the gutter is as wide as the largest line number; an empty place still has a mark; the end of the file is a place", () => {
  const s = source("x\n".repeat(122) + "model", "x.rn");
  const d = diagnostic("RN101", span(s, s.text.length, s.text.length), "expected a name", { related: [{ span: span(s, 0, 1), message: "since here" }], severity: "warning" });
  expect(renderText(d)).toBe(`\
warning[RN101]: expected a name
    ┌─ x.rn:123:6
  1 │ x
    │ - since here
    ·
123 │ model
    │      ^
`);
});

test("tabs, wide characters, combining marks and emoji keep the marks under their text", () => {
  const s = source("\tlet 網路 = e\u0301🙂 -> dense(10)\n", "x.rn");
  const d = diagnostic("RN101", at(s, "dense(10)"), "m", { label: "here", related: [{ span: at(s, "網路"), message: "there" }] });
  expect(renderText(d)).toBe(`\
error[RN101]: m
  ┌─ x.rn:1:19
1 │     let 網路 = e\u0301🙂 -> dense(10)
  │         ----          ^^^^^^^^^ here
  │         │
  │         there
`);
});

test("a label over several lines marks the rest of its first line", () => {
  const s = source("skip {\n  bn\n}\n", "x.rn");
  expect(renderText(diagnostic("RN301", span(s, 0, 13), "m", { label: "this skip" }))).toBe(`\
error[RN301]: m
  ┌─ x.rn:1:1
1 │ skip {
  │ ^^^^^^ this skip
`);
});

test("without a place there is only the sentence and its help", () => {
  expect(renderText(diagnostic("RN101", null, "no export is called x", { help: ["there are a, b"] }))).toBe("error[RN101]: no export is called x\n  = help: there are a, b\n");
});

test("a very long line is clipped around its marks, quickly", () => {
  const long = source("a".repeat(100_000_000) + "BAD" + "b".repeat(1000) + "WORSE" + "c".repeat(1000), "x.rn");
  const { result: text, ms } = timed(() => renderText(diagnostic("RN101", at(long, "BAD"), "m", { label: "one", related: [{ span: at(long, "WORSE"), message: "two" }, { span: span(long, 5, 90_000_000), message: "three" }] })), 2_000);
  expect(ms).toBeLessThan(2_000);
  const lines = text.split("\n");
  expect(Math.max(...lines.map((l) => l.length))).toBeLessThanOrEqual(110);
  expect(lines.filter((l) => l.includes("│ …aaaaaaaaaaaaaaaaaaaaBADbbb"))).toHaveLength(1);
  expect(lines.filter((l) => l.includes("bbbWORSEccc"))).toHaveLength(1);
  const marked = lines.findIndex((l) => l.includes("BADbbb"));
  expect(lines[marked]!.indexOf("BAD")).toBe(lines[marked + 1]!.indexOf("^^^ one"));
});

test("escape sequences and direction overrides in a program reach no terminal", () => {
  const s = source("a\u001b[31m\u202e\u0007\u009b\ud800b\n", "x\u001b]0;.rn");
  const text = renderText(diagnostic("RN101", span(s, 0, 3), "bad \u001b[2J name\nnext", { label: "\u001b" }));
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ud800]/);
  expect(text).toContain("bad ␛[2J name␊next");
});

test("paint is told the role of each piece", () => {
  const text = renderText(clash, { paint: (role, s) => `<${role}>${s}</${role}>` });
  expect(text).toContain("<error>error[RN301]</error><bold>: skip cannot add");
  expect(text).toContain("<error>^^^^</error>");
  expect(text).toContain("<related>--</related> <related>this makes [32, 16, 16]</related>");
  expect(text).toContain("<help>help</help>: give");
});

test("json", () => {
  const value = JSON.parse(renderJson([clash], { file: (s) => `examples/${s.name}` }));
  expect(value.diagnostics).toHaveLength(1);
  expect(value.diagnostics[0]).toMatchObject({
    code: "RN301", severity: "error", message: "skip cannot add [16, 32, 32] to [32, 16, 16]", label: "the flow here is [16, 32, 32]",
    at: { file: "examples/cifar.rn", line: 4, column: 3, endLine: 4, endColumn: 7 },
    related: [{ line: 4, column: 28, message: "this makes [32, 16, 16]" }],
    help: [{ message: "give the skip a shortcut that adapts: skip(project) { … }", edits: [] }],
  });
});

test("sarif", () => {
  const fix = diagnostic("RN101", at(program, "conv(16, 3)"), "m", { severity: "warning", help: [{ message: "write it so", edits: [{ span: at(program, "16"), text: "17" }] }] });
  const log = JSON.parse(renderSarif([clash, fix], { version: "1.2.3", file: (s) => `a b/${s.name}` }));
  expect(log.version).toBe("2.1.0");
  const run = log.runs[0];
  expect(run.tool.driver.version).toBe("1.2.3");
  expect(run.tool.driver.rules.map((r: { id: string }) => r.id)).toEqual(["RN101", "RN301"]);
  expect(run.results[0]).toMatchObject({ ruleId: "RN301", ruleIndex: 1, level: "error", locations: [{ physicalLocation: { artifactLocation: { uri: "a%20b/cifar.rn" }, region: { startLine: 4, startColumn: 3, endLine: 4, endColumn: 7 } } }] });
  expect(run.results[1].fixes[0].artifactChanges[0].replacements[0]).toEqual({ deletedRegion: { startLine: 3, startColumn: 8, endLine: 3, endColumn: 10 }, insertedContent: { text: "17" } });
});

test("github", () => {
  expect(renderGithub([clash], { file: () => "a,b:c.rn" })).toBe("::error file=a%2Cb%3Ac.rn,line=4,col=3,endLine=4,endColumn=7,title=RN301::skip cannot add [16, 32, 32] to [32, 16, 16]%0Athe flow here is [16, 32, 32]%0Ahelp: give the skip a shortcut that adapts: skip(project) { … }\n");
});
