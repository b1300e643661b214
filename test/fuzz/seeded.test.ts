// The fuzzer fuzzed: bugs seeded into the compiler, each to be caught within a stated number of graphs that are clean without it.
import { expect, test } from "vitest";
import { seededBugs } from "./mutations.ts";
import { caseOf, judge } from "./shard.ts";

const clean = new Map<number, Promise<string | null>>();

test.each(seededBugs)("$name", async ({ mutation, within, special }) => {
  let caught = 0;
  for (let seed = 0, graphs = 0; graphs < within && caught === 0; seed++) {
    const c = caseOf(seed);
    if (c.size !== "net" || (special && c.special !== special)) continue;
    graphs++;
    if ((await judge(c, mutation)) === null) continue;
    if (!clean.has(seed)) clean.set(seed, judge(c));
    expect(await clean.get(seed), `seed ${seed} without the bug`).toBe(null);
    caught = graphs;
  }
  expect(caught, `not caught within ${within} graphs`).toBeGreaterThan(0);
});

test.each(seededBugs.filter(({ mutation }) => !mutation.text))("--target wasm: $name", async ({ mutation, within, special }) => {
  let caught = 0;
  for (let seed = 0, graphs = 0; graphs < within && caught === 0; seed++) {
    const c = caseOf(seed);
    if (c.size !== "net" || (special && c.special !== special)) continue;
    graphs++;
    if ((await judge(c, mutation, undefined, "wasm")) === null) continue;
    expect(await judge(c, {}, undefined, "wasm"), `seed ${seed} without the bug`).toBe(null);
    caught = graphs;
  }
  expect(caught, `not caught within ${within} graphs`).toBeGreaterThan(0);
});

test("there are enough bugs", () => expect(seededBugs.length).toBeGreaterThanOrEqual(20));
