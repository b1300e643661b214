// What `npm run gen` writes is what its sources say now; the grammar needs no more than its two tokens of lookahead.
import { expect, test } from "vitest";
import { RnParser } from "../../grammar/parser.ts";
import { generators, stale } from "../../src/gen.ts";
import { standardLibrary } from "../../src/std/embedded.ts";

test("no generated file is stale: run `npm run gen`", () => {
  expect(generators.length).toBeGreaterThan(3);
  expect(stale()).toEqual([]);
});

test("the parser has no ambiguous alternatives and no left recursion", () => {
  // The shipped parser skips Chevrotain's own validation, which takes longer than everything else at start-up.
  class Validated extends RnParser {
    override performSelfAnalysis(): void {
      (this as unknown as { skipValidations: boolean }).skipValidations = false;
      super.performSelfAnalysis();
    }
  }
  expect(() => new Validated()).not.toThrow();
});

test("the standard library is embedded whole", () => {
  expect(Object.keys(standardLibrary)).toContain("rn/resnet");
  expect(standardLibrary["rn/resnet"]).toContain("block bottleneck(");
});
