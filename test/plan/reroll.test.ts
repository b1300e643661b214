// Re-rolling gives back exactly what it was given, finds the loops there are, and is quick.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expand, reroll, type Rolled, type Row } from "../../src/plan/reroll.ts";
import { timed } from "../harness/timed.ts";

const row = (key: string, ...numbers: number[]): Row => ({ key, numbers });

/** "a b 3(c d)": what loops there are, without numbers. */
function outline(rolled: readonly Rolled[]): string {
  return rolled.map((r) => (r.kind === "row" ? r.key : `${r.count}(${outline(r.body)})`)).join(" ");
}

const rowArbitrary = fc.tuple(fc.constantFrom("a", "b", "c"), fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 2 })).map(([key, numbers]) => row(key, ...numbers));
/** Rows with repetitions in them: blocks repeated with strides, nested twice. */
const tableArbitrary = fc.letrec<{ table: readonly Row[] }>((tie) => ({
  table: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.array(rowArbitrary, { maxLength: 5 }),
    fc.tuple(tie("table"), fc.integer({ min: 0, max: 6 }), fc.integer({ min: -4, max: 4 })).map(([t, n, by]) => Array.from({ length: n }, (_, i) => t.map((r) => row(r.key, ...r.numbers.map((v, k) => v + i * by * k)))).flat()),
    fc.tuple(tie("table"), tie("table")).map(([a, b]) => [...a, ...b]),
  ),
})).table;

describe("reroll", () => {
  test("expands to the rows it was given", () => {
    let loops = 0;
    fc.assert(
      fc.property(tableArbitrary, (rows) => {
        const rolled = reroll(rows);
        if (rolled.some((r) => r.kind === "loop")) loops++;
        expect(expand(rolled)).toEqual(rows);
      }),
      { numRuns: 1000, seed: 5 },
    );
    expect(loops).toBeGreaterThan(100);
  });

  test("rolls a row with even strides, and not one with uneven ones", () => {
    expect(reroll([0, 1, 2, 3].map((i) => row("a", 16 * i, 7)))).toEqual([{ kind: "loop", count: 4, body: [{ kind: "row", key: "a", numbers: [0, 7] }], strides: [[16, 0]] }]);
    expect(outline(reroll([0, 1, 4, 9, 16].map((i) => row("a", i, -i))))).toBe("a a a a a");
  });

  test("rolls the blocks of a residual network, stage by stage", () => {
    const stage = (s: number, n: number): Row[] => Array.from({ length: n }, (_, i) => [row(`conv${s}`, 100 * i, 0), row(`add${s}`, 100 * i + 40, 0)]).flat();
    expect(outline(reroll([row("stem", 0), ...stage(1, 18), row("down", 1), ...stage(2, 17), row("down", 2), ...stage(3, 17), row("head", 0)])))
      .toBe("stem 18(conv1 add1) down 17(conv2 add2) down 17(conv3 add3) head");
  });

  test("nests loops where the inner ones repeat alike", () => {
    const rows = [0, 1, 2].flatMap((s) => [row("begin", s), ...[0, 1, 2, 3, 4].flatMap((i) => [row("a", 1000 * s + 10 * i), row("b", 5 * i - s)])]);
    const rolled = reroll(rows);
    expect(outline(rolled)).toBe("3(begin 5(a b))");
    expect(rolled[0]).toMatchObject({ strides: [[1], [1000], [-1]] });
    expect(expand(rolled)).toEqual(rows);
  });

  test("leaves pairs alone", () => {
    expect(outline(reroll([row("a", 1), row("b", 2), row("a", 1), row("b", 2)]))).toBe("a b a b");
  });

  test.each([
    ["blocks", (i: number): Row => row(`k${i % 10}`, i * 16, i % 7, 3, 4, 5, 6)],
    ["a chain", (i: number): Row => row("k", i * 16, 0, 3, 4, 5, 6)],
    ["a chain without rule", (i: number): Row => row("k", (i * i * 7919) % 1009, 0, 3, 4, 5, 6)],
    ["no two alike", (i: number): Row => row(`k${i}`, i)],
  ])("12,000 rows: %s", (_, make) => {
    const rows = Array.from({ length: 12_000 }, (_, i) => make(i));
    reroll(rows.slice(0, 2_000));
    const { result: rolled, ms } = timed(() => reroll(rows));
    expect(expand(rolled)).toEqual(rows);
    expect(ms).toBeLessThan(1_000); // 3 to 40 ms on an idle machine
  });
});
