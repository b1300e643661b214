// What PyTorch calls layers, as messages bring it to what they are called here.
import { expect, test } from "vitest";
import { Compilation } from "../../src/compiler/compilation.ts";
import { merges } from "../../src/language/builtins.ts";
import { foreignNames } from "../../src/ops/foreign.ts";
import { layers } from "../../src/ops/index.ts";

/** PyTorch's spellings, but for `GlobalAveragePool`, which is ONNX's. */
const spellings = [
  "Conv2d", "conv2d", "ConvTranspose2d", "conv_transpose2d", "Linear", "linear", "BatchNorm", "batch_norm", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "layer_norm", "LeakyReLU", "leaky_relu",
  "MaxPool2d", "max_pool2d", "AvgPool2d", "avg_pool2d", "AdaptiveAvgPool2d", "adaptive_avg_pool2d", "GlobalAveragePool", "ZeroPad2d", "Identity",
];
const keyOf = (spelling: string): string => spelling.toLowerCase().replaceAll("_", "");
const offers = (text: string): readonly string[] => new Compilation(text).diagnostics.flatMap((d) => d.help.map((h) => h.message));
const step = (name: string, before = ""): string => `${before}model m {\n  input x: [4, 8, 8]\n  ${name}\n  output y\n}\n`;

test.each([...foreignNames])("%s leads to %s, which is there", (key, target) => {
  expect(key).toMatch(/^[a-z0-9]+$/);
  expect(layers.has(target) || target in merges, target).toBe(true);
  expect(layers.has(key), "needs no row").toBe(false);
  expect(spellings.map(keyOf)).toContain(key);
});

test.each(spellings)("%s is told what it is called here", (spelling) => {
  expect(offers(step(spelling))).toEqual([`did you mean \`${foreignNames.get(keyOf(spelling))}\`?`]);
});

test("not where no layer can stand, nor before a name of the program itself", () => {
  expect(offers(`const q = identity + 1\n${step("relu")}`)).toEqual([]);
  expect(offers(step("dense(conv2d)"))).toEqual(["did you mean `conv`?"]); // near in letters
  expect(offers(step("dense(linear)"))).toEqual([]);
  expect(offers(step("Linear", "block liner { dense(2) }\n"))).toEqual(["did you mean `liner`?"]);
  expect(offers(step("Linear", "block lines { dense(2) }\n"))).toEqual(["did you mean `dense`?"]);
});
