// The gradient of every op, layers too, on all its samples, element by element against dual numbers in f64.
import { describe, expect, test } from "vitest";
import { ops } from "../../src/ops/index.ts";
import { compareGradient, differentiate } from "../harness/gradient.ts";
import { oneOp, randomGiven } from "../harness/tensor.ts";

const samples = [...ops.values()].flatMap((op) => op.samples.map((sample, i) => ({ name: `${op.name} ${i}`, op, sample })));
/** Of a maximum the gradient is taken, but not that of its gradient. */
const twice = samples.filter(({ op, sample }) => op.name === "pool_grad" && (sample.attrs as { kind: string }).kind === "max");

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
