// Rule 12: what a train declaration becomes. Its mistakes are in test/golden/errors/train.txt.
import { expect, test } from "vitest";
import { printType } from "../../src/ir/type.ts";
import type { TrainSpec } from "../../src/lower/vocabulary.ts";
import { example, exportNamed, exportsOf } from "./program.ts";

const net = "model m {\n  input image: [3, 8, 8]\n  conv(4, 3) as c\n  gap -> dense(10)\n  output logits\n  output mask = c\n}\n";

function spec(entries: string, name = "m"): TrainSpec {
  return exportNamed(name, `${net}train {\n${entries}\n}\n`).train!;
}

test("the example of the design", () => {
  const { span, losses, targets, ...rest } = exportNamed("resnet110", example("cifar")).train!;
  expect(span.source.text.slice(span.start, span.start + 15)).toBe("train resnet110");
  expect(losses.map(({ span: _, ...l }) => l)).toEqual([{ kind: "cross_entropy", smoothing: 0, output: "logits", target: "label", weight: 1 }]);
  expect(targets.map((t) => `${t.name}: ${printType(t.type)}`)).toEqual(["label: i32[N]"]);
  expect(rest).toEqual({
    optimizer: { kind: "sgd", lr: 0.1, momentum: 0.9, nesterov: false, decay: 1e-4 },
    warmup: { kind: "warmup", steps: 400, lr: 0.01 },
    schedule: { kind: "step", by: 0.1, at: [32_000, 48_000] },
    augment: [{ kind: "shift", n: 4 }, { kind: "hflip" }],
    batch: 128, steps: 64_000, seed: 0, clip: null,
  });
});

test("only the named export trains, or all do", () => {
  const trained = (text: string): readonly string[] => exportsOf(text).filter((e) => e.train).map((e) => e.name);
  expect(trained(example("cifar"))).toEqual(["resnet110"]);
  expect(trained(`${net}export a = m\nexport b = m\ntrain {\n  loss = mse(mask)\n  optimizer = adam\n}`)).toEqual(["a", "b"]);
});

test("a named declaration overrides the one for all, key by key", () => {
  const text = `${net}export a = m\nexport b = m\ntrain {\n  loss = mse(mask)\n  optimizer = adam\n  batch = 8\n}\ntrain b {\n  batch = 16\n  seed = 3\n}\n`;
  const [a, b] = exportsOf(text).map((e) => e.train!);
  expect([a!.batch, a!.seed, b!.batch, b!.seed, b!.optimizer.kind]).toEqual([8, 0, 16, 3, "adam"]);
});

test("what is left out", () => {
  const s = spec("  loss = mse(mask)\n  optimizer = adamw");
  expect(s).toMatchObject({ optimizer: { kind: "adamw", lr: 0.001, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.01 }, warmup: null, schedule: { kind: "constant" }, augment: [], batch: 32, steps: 1000, seed: 0, clip: null });
});

test("several losses are a weighted sum, and their targets are named after the outputs", () => {
  const s = spec("  loss = cross_entropy(logits, smoothing = 0.1) + 0.4 * (mse(mask) + cross_entropy(mask) * 2)\n  optimizer = sgd(0.1)");
  expect(s.losses.map((l) => [l.kind, l.weight, l.target])).toEqual([["cross_entropy", 1, "logits_label"], ["mse", 0.4, "mask_target"], ["cross_entropy", 0.8, "mask_label"]]);
  expect(s.losses[0]).toMatchObject({ smoothing: 0.1 });
  expect(s.targets.map((t) => `${t.name}: ${printType(t.type)}`)).toEqual(["logits_label: i32[N]", "mask_target: [N, 4, 8, 8]", "mask_label: i32[N, 8, 8]"]);
});

test("values are expressions, with the file's constants", () => {
  const text = `const epochs = 3\n${net}train m {\n  loss = mse(mask)\n  optimizer = sgd(lr = 0.1 / 2, nesterov = epochs > 2)\n  schedule = cosine(to = 1e-3)\n  steps = epochs * 50_000 / 100\n  clip = 1\n}\n`;
  expect(exportNamed("m", text).train).toMatchObject({ optimizer: { lr: 0.05, nesterov: true }, schedule: { kind: "cosine", to: 1e-3 }, steps: 1500, clip: 1 });
});
