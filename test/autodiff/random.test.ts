// Gradients of random graphs along random directions, against dual numbers in f64.
import { expect, test } from "vitest";
import { generate } from "../harness/generate.ts";
import { givenOf } from "../harness/given.ts";
import { compareGradient, differentiate } from "../harness/gradient.ts";
import { count } from "../harness/tier.ts";

const SHARDS = 5;
const cases = count(500, 10_000) / SHARDS;

test.each(Array.from({ length: SHARDS }, (_, k) => k))(`${cases} random graphs, part %i`, (shard) => {
  const errors: number[] = [];
  const wrong: string[] = [];
  for (let seed = shard; errors.length < cases && seed < 5 * SHARDS * cases; seed += SHARDS) {
    const c = generate(seed);
    if (c.size !== "net" || c.samples > 4 || c.special === "nan" || c.special === "huge") continue;
    const { worst, finite } = compareGradient(differentiate(c.graph, givenOf(c), seed), 1, seed);
    if (!finite) continue;
    errors.push(worst);
    if (!(worst <= 1e-12)) wrong.push(`seed ${seed}: ${worst}`);
  }
  expect(wrong).toEqual([]);
  expect(errors.length).toBe(cases);
  expect(errors.sort((a, b) => a - b)[cases >> 1]).toBeLessThan(1e-14);
});
