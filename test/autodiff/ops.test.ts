// The gradient of every op, layers too, on all its samples, element by element against dual numbers in f64.
import { describe, expect, test } from "vitest";
import { ops } from "../../src/ops/index.ts";
import { compareGradient, differentiate } from "../harness/gradient.ts";
import { oneOp, randomGiven } from "../harness/tensor.ts";

const samples = [...ops.values()].flatMap((op) => op.samples.map((sample, i) => ({ name: `${op.name} ${i}`, op, sample })));
/** Of a maximum the gradient is taken, but not that of its gradient; counting is made of it. */
const twice = samples.filter(({ op, sample }) => op.name === "wrong_count" || (op.name === "pool_grad" && (sample.attrs as { kind: string }).kind === "max"));

describe("every layer's and loss's gradient in training is that of dual numbers", () => {
  // batch norm here has batch statistics, dropout drops, and what is detached vanishes in all
  test.each(samples.filter((s) => s.op.kind === "composite" && s.op.name !== "wrong_count"))("$name", ({ op, sample }) => {
    const graph = oneOp(op, sample.inputs, sample.attrs);
    const given = { ...randomGiven(graph, 11, 3), batch: 3 };
    const { worst, finite } = compareGradient(differentiate(graph, given, 5, "training"), 4);
    expect(finite).toBe(true);
    expect(worst).toBeLessThanOrEqual(1e-12);
  });
});

describe("every op's gradient is that of dual numbers", () => {
  test.each(samples.filter((s) => s.op.inputs.length > 0 && !twice.includes(s)))("$name", ({ op, sample }) => {
    const graph = oneOp(op, sample.inputs, sample.attrs);
    const { worst, finite, compared } = compareGradient(differentiate(graph, { ...randomGiven(graph, 7), batch: 2 }, 3), null);
    expect(finite).toBe(true);
    if (op.name !== "one_hot") expect(compared).toBeGreaterThan(0);
    expect(worst).toBeLessThanOrEqual(1e-12);
  });

  test.each(twice)("$name has none", ({ op, sample }) => {
    const graph = oneOp(op, sample.inputs, sample.attrs);
    expect(() => differentiate(graph, { ...randomGiven(graph, 7), batch: 2 }, 3)).toThrow(/gradient of a maximum/);
  });
});
