// Diagnostics come file by file and from top to bottom, whichever stage finds them.
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";

const lines = (text: string, files: Readonly<Record<string, string>> = {}): readonly string[] =>
  compile(text, { load: (path) => ({ source: { name: path, text: files[path]! } }), defines: { zzz: "1" } }).diagnostics.map((d) => {
    const span = d.primary?.span;
    return span ? `${span.source.name}:${span.source.text.slice(0, span.start).split("\n").length} ${d.code}` : d.code;
  });

test("names, shapes and train in one order", () => {
  const text = 'import { b } from "b.rn"\nmodel m {\n  input x: [4]\n  dense(0)\n  rleu -> b\n  output y\n}\nmodel n {\n  input x: [4]\n  dense(2)\n  output y\n}\ntrain n {\n  loss = mse(y)\n  optimizer = adam\n  steps = 1.5\n  batch = 0\n}\n';
  const files = { "b.rn": "default conv(bias = 3)\nblock b {\n  tahn\n}\n" };
  expect(lines(text, files)).toEqual(["b.rn:1 RN404", "b.rn:3 RN201", "model.rn:4 RN405", "model.rn:5 RN201", "model.rn:16 RN404", "model.rn:17 RN405", "RN503"]);
});
