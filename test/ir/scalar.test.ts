// Scalar expressions: interned, simplified without changing a bit, flat to walk, and text that reads back.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isProblem } from "../../src/ir/problem.ts";
import { binaryMeaning, evaluator, unaryMeaning } from "../../src/ir/scalar-eval.ts";
import { parseScalar, printScalar } from "../../src/ir/scalar-text.ts";
import {
  abs, add, arg, argumentCount, binary, compare, cost, div, erf, exp, max, min, mul, neg, num, postorder, select, size, sub, substitute, unary,
  type BinaryOp, type Compare, type Scalar, type UnaryOp,
} from "../../src/ir/scalar.ts";

const [x, y, z] = [arg(0), arg(1), arg(2)];

/** An expression as plain data, with its meaning written down independently of the constructors. */
type Plain =
  | { readonly kind: "arg"; readonly index: number }
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Plain }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly a: Plain; readonly b: Plain }
  | { readonly kind: "select"; readonly test: Compare; readonly a: Plain; readonly b: Plain; readonly then: Plain; readonly otherwise: Plain };

function construct(p: Plain): Scalar {
  switch (p.kind) {
    case "arg": return arg(p.index);
    case "const": return num(p.value);
    case "unary": return unary(p.op, construct(p.a));
    case "binary": return binary(p.op, construct(p.a), construct(p.b));
    case "select": return select(p.test, construct(p.a), construct(p.b), construct(p.then), construct(p.otherwise));
  }
}

function value(p: Plain, args: readonly number[]): number {
  switch (p.kind) {
    case "arg": return args[p.index]!;
    case "const": return p.value;
    case "unary": return unaryMeaning[p.op](value(p.a, args));
    case "binary": return binaryMeaning[p.op](value(p.a, args), value(p.b, args));
    case "select": return compare(p.test, value(p.a, args), value(p.b, args)) ? value(p.then, args) : value(p.otherwise, args);
  }
}

const special = [0, -0, 1, -1, 2, -2, 0.5, 6, 1e-5, NaN, Infinity, -Infinity, 5e-324, 1e308, -1e308];
const number = fc.oneof(fc.constantFrom(...special), fc.double());
const plain = fc.letrec<{ e: Plain }>((tie) => ({
  e: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    fc.record({ kind: fc.constant("arg" as const), index: fc.nat(2) }),
    fc.record({ kind: fc.constant("const" as const), value: number }),
    fc.record({ kind: fc.constant("unary" as const), op: fc.constantFrom<UnaryOp>("neg", "abs", "exp", "log", "sqrt", "tanh", "erf"), a: tie("e") }),
    fc.record({ kind: fc.constant("binary" as const), op: fc.constantFrom<BinaryOp>("add", "sub", "mul", "div", "max", "min"), a: tie("e"), b: tie("e") }),
    fc.record({ kind: fc.constant("select" as const), test: fc.constantFrom<Compare>("<", "<=", "=="), a: tie("e"), b: tie("e"), then: tie("e"), otherwise: tie("e") }),
  ),
})).e;

describe("construction", () => {
  test("equal expressions are one object", () => {
    expect(add(mul(x, y), num(1))).toBe(add(mul(arg(0), arg(1)), num(1)));
    expect(num(0)).not.toBe(num(-0));
    expect(num(NaN)).toBe(num(NaN));
    expect(select("<", x, y, z, num(0))).toBe(select("<", x, y, z, num(0)));
    expect(select("<", x, y, z, num(0))).not.toBe(select("<=", x, y, z, num(0)));
  });

  test("simplifies what is exact", () => {
    expect(mul(x, num(1))).toBe(x);
    expect(div(x, num(1))).toBe(x);
    expect(add(x, num(-0))).toBe(x);
    expect(sub(x, num(0))).toBe(x);
    expect(neg(neg(x))).toBe(x);
    expect(abs(neg(x))).toBe(abs(x));
    expect(add(x, neg(y))).toBe(sub(x, y));
    expect(add(x, num(-3))).toBe(sub(x, num(3)));
    expect(max(max(x, num(0)), num(0))).toBe(max(x, num(0)));
    expect(max(num(2), num(3))).toBe(num(3));
    expect(select("<", x, y, z, z)).toBe(z);
  });

  test("leaves what is not: x · 0 is NaN for NaN, −0 + 0 is +0, exp differs between engines", () => {
    for (const [e, at] of [[mul(x, num(0)), -1], [add(x, num(0)), -0], [sub(x, x), Infinity], [exp(num(1)), 0]] as const) {
      expect(cost(e)).toBe(1);
      expect(Number.isNaN(evaluator(e)([at])) || !Object.is(evaluator(e)([at]), at)).toBe(true);
    }
  });

  test("never changes the value of an expression, bit for bit", () => {
    fc.assert(
      fc.property(plain, number, number, number, (p, a, b, c) => {
        expect(evaluator(construct(p))([a, b, c])).toBe(value(p, [a, b, c]));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("walks", () => {
  test("a chain of 10,000 operations evaluates, prints, substitutes and measures", () => {
    let s = x;
    for (let i = 0; i < 10_000; i++) s = max(add(s, num(1)), y);
    expect(size(s)).toBe(40_001);
    expect(cost(s)).toBe(20_000);
    expect(evaluator(s)([0, -1])).toBe(10_000);
    expect(printScalar(s).length).toBeGreaterThan(100_000);
    expect(evaluator(substitute(s, [z, z]))([0, 0, -5])).toBe(9995);
  });

  test("sharing is not multiplied out: silu applied 60 times", () => {
    const silu = (s: Scalar): Scalar => div(s, add(exp(neg(s)), num(1)));
    let s = x;
    let expected = 3;
    for (let i = 0; i < 60; i++) {
      s = silu(s);
      expected = expected / (Math.exp(-expected) + 1);
    }
    expect(size(s)).toBeGreaterThan(2 ** 60);
    expect(cost(s)).toBe(240);
    expect(evaluator(s)([3])).toBe(expected);
    expect(cost(substitute(s, [y]))).toBe(240);
  });

  test("operands come before what reads them, each once", () => {
    expect(postorder(add(mul(x, y), mul(x, y)))).toEqual([x, y, mul(x, y), add(mul(x, y), mul(x, y))]);
    expect(argumentCount(add(arg(4), num(1)))).toBe(5);
    expect(argumentCount(num(1))).toBe(0);
  });

  test("substitution replaces all arguments at once", () => {
    expect(substitute(sub(x, y), [y, x])).toBe(sub(y, x));
    expect(substitute(sub(x, y), [z])).toBe(sub(z, y));
  });
});

describe("text", () => {
  test.each([
    [max(add(x, y), num(0)), "max(x0 + x1, 0)"],
    [sub(x, sub(y, z)), "x0 - (x1 - x2)"],
    [sub(sub(x, y), z), "x0 - x1 - x2"],
    [mul(add(x, y), z), "(x0 + x1) * x2"],
    [div(x, mul(y, z)), "x0 / (x1 * x2)"],
    [neg(mul(x, y)), "-(x0 * x1)"],
    [mul(neg(x), y), "-x0 * x1"],
    [div(x, add(exp(neg(x)), num(1))), "x0 / (exp(-x0) + 1)"],
    [select("<", x, num(0), mul(x, num(0.01)), x), "select(x0 < 0, x0 * 0.01, x0)"],
    [min(erf(x), num(-Infinity)), "min(erf(x0), -Infinity)"],
    [div(num(-0), x), "-0 / x0"],
    [add(x, num(1e-7)), "x0 + 1e-7"],
  ])("%# prints with few parentheses and reads back", (s, text) => {
    expect(printScalar(s)).toBe(text);
    expect(parseScalar(text)).toBe(s);
  });

  test("what is printed reads back as the same object", () => {
    fc.assert(
      fc.property(plain, (p) => {
        expect(parseScalar(printScalar(construct(p)))).toBe(construct(p));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["", "expected a number, an argument or a function and found the end"],
    ["x0 +", "expected a number, an argument or a function and found the end"],
    ["x0 x1", "expected an operator or the end and found 'x1'"],
    ["max(x0)", "expected ',' and found ')'"],
    ["sin(x0)", "expected a number, an argument or a function and found 'sin'"],
    ["select(x0, x1, x2)", "expected <, <= or == and found ','"],
    ["x0 $ 1", "'$' has no meaning"],
    ["x99999999999", "expected a number, an argument or a function"],
  ])("%j is refused: %s", (text, message) => {
    const found = parseScalar(text);
    expect(isProblem(found) && found.problem).toContain(message);
  });

  test("nesting is limited, not the stack's business", () => {
    for (const text of ["(".repeat(100_000), "-".repeat(100_000), "exp(".repeat(100_000), "max(0,".repeat(100_000), "select(".repeat(100_000)]) {
      const found = parseScalar(text);
      expect(isProblem(found) && found.problem).toContain("nests deeper than 128");
    }
  });
});
