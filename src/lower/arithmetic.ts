// Operators and functions of compile-time values. In: values; out: a value, or what is wrong with them.
// Law: a division is exact, so 7 / 2 is 3.5, and whoever needs an integer says so; a result that is no finite number is a mistake.
import { problem, type Problem } from "../ir/problem.ts";
import type { BinaryOp } from "../language/ast.ts";
import type { FunctionName } from "../language/builtins.ts";
import type { Keys } from "./keys.ts";
import { isSequence, kindOf, lengthOf, printValue, type Range, type Sequence, type Value } from "./value.ts";

type NumberOp = Exclude<BinaryOp, "==" | "!=" | "&&" | "||" | "..">;

const numberOps: { readonly [op in NumberOp]: (a: number, b: number) => number | boolean } = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Every operator but `&&` and `||`, which look at one side first. */
export function binary(op: Exclude<BinaryOp, "&&" | "||">, a: Value, b: Value, keys: Keys): Value | Problem {
  if (op === "==" || op === "!=") return equal(a, b, keys) === (op === "==");
  if (op === "..") return range(a, b);
  if (typeof a !== "number" || typeof b !== "number") return problem(`${op} is about numbers, not ${kindOf(typeof a === "number" ? b : a)}`);
  const result = numberOps[op](a, b);
  return typeof result === "boolean" ? result : finite(result, () => `${printValue(a)} ${op} ${printValue(b)}`);
}

/** -0 becomes 0: the language has one zero. */
function finite(n: number, text: () => string): number | Problem {
  return Number.isFinite(n) ? n + 0 : problem(`${text()} is not a finite number`);
}

function range(a: Value, b: Value): Range | Problem {
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return problem(`a range goes from integer to integer, not from ${printValue(a)} to ${printValue(b)}`);
  return { kind: "range", start: Number(a), step: 1, length: Math.max(0, Number(b) - Number(a)) };
}

/** By content; values of different kinds are different. */
function equal(a: Value, b: Value, keys: Keys): boolean {
  const key = keys.of(a);
  return a === b || (key !== null && key === keys.of(b));
}

export function call(name: FunctionName, args: readonly Value[]): Value | Problem {
  switch (name) {
    case "ceil": case "floor": {
      const [x] = args;
      if (args.length !== 1 || typeof x !== "number") return problem(`${name} takes one number, not ${describe(args)}`);
      return Math[name](x) + 0;
    }
    case "min": case "max": return extreme(name, args);
    case "len": case "reverse": {
      const [x] = args;
      if (args.length !== 1 || x === undefined || !isSequence(x)) return problem(`${name} takes one list, not ${describe(args)}`);
      return name === "len" ? lengthOf(x) : reverse(x);
    }
  }
}

/** Of its arguments, or of the one list given. */
function extreme(name: "min" | "max", args: readonly Value[]): number | Problem {
  const [first] = args;
  if (args.length === 1 && first !== undefined && isSequence(first)) {
    if (first.kind === "range" && first.length > 0) return Math[name](first.start, first.start + first.step * (first.length - 1));
    if (first.kind === "list") return extreme(name, first.items.filter((v) => v !== undefined));
  }
  if (args.length === 0 || !args.every((v) => typeof v === "number")) return problem(`${name} takes numbers, at least one, not ${describe(args)}`);
  return args.reduce((a, b) => Math[name](a, b));
}

function reverse(s: Sequence): Sequence {
  if (s.kind === "list") return { kind: "list", items: [...s.items].reverse() };
  return { kind: "range", start: s.start + s.step * (s.length - 1), step: s.step === 1 ? -1 : 1, length: s.length };
}

function describe(args: readonly Value[]): string {
  return args.length === 0 ? "nothing" : args.map((a) => printValue(a)).join(", ");
}
