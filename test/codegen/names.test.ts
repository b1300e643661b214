// Names of a program in generated code: whatever they are, they stay one identifier, one literal, one comment.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { takenNames } from "../../src/codegen/module/taken.ts";
import { comment, ident, isIdent, jsKey, jsString, jsTemplate } from "../../src/codegen/names.ts";
import { Compilation, compile, type CompileOptions } from "../../src/index.ts";
import { importText } from "../harness/module.ts";
import type { TrainerModule } from "../harness/trainer.ts";

const evaluate = (expression: string): unknown => new Function(`"use strict"; return (${expression});`)();
const hostile = [
  "", "*/", "*/ alert(1) /*", "</script>", "<!--", "-->", '"', "'", "`", "${1}", "\\", "\\u0041", "\n", "\r", "\u2028", "\u2029", "\0", "__proto__", "constructor",
  "class", "await", "arguments", "eval", "undefined", "ünïcode", "名前", "😀", "\ud800", "a b", "1a", "«x»", "a.b", "//", "*\u2028/", "x".repeat(1000),
];

const anything = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary" }), fc.string(), fc.tuple(fc.constantFrom(...hostile), fc.string()).map(([a, b]) => a + b));

describe("names", () => {
  test("an identifier declares a variable and nothing else", () => {
    const check = (name: string): void => {
      const id = ident(name);
      expect(id).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
      expect(new Function(`"use strict"; const ${id} = 1; return ${id};`)()).toBe(1);
      expect(ident(id)).toBe(id);
    };
    hostile.forEach(check);
    fc.assert(fc.property(anything, check), { numRuns: 1000 });
  });

  test("a string literal is the string, in ASCII, and safe in a page", () => {
    const check = (name: string): void => {
      const literal = jsString(name);
      expect(evaluate(literal)).toBe(name);
      expect(literal).toMatch(/^"[\x20-\x7e]*"$/);
      expect(literal).not.toMatch(/[<>]/);
    };
    hostile.forEach(check);
    fc.assert(fc.property(anything, check), { numRuns: 1000 });
  });

  test("a template literal is its text with the values in it", () => {
    fc.assert(fc.property(anything, anything, (a, b) => evaluate(jsTemplate([a, b], ["1 + 1"])) === `${a}2${b}`), { numRuns: 500 });
  });

  test("a key makes a field of that name, __proto__ too", () => {
    fc.assert(
      fc.property(anything, (name) => {
        const made = evaluate(`{ ${jsKey(name)}: 1 }`) as object;
        expect(Object.keys(made)).toEqual([name]);
        expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
      }),
      { numRuns: 1000 },
    );
  });

  test("a comment ends where it should", () => {
    fc.assert(
      fc.property(anything, (name) => {
        expect(evaluate(`/* ${comment(name)} */ 1`)).toBe(1);
        expect(evaluate(`1 // ${comment(name)}\n`)).toBe(1);
        expect(comment(name)).not.toMatch(/<\/script|[«»]/);
      }),
      { numRuns: 1000 },
    );
  });

  test("no character becomes « or » in a comment, and no two of them the end of one", () => {
    const all = Array.from({ length: 0x10000 }, (_, c) => String.fromCharCode(c));
    expect(all.filter((c) => /[«»\r\n\u2028\u2029]/.test(comment(c)))).toEqual([]);
    expect(comment(all.join(""))).not.toMatch(/[«»]|\*\/|<\//);
    expect(comment("«»名é")).toBe("  名é");
    for (const a of ["*", "<", "-", "«", "\n"]) for (const b of ["/", "!--", "->", "»/", "*/"]) expect(comment(a + b)).not.toMatch(/\*\/|<!--|-->|<\/|[«»\n]/);
  });

  test("plain names stay as they are", () => {
    for (const name of ["image", "x1", "layer_2", "Logits"]) {
      expect(isIdent(name)).toBe(true);
      expect(jsKey(name)).toBe(name);
      expect(comment(`${name} → 3 × 3`)).toBe(`${name} → 3 × 3`);
    }
    expect(isIdent("class")).toBe(false);
  });
});

test.each(["ts", "wasm"] as const)("--target %s: whatever a module calls its own, inputs may be called too", async (target) => {
  const options: CompileOptions = { target, train: true, threads: target === "wasm", js: true };
  const program = (names: readonly string[]): string => `model m() {\n${names.map((n) => `  input ${n}: [3]\n`).join("")}  dense(2)\n  output y\n}\ntrain m {\n  loss = mse(y)\n  optimizer = sgd(lr = 0.1)\n}\n`;
  const textOf = (names: readonly string[]): string => compile(program(names), options).modules[0]!.files[0]!.text;
  const own = [...textOf(["x"]).matchAll(/\b(?:const|let|function|class) (\w+)|[(,] ?([a-z]\w*)(?=[,)])/g)].map((m) => m[1] ?? m[2]!);
  const names = [...new Set(own)].filter((n) => new Compilation(program([n])).diagnostics.length === 0); // some are words of the language
  expect(names.length).toBeGreaterThan(100);
  const module = (await importText(textOf(names))) as TrainerModule;
  const inputs = Object.fromEntries(names.map((n) => [n, Float32Array.of(1, 2, 3)]));
  const trainer = await module.createTrainer({ batch: 1 });
  await trainer.step({ ...inputs, [module.training.targets[0]!.name]: [0, 0] });
  expect((await module.create({ weights: await trainer.save() })).runSync(inputs)["y"]).toHaveLength(2);
});

describe("what the host defines", () => {
  const program = (input: string): string => `model m {\n  input ${input}: [1, 8, 8]\n  conv(4, 3) -> bn -> relu -> dropout(0.1) -> flatten -> dense(3)\n  output y: [3]\n}\ntrain m {\n  loss = cross_entropy(y)\n  optimizer = sgd(lr = 0.1)\n}\n`;
  const options: readonly CompileOptions[] = [{ target: "ts" }, { target: "wasm" }, { target: "wasm", threads: true }, { target: "wgsl" }].flatMap((o) => [true, false].map((train): CompileOptions => ({ ...o, train, js: true }) as CompileOptions));
  const browser = ["Worker", "navigator", "self", "window", "document", "postMessage", "onmessage", "GPUDevice", "GPUBufferUsage", "importScripts", "location"];

  test("and a module uses is no name of an array", () => {
    const words = options.flatMap((o) => compile(program("x"), o).modules.flatMap((m) => m.files.flatMap((f) => f.text.match(/[A-Za-z_$][\w$]*/g) ?? [])));
    const globals = [...new Set(words)].filter((w) => Object.hasOwn(globalThis, w) || browser.includes(w));
    expect(globals.length).toBeGreaterThan(25);
    const taken = takenNames();
    expect(globals.filter((w) => !taken.has(w) && ident(w) === w)).toEqual([]);
  });

  test.each(["Float32Array", "Error", "Promise", "Uint8Array", "Map"])("an input called %s", async (name) => {
    for (const target of ["ts", "wasm"] as const) {
      const module = await importText(compile(program(name), { target, train: true, js: true }).modules[0]!.files[0]!.text) as unknown as TrainerModule;
      const trainer = await module.createTrainer({ batch: 2, seed: 1 });
      const { loss } = await trainer.step({ [name]: new Float32Array(128).fill(0.5), label: Int32Array.of(0, 2) });
      expect(loss).toBeGreaterThan(0);
      trainer.dispose();
    }
  });
});
