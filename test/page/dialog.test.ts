// What the page's dialog shows of a program that has changed meanwhile.
import { expect, test } from "vitest";
import { make } from "../../src/page/compiler.ts";
import { firstShown } from "../../src/page/dialog.ts";

test("an export that is gone is not shown", () => {
  const shown = (exports: readonly string[], chosen: string | null): string | null => firstShown({ name: "m.rn", text: "", exports, chosen });
  expect([shown(["a", "b"], "b"), shown(["a", "b"], "c"), shown(["a"], null), shown([], "c")]).toEqual(["b", "a", "a", null]);
});

test("a program without exports is told so, and of no export without a name", () => {
  expect(make("m.rn", "block b { relu }\n", null, "ts", () => null)).toEqual({ problem: expect.stringContaining("error[RN508]: m.rn exports nothing") });
});
