// The writer of generated text: indentation, and types that are there or not.
import { expect, test } from "vitest";
import { format, lines, product, sum } from "../../src/codegen/code.ts";

test("indents by brackets at the ends of lines", () => {
  expect(format(lines("function f() {", "if (a) {", "g({", "x: [1, 2],", "});", "} else {", "h();", "}", "}", "", "", "end"), "ts")).toBe(
    "function f() {\n  if (a) {\n    g({\n      x: [1, 2],\n    });\n  } else {\n    h();\n  }\n}\n\nend\n",
  );
});

test("keeps types for TypeScript and drops them for JavaScript", () => {
  const code = lines("«type A = number;»", "function f(x«: A», y«: A»)«: A» {", "return x + y;", "}");
  expect(format(code, "ts")).toBe("type A = number;\nfunction f(x: A, y: A): A {\n  return x + y;\n}\n");
  expect(format(code, "js")).toBe("function f(x, y) {\n  return x + y;\n}\n");
});

test("sums and products without ones and zeros", () => {
  expect(sum("a", 0, "0", product("i", 3))).toBe("a + i * 3");
  expect(sum("0", 0)).toBe("0");
  expect(product("i + 1", 4)).toBe("(i + 1) * 4");
  expect(product("(i / 2 | 0)", 4)).toBe("(i / 2 | 0) * 4");
  expect(product("i", 1)).toBe("i");
  expect(product("i", "0")).toBe("0");
  expect(product("1", "n")).toBe("n");
});
