// Numbers, tables and diffs as people read them.
import { expect, test } from "vitest";
import { lineDiff } from "../../src/cli/diff.ts";
import { alternatives, duration, integer, table } from "../../src/cli/table.ts";
import { bytes, metric } from "../../src/source/quantities.ts";

test("numbers", () => {
  expect([integer(269722), metric(999), metric(1000), metric(40_551_040), metric(999_600), metric(4.089e9)]).toEqual(["269,722", "999", "1.00 k", "40.6 M", "1.00 M", "4.09 G"]);
  expect([bytes(0), bytes(999), bytes(18_432), bytes(1_078_888)]).toEqual(["0 B", "999 B", "18.4 kB", "1.08 MB"]);
  expect([duration(0.4), duration(42.3), duration(999.6), duration(12_700), duration(59_960), duration(3_725_000)]).toEqual(["0 ms", "42 ms", "1.00 s", "12.7 s", "1 min 0 s", "62 min 5 s"]);
  expect([alternatives([]), alternatives(["a"]), alternatives(["a", "b", "c"])]).toEqual(["", "a", "a, b or c"]);
});

test("tables align wide characters and let no escape sequence through", () => {
  expect(table([{ title: "name" }, { title: "n", align: "right" }], [["網路", "1"], ["a\u001b[2J", "100"]])).toBe("name     n\n網路     1\na␛[2J  100\n");
});

test("diffs", () => {
  expect(lineDiff("a\nb", "a\nb")).toBe("");
  expect(lineDiff("1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n5\nx\n7\n8\n9")).toBe("  4\n  5\n- 6\n+ x\n  7\n  8\n…\n");
  expect(lineDiff("a\nb\nc", "b\nc\nd")).toBe("- a\n  b\n  c\n+ d\n");
  const [long, other] = [5000, 5001].map((n) => Array.from({ length: n }, (_, i) => `${n}:${i}`).join("\n")) as [string, string];
  expect(lineDiff(long, other).split("\n").length).toBe(10_002);
});
