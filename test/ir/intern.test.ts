// The interner: one object per key while somebody holds it, forgotten afterwards.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setTimeout as later } from "node:timers/promises";
import { expect, test } from "vitest";
import { Interner } from "../../src/ir/intern.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("equal keys are one object, however much is made and forgotten in between", async () => {
  const table = new Interner<{ readonly n: number }>();
  let made = 0;
  const of = (n: number): { readonly n: number } => table.get(`${n}`, () => (made++, { n }));
  const held = of(0);
  for (let n = 0; n < 1000; n++) of(n);
  expect(made).toBe(1000);

  for (let i = 0; i < 3; i++) {
    await later(1);
    collect();
  }
  expect(of(0)).toBe(held);
  for (let n = 0; n < 1000; n++) expect(of(n)).toEqual({ n });
  expect(made).toBeGreaterThan(1900);
});
