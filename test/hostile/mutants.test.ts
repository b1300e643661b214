// Examples with a number, a word or a line changed, through the whole product: a message or a module, never a throw, and what comes out
// is a module indeed.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile, renderText } from "../../src/index.ts";
import { Dice } from "../harness/generate-growth.ts";
import { importText } from "../harness/module.ts";
import { count } from "../harness/tier.ts";

const examples = ["mlp", "cifar", "unet", "densenet", "preact"].map((name) => readFileSync(new URL(`../../examples/${name}.rn`, import.meta.url), "utf8"));

/** Small enough that compiling takes milliseconds. */
function reduced(text: string): string {
  return text.replace(/n = 111|n = 18\b|n = 9\b/g, "n = 1").replace(/256/g, "16").replace(/\* 12\b/g, "* 2");
}

function mutant(seed: number): string {
  const dice = new Dice(seed);
  const text = reduced(dice.pick(examples));
  const numbers = [...text.matchAll(/\b\d+\b/g)];
  const words = [...text.matchAll(/\b[a-z]\w*\b/g)];
  const lines = text.split("\n");
  return dice.pick([
    () => replaced(text, dice.pick(numbers), String(dice.pick([0, 1, 2, 3, 5, 7, 8, 31, 100]))),
    () => replaced(text, dice.pick(numbers), dice.pick(["-1", "1.5", "[3, 1]", "[1, 2]", '"a"', "true", "relu", "in.c", "1e9"])),
    () => replaced(text, dice.pick(words), dice.pick(words)[0]),
    () => lines.toSpliced(dice.int(0, lines.length - 1), 1).join("\n"),
    () => lines.toSpliced(dice.int(0, lines.length - 1), 0, dice.pick(lines)).join("\n"),
  ])();
}

function replaced(text: string, what: RegExpMatchArray, by: string): string {
  return text.slice(0, what.index) + by + text.slice(what.index! + what[0].length);
}

test("mutants of the examples compile to modules, or it is said why not", async () => {
  const found = { modules: 0, messages: 0 };
  for (let seed = 0; seed < count(90, 3_000); seed++) {
    const text = mutant(seed);
    const { modules, diagnostics } = compile(text, { js: true, name: "mutant.rn" });
    if (modules.length === 0) {
      expect(diagnostics.filter((d) => d.severity === "error").length, text).toBeGreaterThan(0);
      for (const d of diagnostics) expect(renderText(d)).not.toMatch(/undefined|\[object|NaN/);
      found.messages++;
      continue;
    }
    const { name, files, summary } = modules[seed % modules.length]!;
    const module = await importText(files[0]!.text);
    expect(module.info, text).toMatchObject({ name, parameters: summary.parameters, macs: summary.macs });
    expect(Number.isSafeInteger(module.bytes(1)) && module.bytes(2) >= module.bytes(1)).toBe(true);
    found.modules++;
  }
  expect(found.modules).toBeGreaterThan(count(18, 600));
  expect(found.messages).toBeGreaterThan(count(18, 600));
});
