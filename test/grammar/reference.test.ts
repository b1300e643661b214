// The language reference: every example on it compiles as far as a graph, is laid out, or is the mistake that the page says.
import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Compilation } from "../../src/compiler/compilation.ts";
import { format } from "../../src/language/format.ts";
import { describeDiagnostic, source } from "../language/support.ts";
import { programs } from "./fences.ts";

const page = readFileSync(fileURLToPath(new URL("../../grammar/README.md", import.meta.url)), "utf8");
const found = programs(page);
const sound = found.filter((p) => p.kind !== "mistake");

test("the page has examples of every kind", () => {
  expect(sound.filter((p) => p.kind === "file").length).toBeGreaterThanOrEqual(14);
  expect(sound.filter((p) => p.kind === "fragment").length).toBeGreaterThanOrEqual(10);
  expect(found.length - sound.length).toBeGreaterThanOrEqual(6);
});

test.each(sound)("the example in line $line compiles and is laid out", ({ text }) => {
  const compilation = new Compilation(text);
  expect(compilation.diagnostics.map(describeDiagnostic)).toEqual([]);
  if (/^model /m.test(text)) expect(compilation.exports.length).toBeGreaterThan(0);
  for (const e of compilation.exports) expect(e.graph.outputs.length).toBeGreaterThan(0);
  expect(format(source(text))).toBe(text);
});

test.each(found.filter((p) => p.kind === "mistake"))("the example in line $line is the mistake $code", ({ text, code }) => {
  expect(new Compilation(text).diagnostics.map((d) => d.code)).toEqual([code]);
});

test("what the page says of the first example is so", () => {
  const [mlp] = new Compilation(sound[0]!.text).exports;
  const names = mlp!.graph.parameters.map((p) => p.attrs.name);
  expect(names.slice(0, 2)).toEqual(["0.0.weight", "0.0.bias"]);
  expect(mlp!.graph.parameters.reduce((sum, p) => sum + p.type.shape.reduce<number>((a, d) => a * (d as number), 1), 0)).toBe(17_290);
});

test("links inside the page lead somewhere", () => {
  const headings = new Set(Array.from(page.matchAll(/^#+ (.*)$/gm), (m) => m[1]!.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-")));
  for (const [, target] of page.matchAll(/\]\(#([^)]*)\)/g)) expect(headings, target).toContain(target);
});
