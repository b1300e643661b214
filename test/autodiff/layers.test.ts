// What layers and losses mean in training, against numbers worked out by hand or by the formula.
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { decompose } from "../../src/ir/decompose.ts";
import { evaluate } from "../../src/ir/eval.ts";
import { input } from "../../src/ir/leaf.ts";
import type { Op, Tensor } from "../../src/ir/op.ts";
import { N, tensor, type TensorType } from "../../src/ir/type.ts";
import { uniform } from "../../src/ir/random.ts";
import { bn, crossEntropy, dropout, mse, random, wrongCount } from "../../src/ops/index.ts";
import { randomTensor, oneOp, tensorOf } from "../harness/tensor.ts";

const value = (numbers: readonly number[]): Tensor => tensorOf([numbers.length], numbers);

/** One layer in training. */
function trained(op: unknown, types: readonly TensorType[], attrs: object, inputs: readonly Tensor[], parameters: Readonly<Record<string, Tensor>> = {}, step = 0) {
  const b = new Builder();
  const number = b.make(input, [], { name: "step", shape: [] });
  const graph = decompose(oneOp(op as Op, types, { ...attrs }), b, { random: (shape, site) => b.make(random, [number, number], { shape, site }) });
  const given = { inputs: { ...Object.fromEntries(inputs.map((t, i) => [`x${i}`, t])), step: tensorOf([], [step]) }, parameters };
  const { outputs, updates } = evaluate({ ...graph, inputs: [...graph.inputs, number] }, given);
  return { y: outputs.get("y")!, updates };
}

describe("batch norm", () => {
  test("normalises by the batch, biased; its running averages are unbiased", () => {
    const parameters = { weight: value([2, 1]), bias: value([0.5, 0]), running_mean: value([10, 20]), running_var: value([3, 4]) };
    // channel 0: 1, 2, 3, 6 (mean 3, Σ squares 14); channel 1: 0, 0, 4, 4 (mean 2, Σ squares 16)
    const x = tensorOf([2, 2, 1, 2], [1, 2, 0, 0, 3, 6, 4, 4]);
    const { y, updates } = trained(bn, [tensor([N, 2, 1, 2])], { eps: 0.5, momentum: 0.25 }, [x], parameters);
    const [s0, s1] = [2 / Math.sqrt(14 / 4 + 0.5), 1 / Math.sqrt(16 / 4 + 0.5)];
    const expected = [-2 * s0 + 0.5, -s0 + 0.5, -2 * s1, -2 * s1, 0.5, 3 * s0 + 0.5, 2 * s1, 2 * s1];
    y.data.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 14));
    expect([...updates.get("running_mean")!.data]).toEqual([0.75 * 10 + 0.25 * 3, 0.75 * 20 + 0.25 * 2]);
    expect([...updates.get("running_var")!.data].map((v) => v.toFixed(12))).toEqual([0.75 * 3 + (0.25 * 14) / 3, 0.75 * 4 + (0.25 * 16) / 3].map((v) => v.toFixed(12)));
    expect([...updates.keys()].sort()).toEqual(["running_mean", "running_var"]);
  });

  test("wants two values of each channel", () => {
    expect(bn.leastBatch!([tensor([N, 6])], {} as never)).toBe(2);
    expect(bn.leastBatch!([tensor([N, 6, 1, 1])], {} as never)).toBe(2);
    expect(bn.leastBatch!([tensor([N, 6, 1, 2])], {} as never)).toBe(1);
  });
});

describe("dropout", () => {
  const ones = (n: number): Tensor => tensorOf([n, 1000], new Float64Array(1000 * n).fill(1));

  test.each([0.2, 0.5, 0.9])("with p = %f drops that share and scales the rest", (p) => {
    const { y } = trained(dropout, [tensor([N, 1000])], { p }, [ones(20)]);
    const kept = y.data.filter((v) => v !== 0);
    expect(Math.abs(kept.length / 20_000 - (1 - p))).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 20_000));
    expect(new Set(kept)).toEqual(new Set([1 / (1 - p)]));
  });

  test("drops others in each step, the same in the same one; p = 1 drops all, p = 0 none", () => {
    const mask = (p: number, step: number): string => trained(dropout, [tensor([N, 1000])], { p }, [ones(1)], {}, step).y.data.join();
    expect(mask(0.5, 3)).toBe(mask(0.5, 3));
    expect(mask(0.5, 3)).not.toBe(mask(0.5, 4));
    expect(new Set(mask(1, 0).split(","))).toEqual(new Set(["0"]));
    expect(new Set(mask(0, 0).split(","))).toEqual(new Set(["1"]));
  });
});

describe("random numbers", () => {
  test("are those of pcg4d, written out with 64-bit integers", () => {
    const pcg4d = (key: readonly bigint[]): bigint => {
      const m = 2n ** 32n;
      let [x, y, z, w] = key.map((k) => (k * 1664525n + 1013904223n) % m) as [bigint, bigint, bigint, bigint];
      for (const half of [0, 1]) {
        if (half === 1) [x, y, z, w] = [x ^ (x >> 16n), y ^ (y >> 16n), z ^ (z >> 16n), w ^ (w >> 16n)];
        x = (x + y * w) % m;
        y = (y + z * x) % m;
        z = (z + x * y) % m;
        w = (w + y * z) % m;
      }
      return x;
    };
    for (const [i, site, step, seed] of [[0, 0, 0, 0], [1, 2, 3, 4], [123_456_789, 7, 64_000, 2 ** 24 - 1]] as const) {
      expect(uniform(i, site, step, seed)).toBe(Number(pcg4d([i, site, step, seed].map(BigInt)) >> 8n) / 2 ** 24);
    }
  });

  test("are uniform along each of the four numbers they depend on", () => {
    for (const along of [0, 1, 2, 3]) {
      const bins = new Array<number>(16).fill(0);
      for (let k = 0; k < 16_000; k++) bins[Math.floor(16 * uniform(...([5, 1, 9, 2].with(along, k) as [number, number, number, number])))]!++;
      const chi = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0); // 15 degrees of freedom
      expect(chi).toBeLessThan(45);
      expect(chi).toBeGreaterThan(2);
    }
  });
});

describe("losses", () => {
  const scores = randomTensor([N, 4, 3, 2], 5, 3);
  const labels = tensorOf([3, 3, 2], Array.from({ length: 18 }, (_, i) => (i * 7) % 4));
  const types = [tensor([N, 4, 3, 2]), tensor([N, 3, 2], "i32")];

  test.each([0, 0.1, 1])("cross-entropy with smoothing %f is the formula", (smoothing) => {
    let sum = 0;
    for (let i = 0; i < 18; i++) {
      const [n, p] = [Math.floor(i / 6), i % 6];
      const row = [0, 1, 2, 3].map((c) => scores.data[(n * 4 + c) * 6 + p]!);
      const total = Math.log(row.reduce((s, v) => s + Math.exp(v), 0));
      row.forEach((v, c) => (sum -= ((c === labels.data[i] ? 1 - smoothing : 0) + smoothing / 4) * (v - total)));
    }
    expect(trained(crossEntropy, types, { smoothing }, [scores, labels]).y.data[0]).toBeCloseTo(sum / 18, 13);
  });

  test("cross-entropy of large scores neither overflows nor vanishes", () => {
    const { y } = trained(crossEntropy, [tensor([N, 3]), tensor([N], "i32")], {}, [tensorOf([1, 3], [1000, 0, -1000]), tensorOf([1], [2])]);
    expect(y.data[0]).toBe(2000);
  });

  test("mse is the mean over everything", () => {
    const { y } = trained(mse, [tensor([N, 2]), tensor([N, 2])], {}, [tensorOf([2, 2], [1, 2, 3, 4]), tensorOf([2, 2], [1, 0, 0, 4])]);
    expect(y.data[0]).toBe((4 + 9) / 4);
  });

  test("wrong labels are counted as `rnc run` counts: of equal scores the first, with NaN none, out of range wrong", () => {
    const count = (rows: readonly (readonly number[])[], given: readonly number[]): number =>
      trained(wrongCount, [tensor([N, 3]), tensor([N], "i32")], {}, [tensorOf([rows.length, 3], rows.flat()), tensorOf([rows.length], given)]).y.data[0]!;
    expect(count([[1, 2, 0], [2, 1, 0]], [1, 1])).toBe(1);
    expect(count([[1, 1, 0]], [0])).toBe(0);
    expect(count([[1, 1, 0]], [1])).toBe(1);
    expect(count([[NaN, 1, 0], [NaN, 1, 0], [5, NaN, 0]], [0, 1, 0])).toBe(3);
    expect(count([[-Infinity, -Infinity, -Infinity]], [0])).toBe(0);
    expect(count([[1, 2, 3]], [3])).toBe(1);
    const pixels = trained(wrongCount, types, {}, [scores, labels]).y.data[0]!;
    let wrong = 0;
    for (let i = 0; i < 18; i++) {
      const row = [0, 1, 2, 3].map((c) => scores.data[(Math.floor(i / 6) * 4 + c) * 6 + (i % 6)]!);
      if (row.indexOf(Math.max(...row)) !== labels.data[i]) wrong++;
    }
    expect(pixels).toBe(wrong);
  });
});
