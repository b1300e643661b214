// exp, log and tanh of `--strict-math` beside the engine's, which is right to about one unit in the last place.
import { expect, test } from "vitest";
import { exp, log, tanh } from "../../src/runtime/math.ts";
import { random } from "../harness/random.ts";

const next = random(3);

function check(own: (x: number) => number, engine: (x: number) => number, points: () => number, tolerance = 2e-15): void {
  for (let i = 0; i < 20_000; i++) {
    const x = points();
    const [a, b] = [own(x), engine(x)];
    if (!(Math.abs(a - b) <= tolerance * Math.abs(b) + 5e-324)) expect.fail(`at ${x}: ${a}, not ${b}`);
  }
}

test("exp", () => {
  check(exp, Math.exp, () => next() * 1455 - 746);
  check(exp, Math.exp, () => next() * 4 - 2);
  for (const x of [0, -0, NaN, Infinity, -Infinity, 710, -746, -800]) expect(exp(x)).toBe(Math.exp(x));
});

test("log", () => {
  check(log, Math.log, () => Math.exp(next() * 1400 - 700));
  check(log, Math.log, () => 0.5 + next());
  check(log, Math.log, () => next() * 1e-308);
  for (const x of [0, -0, 1, -1, NaN, Infinity, -Infinity]) expect(log(x)).toBe(Math.log(x));
});

test("tanh", () => {
  check(tanh, Math.tanh, () => next() * 50 - 25);
  check(tanh, Math.tanh, () => next() * 2 - 1);
  check(tanh, Math.tanh, () => next() * 1e-10);
  for (const x of [0, -0, NaN, Infinity, -Infinity, 30, -30]) expect(tanh(x)).toBe(Math.tanh(x));
});
