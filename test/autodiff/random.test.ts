// Gradients of random graphs along random directions, against dual numbers in f64.
import { expect, test } from "vitest";
import { generate } from "../harness/generate.ts";
import { givenOf } from "../harness/given.ts";
import { compareGradient, differentiate } from "../harness/gradient.ts";
import { count } from "../harness/tier.ts";

const cases = count(500, 10_000);

test(`${cases} random graphs`, () => {
  const errors: number[] = [];
  const wrong: string[] = [];
  for (let seed = 0; errors.length < cases && seed < 4 * cases; seed++) {
    const c = generate(seed);
    if (c.size !== "net" || c.special === "nan" || c.special === "huge") continue;
    const { worst, finite } = compareGradient(differentiate(c.graph, givenOf(c), seed), 1, seed);
    if (!finite) continue;
    errors.push(worst);
    if (!(worst <= 1e-12)) wrong.push(`seed ${seed}: ${worst}`);
  }
  expect(wrong).toEqual([]);
  expect(errors.length).toBe(cases);
  expect(errors.sort((a, b) => a - b)[cases >> 1]).toBeLessThan(1e-14);
});
