// Bombs: programs that ask for too much get a clear error in under a second of the processor's time, and leave nothing behind.
import { describe, expect, test } from "vitest";
import { instantiate } from "../../src/lower/instantiate.ts";
import { timed } from "../harness/timed.ts";
import { example, exportNamed, exportsOf, lower, model } from "./program.ts";


const doubling = (layer: string): string => Array.from({ length: 40 }, (_, i) => `block b${i + 1} { b${i} -> b${i} }\n`).join("") + `block b0 { ${layer} }\n`;

const bombs: readonly (readonly [string, string, string])[] = [
  ["a billion layers", model("relu * 1_000_000_000"), "RN607"],
  ["a hundred thousand times a hundred thousand", model("{ dense(4) * 100_000 } * 100_000"), "RN607"],
  ["blocks that use the next one twice, 40 deep", doubling("dense(4)") + model("b40"), "RN607"],
  ["… as arguments", `block two(f) { f -> f }\nblock s(f, n) { if n > 0 { s(two(f), n - 1) } else { f } }\n${model("s(relu, 28)")}`, "RN607"],
  ["… as arguments in braces", `block f(g, n) { if n > 0 { f({ g -> g }, n - 1) } else { g } }\n${model("f({ relu }, 55)")}`, "RN603"],
  ["a repetition that grows in each round", `block grow { cat { id | conv(1) } }\n${model("grow * 1_000_000", "[3, 8, 8]")}`, "RN603"],
  ["a repetition that names values", model("{ relu as a } * 1_000_000_000"), "RN603"],
  ["a billion rounds", model("for i in 0..1_000_000_000 { relu }"), "RN606"],
  ["… backwards", model("for i in reverse(0..1_000_000_000) { relu }"), "RN606"],
  ["loops in loops", model("for i in 0..100_000 { for j in 0..100_000 { id } }"), "RN603"],
  ["blocks that call each other", `block a { b }\nblock b { relu -> a }\n${model("a")}`, "RN605"],
  ["… with other arguments each time", `block a(n) { a(n + 1) -> a(n + 2) }\n${model("a(0)")}`, "RN605"],
  ["… with braces as arguments", `block f(g) { f({ g }) -> f({ g }) }\n${model("f({ relu })")}`, "RN605"],
  ["braces and blocks, 1,000 deep", `block f(g, n) { { { { { { { { { { g -> f(g, n + 1) } } } } } } } } } }\n${model(`f(${"{ ".repeat(100)}relu${" }".repeat(100)}, 0)`)}`, "RN604"],
  ["skips in skips, without end", `block b(n) { skip { b(n + 1) } }\n${model("b(0)")}`, "RN605"],
  ["… in branches", `block b(n) { cat { id | add { id | b(n + 1) } } }\n${model("b(0)")}`, "RN605"],
  ["… in loops and choices", `block b(n) { for i in 0..1 { if true { b(n + 1) } } }\n${model("b(0)")}`, "RN605"],
  ["… in more braces than a level may have", `block b(n) { skip { skip { skip { skip { skip { b(n + 1) } } } } } }\n${model("b(0)")}`, "RN604"],
  ["… in shortcuts", `block b(n) { skip(b(n + 1)) { relu } }\n${model("b(0)")}`, "RN605"],
  ["a string that doubles", `block s(t) { s("{t}{t}") }\n${model('s("ab")')}`, "RN606"],
  ["a weight beyond 2^53", model("dense(9_000_000_000_000_000)", "[9_000_000_000_000_000]"), "RN608"],
  ["an input beyond 2^53", model("gap", "[1_000_000, 1_000_000, 1_000_000]"), "RN608"],
  ["parameters that sum beyond 2^53", model("dense(90_000_000) * 3", "[90_000_000]"), "RN608"],
  ["a value beyond 2^53", model("upconv(1, 2, 2) * 1_000", "[1, 2, 2]"), "RN302"],
  ["an index of a billion", model("relu as e[1_000_000_000]"), "RN409"],
  ["numbers beyond all bounds", model("dense(10 ** 400)"), "RN407"],
  ["constants that need each other", `const a = b + b\nconst b = a + a\n${model("dense(a)")}`, "RN408"],
];

describe("bombs", () => {
  lower(model("relu")); // the parser is made with the first text
  test.each(bombs)("%s", (_, text, code) => {
    const { result, ms } = timed(() => lower(text));
    expect(result.diagnostics.map((d) => d.code)).toEqual([code]);
    expect(result.exports).toEqual([]);
    expect(ms).toBeLessThan(1000);
  });

  test("the next program is unaffected", () => {
    const fresh = JSON.stringify(lower(example("cifar")).exports.map((e) => e.totals));
    for (const [, text] of bombs) lower(text);
    expect(JSON.stringify(lower(example("cifar")).exports.map((e) => e.totals))).toBe(fresh);
  });

  test("an export that fails leaves the others alone", () => {
    const text = `block a(n) { if n > 0 { relu -> a(n) } }\nmodel net(n) { input x: [4]\n a(n)\n dense(2)\n output y }\nexport bad = net(1)\nexport good = net(0)\nexport worse = net(2)\n`;
    const { exports, diagnostics } = lower(text);
    expect(exports.map((e) => e.name)).toEqual(["good"]);
    expect(diagnostics.map((d) => d.code)).toEqual(["RN605"]);
  });
});

test.each([
  ["skips", "skip { relu -> b(n - 1) }"],
  ["branches", "mul { relu | add { id | b(n - 1) } }"],
  ["loops and choices", "for i in 0..1 { if true { relu -> b(n - 1) } }"],
  ["repetitions", "b(n - 1) * 1"],
])("recursion that ends may be 60 blocks deep: %s", (_, body) => {
  expect(lower(`block b(n) { if n > 0 { ${body} } }\n${model("b(59)")}`).diagnostics).toEqual([]);
  expect(lower(`block b(n) { if n > 0 { ${body} } }\n${model("b(60)")}`).diagnostics.map((d) => d.code)).toEqual(["RN605"]);
});

test("where the stack is smaller than the limits need, that is said, and the next program is unaffected", () => {
  const deep = `block b(n) { if n > 0 { skip { relu -> b(n - 1) } } }\n${model("b(59)")}`;
  const within = (frames: number): readonly string[] => (frames > 0 ? within(frames - 1) : lower(deep).diagnostics.map((d) => d.code));
  const codes = new Set(Array.from({ length: 60 }, (_, i) => atDepth(() => within(i * 250))).flat());
  expect([...codes].filter((c) => c !== "the stack was full before")).toEqual(["RN604"]);
  expect(lower(deep).diagnostics).toEqual([]);
});

/** The answer, or that there was no room to ask. */
function atDepth(work: () => readonly string[]): readonly string[] {
  try {
    return work();
  } catch (e) {
    expect(e).toBeInstanceOf(RangeError);
    return ["the stack was full before"];
  }
}

test("each export has steps of its own, and what they all need has a bound", () => {
  const exports = (n: number): string => `model m(n) {\n input x: [4]\n for i in 0..n { relu }\n output y\n}\n${Array.from({ length: n }, (_, i) => `export m${i} = m(${30_000 + i})`).join("\n")}\n`;
  expect(lower(exports(2)).diagnostics).toEqual([]);
  expect(lower(exports(20)).diagnostics.map((d) => d.message)).toEqual(["the exports of this program need more than 500,000 steps together to be written out"]);
  const bomb = `model m(n) {\n input x: [4]\n for i in 0..n { relu }\n output y\n}\nexport bad = m(60_000)\nexport good = m(2)\n`;
  const { exports: made, diagnostics } = lower(bomb);
  expect(made.map((e) => e.name)).toEqual(["good"]);
  expect(diagnostics.map((d) => d.code)).toEqual(["RN603"]);
});

describe("what costs nothing", () => {
  test.each([
    ["a billion times nothing", model("{ } * 1_000_000_000 -> id * 1_000_000_000")],
    ["blocks that use the next one twice, with nothing at the end", doubling("id") + model("b40")],
    ["lists of lists of lists, 50 deep", `block s(t, n) { if n > 0 { s([t, t], n - 1) } else { if t == [1] { relu } } }\n${model("s([1, 1], 50)")}`],
    ["half a million layers", model("relu * 500_000")],
  ])("%s", (_, text) => {
    const { result, ms } = timed(() => lower(text), 500);
    expect(result.diagnostics).toEqual([]);
    expect(ms).toBeLessThan(500);
  });

  test("chains of 20,000 steps", () => {
    const [e] = exportsOf(model(`relu${" -> relu".repeat(20_000)}`));
    expect(e!.totals.nodes).toBe(20_001);
    expect(instantiate(e!).outputs[0]!.node.id).toBe(20_001);
  });
});

test("ResNet-1202's fragments become a graph of 10,000 nodes in a moment", () => {
  const { result: e, ms } = timed(() => exportNamed("resnet110", example("cifar"), { only: "resnet110", defines: { n: "200" } }), 500);
  expect(ms).toBeLessThan(500);
  expect(timed(() => instantiate(e), 500).ms).toBeLessThan(500); // 30 ms where nothing else runs
});
