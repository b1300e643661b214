// Names: what they mean, where they can be seen, which files bring them, what is said about those that mean nothing.
import { describe, expect, test } from "vitest";
import { exportsOf } from "../../src/language/program.ts";
import { spanText } from "../../src/source/text.ts";
import { describeDiagnostic, examples, program, resolved } from "./support.ts";

const said = (text: string, files: Readonly<Record<string, string>> = {}): string[] => resolved(text, files).map(describeDiagnostic);
const codesOf = (text: string, files: Readonly<Record<string, string>> = {}): string[] => resolved(text, files).map((d) => d.code);

/** `use at line:column → definition's text at line:column`, for one name. */
function uses(text: string, name: string): string[] {
  const lines = (offset: number): string => {
    const before = text.slice(0, offset).split("\n");
    return `${before.length}:${before.at(-1)!.length + 1}`;
  };
  return program(text).entry.references.filter((r) => spanText(r.use) === name).map((r) => `${lines(r.use.start)} ${r.meaning}${r.definition ? ` ${lines(r.definition.start)}` : ""}`);
}

const files = Object.fromEntries(examples.map(({ name, text }) => [name.replace("examples/", ""), text])); // one imports another

test.each(examples)("every name of $name means something", ({ text, name }) => {
  const { entry, diagnostics } = program(text, files);
  expect(diagnostics.map(describeDiagnostic)).toEqual([]);
  expect(entry.references.length, name).toBeGreaterThan(5);
  for (const r of entry.references) {
    expect(r.use.source).toBe(entry.source);
    if (r.definition) expect(spanText(r.definition).length).toBeGreaterThan(0);
  }
});

describe("meanings", () => {
  const text = `const n = 3
block b(c, via = none) {
  conv(c) as y
  add(y)
  b(c = n, via = project)
  for c, i in 0..c { dense(c + i) }
  skip(via) { in.x -> id }
}
block project(to) { conv(to.c) }
model m { input x: [n]
  b(2) -> x
  output z }
export e = m()
train e { loss = mse(z) }`;

  test.each([
    ["n", ["1:7 const 1:7", "5:9 const 1:7", "9:21 const 1:7"].map((s) => s.replace("9:21", "10:21"))],
    ["y", ["3:14 value 3:14", "4:7 value 3:14"]],
    ["b", ["2:7 block 2:7", "5:3 block 2:7", "11:3 block 2:7"]],
    ["c", ["2:9 parameter 2:9", "3:8 parameter 2:9", "5:5 parameter 2:9", "6:7 variable 6:7", "6:18 parameter 2:9", "6:28 variable 6:7"]],
    ["project", ["5:18 block 9:7", "9:7 block 9:7"]],
    ["via", ["2:12 parameter 2:12", "5:12 parameter 2:12", "7:8 parameter 2:12"]],
    ["in", ["7:15 in"]],
    ["conv", ["3:3 layer", "9:21 layer"]],
    ["skip", ["7:3 merge"]],
    ["none", ["2:18 word"]],
    ["m", ["10:7 model 10:7", "13:12 model 10:7"]],
    ["e", ["13:8 export 13:8", "14:7 export 13:8"]],
    ["z", ["14:22 output 12:10"]],
  ])("%s", (name, expected) => {
    expect(uses(text, name)).toEqual(expected);
  });
});

describe("what can be seen", () => {
  test.each<[string, string, string[]]>([
    ["a plain value in a loop stays in it", "block b {\n  for i in 0..2 { bn as v }\n  add(v)\n}", ["RN201"]],
    ["a list is seen in the whole block", "block b {\n  for i in 0..2 { bn as v[i] }\n  add(v[0])\n}", []],
    ["a list of an inline block stays in it", "block b {\n  skip({ bn as v[0] }) { bn }\n  add(v[0])\n}", ["RN201"]],
    ["braces of a label, skip or merge are transparent", "block b {\n  a: { bn as v }\n  skip { bn as w }\n  cat { bn as p | id }\n  add(v) -> add(w) -> add(p)\n}", []],
    ["both sides of an if may name the same", "block b(c) {\n  if c { bn as v } else if !c { relu as v } else { id as v }\n  add(v)\n}", []],
    ["but not what is already named around them", "block b(c) {\n  bn as v\n  if c { bn as v }\n}", ["RN202"]],
    ["a list before its first element is named", "block b {\n  for i in 0..3 {\n    if i > 0 { add(e[i - 1]) }\n    dense(4) as e[i]\n  }\n}", []],
    ["a value before it is named", "block b {\n  add(v)\n  bn as v\n}", ["RN209"]],
    ["a value twice", "block b {\n  bn as v -> relu as v\n}", ["RN202"]],
    ["a value like a parameter", "block b(c) {\n  bn as c\n}", ["RN202"]],
    ["an inner loop may reuse a name", "block b {\n  for i in 0..2 { for i in 0..i { dense(i) } }\n}", []],
    ["parameters see those before them", "block b(c, d = 2 * c, e = f, f = 1) { dense(d) }", ["RN209"]],
    ["a block may have the name of a layer", "block relu { bn }\nblock b { relu }", []],
    ["none of the language's names", "const cat = 1\nblock b(len) { bn as id }", ["RN208", "RN208", "RN208"]],
    ["initialisations are words anywhere", "default conv(init = he)\nconst one = 1\nblock b { conv(one, init = xavier) }", []],
    ["a default of something that is no layer", "default conf(bias = false)", ["RN201"]],
    ["a train of a model without exports", "model m {\n  input x: [4]\n  output y\n}\ntrain m { loss = mse(y) }", []],
    ["two trains for one export", "model m { input x: [4] }\ntrain m { steps = 1 }\ntrain m { steps = 2 }", ["RN207"]],
    ["two trains for all", "model m { input x: [4] }\ntrain { steps = 1 }\ntrain { steps = 2 }", ["RN207"]],
    ["the same export twice", "model m { input x: [4] }\nexport a = m\nexport a = m", ["RN202"]],
    ["models that differ in case, exported without being asked", "model m { input x: [4] }\nmodel M { input x: [4] }", ["RN206"]],
  ])("%s", (_, text, expected) => {
    expect(codesOf(text)).toEqual(expected);
  });
});

describe("suggestions", () => {
  test("the nearest name that fits", () => {
    expect(said("block b(stride) {\n  conv(strid)\n  rleu\n}")).toEqual([
      'RN201 2:8 there is no `strid` here\n      help: did you mean `stride`? ["strid" → "stride"]',
      'RN201 3:3 there is no `rleu` here\n      help: did you mean `relu`? ["rleu" → "relu"]',
    ]);
    expect(said("block b { whatever }")).toEqual(["RN201 1:11 there is no `whatever` here"]);
  });

  test("an import from the standard library, where there is one already or not", () => {
    expect(said("block b { basic(3) }")[0]).toContain('help: import { basic } from "rn/resnet" ["" → "import { basic } from \\"rn/resnet\\"\\n\\n"]');
    expect(said('import { bottleneck } from "rn/resnet"\nblock b { basic(3) }')[0]).toContain('["" → ", basic"]');
    expect(said('import * as r from "other"\nblock b { basic(3) }', { other: "const n = 1" })[0]).toContain('["" → "\\nimport { basic } from \\"rn/resnet\\""]');
  });

  test("an unknown name is reported once, wherever else it is used", () => {
    const [only, ...more] = resolved("block b { wat(1) -> wat(2) }\nblock c { wat(3) }");
    expect(more).toEqual([]);
    expect(only!.related.map((r) => r.message)).toEqual(["and here", "and here"]);
  });
});

// ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────────

describe("imports", () => {
  test("bring declarations with their home", () => {
    const p = program('import { basic as residual, project } from "rn/resnet"\nimport * as r from "rn/resnet"\nblock b { residual(3) -> r.bottleneck(2) -> project(in.shape) }');
    expect(p.diagnostics).toEqual([]);
    expect(p.modules.map((m) => m.source.name)).toEqual(["rn/resnet", "test.rn"]);
    const residual = p.entry.names.get("residual")!;
    expect(residual.kind === "block" && [residual.module.source.name, residual.declaration.name.text]).toEqual(["rn/resnet", "basic"]);
    const use = p.entry.references.find((r) => spanText(r.use) === "bottleneck")!;
    expect([use.meaning, use.definition!.source.name, spanText(use.definition!)]).toEqual(["block", "rn/resnet", "bottleneck"]);
  });

  test("are loaded once, in the order of need, and mistakes in them are told", () => {
    const files = { a: 'import { x } from "c"\nblock a1 { dense(x) }', b: 'import { x } from "c"\nblock b1 { dens(x) }', c: "const x = 3" };
    const p = program('import { a1 } from "a"\nimport { b1 } from "b"\nblock m { a1 -> b1 }', files);
    expect(p.modules.map((m) => m.source.name)).toEqual(["c", "a", "b", "test.rn"]);
    expect(p.diagnostics.map((d) => [d.code, d.primary!.span.source.name])).toEqual([["RN201", "b"]]);
  });

  test.each<[string, string, Record<string, string>, string[]]>([
    ["a file that is not there", 'import { a } from "nowhere"\nblock b { a -> a.x }', {}, ["RN203"]],
    ["a name that is not there", 'import { basi } from "rn/resnet"\nblock b { basi(2) }', {}, ["RN204"]],
    ["a name that the file only imports", 'import { basic } from "a"', { a: 'import { basic } from "rn/resnet"' }, ["RN204"]],
    ["a member that is not there", 'import * as r from "rn/resnet"\nblock b { r.basi(2) }', {}, ["RN204"]],
    ["itself", 'import { b as c } from "test.rn"\nblock b { bn }', { "test.rn": "block b { bn }" }, ["RN205"]],
    ["a circle", 'import { a1 } from "a"\nblock b { a1 }', { a: 'import { b1 } from "b"\nblock a1 { b1 }', b: 'import { a1 } from "a"\nblock b1 { a1 }' }, ["RN205"]],
    ["the same name twice", 'import { basic } from "rn/resnet"\nblock basic { bn }', {}, ["RN202"]],
    ["a path that interpolates", 'import { a } from "x{1}"\nblock b { a }', {}, ["RN107"]],
    ["from a file with syntax errors", 'import { a } from "f"\nblock b { a(3) }', { f: "block a(c) {\n  dense(\n}" }, ["RN104"]],
  ])("%s", (_, text, files, expected) => {
    expect(codesOf(text, files)).toEqual(expected);
  });

  test("a chain of 3,000 files is no deeper than one", () => {
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, i === 2999 ? "const x = 1" : `import { x as y } from "f${i + 1}"\nconst x = y`]));
    const p = program('import { x } from "f0"\nconst y = x', files);
    expect(p.diagnostics).toEqual([]);
    expect(p.modules).toHaveLength(3001);
  });
});

describe("declarations with syntax errors", () => {
  const broken = "block wide(c) {\n  conv(c 3)\n  wat\n}\nmodel m {\n  input x: [3, 8, 8]\n  wide(2)\n}\nexport a = m";

  test.each([false, true])("are known by name, and nothing more is said (recovery: %s)", (recovery) => {
    const p = program(broken, {}, recovery);
    expect(p.diagnostics.map((d) => d.code)).toEqual(["RN101"]);
    expect(p.entry.names.get("wide")!.kind).toBe("missing");
    expect(p.entry.references.filter((r) => spanText(r.use) === "wide").at(-1)).toMatchObject({ meaning: "missing", definition: { start: 6 } });
  });

  test("one keyword or name less is one message, also for those who use it", () => {
    const text = examples.find((e) => e.name === "examples/cifar.rn")!.text;
    for (const lost of ["model ", "block ", "import "]) {
      if (!text.includes(lost)) continue;
      expect(program(text.replace(lost, ""), {}, true).diagnostics.length, lost).toBeLessThanOrEqual(3);
    }
    expect(program(text.replace("model resnet(", "model ("), {}, true).diagnostics.length).toBeLessThanOrEqual(3);
  });
});

test("every token less, in every example: at most three messages after resolving", () => {
  const floods: string[] = [];
  let checked = 0;
  for (const { text, name } of examples) {
    for (const word of text.matchAll(/\w+|->|[^\s\w]/g)) {
      if (/^\s*\/\//.test(text.slice(text.lastIndexOf("\n", word.index) + 1))) continue; // in a comment
      const found = program(text.slice(0, word.index) + text.slice(word.index + word[0].length), {}, true).diagnostics;
      checked++;
      if (found.length > 3) floods.push(`${name}:${word.index} without ${word[0]}: ${found.map((d) => d.message).join("; ")}`);
    }
  }
  expect(checked).toBeGreaterThan(1000);
  expect(floods).toEqual([]);
});

test("what a file makes modules of", () => {
  const names = (text: string): string[] => exportsOf(program(text).entry.file).map((e) => `${e.kind} ${e.name.text}`);
  expect(names("model a { input x: [1] }\nmodel b(n) { input x: [n] }\nmodel c(n = 1) { input x: [n] }")).toEqual(["model a", "model c"]);
  expect(names("model a { input x: [1] }\nexport e = a\nexport f = a()")).toEqual(["export e", "export f"]);
});
