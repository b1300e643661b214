// Every code's example is a program that raises exactly this code: `rnc explain` shows what it says.
import { expect, test } from "vitest";
import { codes, type CodeInfo } from "../../src/source/codes.ts";
import { renderText } from "../../src/source/render.ts";
import { lower } from "./program.ts";

const all: readonly (readonly [string, CodeInfo])[] = Object.entries(codes);
const examples = all.flatMap(([code, info]) => (info.example === undefined ? [] : [[code, info.example] as const]));

test.each(examples)("%s", (code, example) => {
  const { diagnostics } = lower(example);
  expect(diagnostics.map((d) => d.code), diagnostics.map((d) => renderText(d)).join("\n")).toEqual([code]);
});

test("nearly every code has an example", () => {
  expect(examples.length).toBeGreaterThan(45);
  expect(all.filter(([, info]) => info.example === undefined).map(([code]) => code)).toEqual(["RN205", "RN503", "RN504", "RN505", "RN506", "RN507", "RN508", "RN601", "RN602", "RN604", "RN707", "RN708", "RN801"]);
});

test("a page says what the rule is and how to mend it", () => {
  for (const [code, info] of all) expect(info.text.length, code).toBeGreaterThan(40);
});
