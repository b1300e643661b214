// What training is fed: each epoch a permutation, each batch a function of seed and step, augmentation by its laws.
import { describe, expect, test } from "vitest";
import { augment, mirror, shift, type ImageShape } from "../../src/data/augment.ts";
import { makeBatches, type BatchOptions } from "../../src/data/batches.ts";
import { stored, type DataSet } from "../../src/data/dataset.ts";
import { makeOrder, permutation } from "../../src/data/order.ts";
import { bitsAt, hash, Random, streamOf } from "../../src/data/random.ts";

describe("random numbers", () => {
  test("are these, on every engine", () => {
    expect([hash(0), hash(1), hash(-1), streamOf(1, 2, 3), bitsAt(7, 9)]).toMatchInlineSnapshot(`
      [
        1684164658,
        1580013426,
        -344843126,
        -2056474509,
        2064998472,
      ]
    `);
    const r = new Random(streamOf(5));
    expect([r.unit(), r.below(1000), r.between(-1, 1)]).toMatchInlineSnapshot(`
      [
        0.2629577910993248,
        859,
        -0.7816346539184451,
      ]
    `);
  });
  test("streams differ with their words, also beyond 32 bits", () => {
    const words = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52, 2 ** 53 - 1];
    expect(new Set(words.flatMap((a) => words.map((b) => streamOf(a, b)))).size).toBe(49);
    expect(new Set(Array.from({ length: 100_000 }, (_, i) => streamOf(3, i))).size).toBe(100_000);
  });
  test("bytes are even", () => {
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < 65_536; i++) for (let b = 0; b < 32; b += 8) counts[(bitsAt(1, i) >>> b) & 255]!++;
    const chi2 = counts.reduce((sum, c) => sum + (c - 1024) ** 2 / 1024, 0);
    expect(chi2).toBeGreaterThan(170);
    expect(chi2).toBeLessThan(355); // 255 ± 4.4 deviations
  });
});

describe("order", () => {
  test.each([1, 2, 10, 1000])("%i samples: each once, another order in each epoch and for each seed", (n) => {
    const p = permutation(n, 3, 0);
    expect([...p].sort((a, b) => a - b)).toEqual([...p.keys()]);
    if (n < 10) return;
    expect(permutation(n, 3, 0)).toEqual(p);
    expect(permutation(n, 3, 1)).not.toEqual(p);
    expect(permutation(n, 4, 0)).not.toEqual(p);
  });
  test("every place is as likely for every sample", () => {
    const counts = new Array<number>(25).fill(0);
    for (let epoch = 0; epoch < 5000; epoch++) permutation(5, 1, epoch).forEach((sample, place) => counts[5 * place + sample]!++);
    for (const c of counts) expect(Math.abs(c - 1000)).toBeLessThan(130); // 4.6 deviations
  });
  test("what does not fill a batch is left out; the next epoch begins anew", () => {
    const order = makeOrder(10, 3, 7);
    expect(order.stepsPerEpoch).toBe(3);
    const steps = Array.from({ length: 7 }, (_, s) => [...order.at(s)]);
    expect(steps.slice(0, 3).flat()).toEqual([...permutation(10, 7, 0)].slice(0, 9));
    expect(steps[3]).toEqual([...permutation(10, 7, 1)].slice(0, 3));
    expect(steps[6]).toEqual([...permutation(10, 7, 2)].slice(0, 3));
    expect(() => makeOrder(10, 11, 0)).toThrow("10 samples do not fill a batch of 11");
  });
});

describe("augmentation", () => {
  const shape: ImageShape = [2, 3, 4];
  const image = (): Float32Array => Float32Array.from({ length: 24 }, (_, i) => i + 1);
  /** The slow and obvious way. */
  const moved = (from: Float32Array, down: number, right: number): Float32Array => Float32Array.from({ length: 24 }, (_, at) => {
    const [c, i, j] = [Math.floor(at / 12), Math.floor((at % 12) / 4) - down, (at % 4) - right];
    return i < 0 || i >= 3 || j < 0 || j >= 4 ? 0 : from[c * 12 + i * 4 + j]!;
  });

  test("every shift moves pixels and lets zeros in", () => {
    for (let down = -4; down <= 4; down++) for (let right = -5; right <= 5; right++) {
      const x = image();
      shift(x, shape, down, right);
      expect(x, `${down}, ${right}`).toEqual(moved(image(), down, right));
    }
  });
  test("a mirror swaps left and right; twice is none; it turns shifts round", () => {
    const x = image();
    mirror(x, shape);
    expect([...x.subarray(0, 8)]).toEqual([4, 3, 2, 1, 8, 7, 6, 5]);
    shift(x, shape, 1, 2);
    mirror(x, shape);
    expect(x).toEqual(moved(image(), 1, -2));
  });
  test("what happens follows from seed, step and position; every shift and both sides occur, evenly", () => {
    const of = (seed: number, step: number, n: number): Float32Array => {
      const images = Float32Array.from({ length: 24 * n }, (_, i) => (i % 24) + 1);
      augment(images, shape, [{ kind: "shift", n: 1 }, { kind: "hflip" }], seed, step);
      return images;
    };
    expect(of(1, 2, 8)).toEqual(of(1, 2, 8));
    expect(of(1, 2, 3)).toEqual(of(1, 2, 8).subarray(0, 72));
    expect(of(1, 3, 8)).not.toEqual(of(1, 2, 8));
    expect(of(2, 2, 8)).not.toEqual(of(1, 2, 8));
    const many = of(0, 0, 9000);
    const seen = new Map<string, number>();
    for (let k = 0; k < 9000; k++) {
      const key = many.subarray(24 * k, 24 * k + 24).join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    expect(seen.size).toBe(18);
    for (const n of seen.values()) expect(Math.abs(n - 500)).toBeLessThan(100);
  });
});

describe("batches", () => {
  const n = 20;
  const data: DataSet = {
    name: "made", count: n, shape: [1, 2, 2], scale: 0.5, labels: Int32Array.from({ length: n }, (_, i) => i % 3), normalisation: null, place: String,
    values: stored(Float32Array.from({ length: 4 * n }, (_, i) => 2 * Math.floor(i / 4) + 2), [1, 2, 2]),
  };
  const options: BatchOptions = { batch: 6, seed: 5, normalisation: { mean: [1], std: [2] }, augment: [], shape: [1, 2, 2] };
  const read = (o: BatchOptions, steps: readonly number[]): [number[], number[]][] => {
    const batches = makeBatches(data, o);
    return steps.map((s) => {
      const images = new Float32Array(24).fill(NaN);
      const labels = new Int32Array(6).fill(-1);
      batches.at(s, images, labels);
      return [[...images], [...labels]];
    });
  };
  test("normalised samples with their labels, in the order of the seed", () => {
    const order = [...permutation(n, 5, 0).subarray(6, 12)];
    const [[images, labels]] = read(options, [1]) as [[number[], number[]]];
    expect(images).toEqual(order.flatMap((i) => [i / 2, i / 2, i / 2, i / 2]));
    expect(labels).toEqual(order.map((i) => i % 3));
  });
  test("a resumed run sees what the uninterrupted one saw", () => {
    const o: BatchOptions = { ...options, augment: [{ kind: "shift", n: 1 }, { kind: "hflip" }] };
    const all = read(o, [0, 1, 2, 3, 4, 5, 6, 7]);
    expect(read(o, [5, 6, 7])).toEqual(all.slice(5));
    expect(read(o, [7, 0, 3])).toEqual([all[7], all[0], all[3]]);
    expect(makeBatches(data, o).stepsPerEpoch).toBe(3);
  });
});
