// Options that nobody's types have checked: a misspelt one is said, and what was meant.
import { expect, test } from "vitest";
import { Compilation, compile } from "../../src/index.ts";
import { factory } from "../../src/plugin/plugin.ts";

const program = "model m {\n  input x: [4]\n  relu\n  output y\n}\nexport net = m()\n";

test.each([
  [{ tagret: "wasm" }, /^there is no option "tagret": did you mean target\?$/],
  [{ quantise: 8 }, /^there is no option "quantise"; there are name, only, target, /],
  ["wasm", /^options are an object, \{ target: "wasm" \}, not "wasm"$/],
] as const)("compile: %j", (options, message) => {
  expect(() => compile(program, options as object)).toThrow(message);
});

test("a program is a text", () => {
  expect(() => compile(undefined as unknown as string)).toThrow("a program is a text, not undefined");
});

test("every option is known", () => {
  expect(compile(program, { name: "p.rn", only: "net", target: "wasm", plain: false, defines: {}, disabledPasses: [], strictMath: true, threads: true, js: true }).modules).toHaveLength(1);
});

test.each([
  [{ tagret: "wasm" }, /^there is no option "tagret": did you mean target\?$/],
  [{ only: "net" }, /^there is no option "only"; there are target, /],
  ["wasm", /^options are an object/],
] as const)("the plugin of bundlers: %j", (options, message) => {
  expect(() => factory(options as object, { framework: "vite" } as never)).toThrow(message);
});

test("what was understood of a program with a syntax error needs no weights", () => {
  const { recovered } = new Compilation(`${program}block b {\n  conv(\n}\n`, { inlineWeights: { net: new Uint8Array(8) } });
  expect(recovered.exports.map((e) => e.name)).toEqual(["net"]);
});
