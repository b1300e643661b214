// Scalar expressions: the body of an elementwise op, over arguments x0, x1, …; shape, derivative, cost and the code of every
// target follow from it. Laws: immutable, made by the constructors here alone and interned (equal expressions are one object),
// so that an expression may be a graph with sharing: walk it with `foldScalar`, which is iterative and visits each node once.
// The constructors simplify, but only where IEEE arithmetic gives the same value for every input, NaN, ±∞ and ±0 included.
import { Interner } from "./intern.ts";
import { CompilerError } from "./problem.ts";

export type UnaryOp = "neg" | "abs" | "exp" | "log" | "sqrt" | "tanh" | "erf";
export type BinaryOp = "add" | "sub" | "mul" | "div" | "max" | "min";
export type Compare = "<" | "<=" | "==";

export type Scalar =
  | { readonly kind: "arg"; readonly index: number }
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Scalar }
  /** max and min are NaN where an operand is NaN, and order -0 below +0 (as Math.max, Math.min and WebAssembly do). */
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly a: Scalar; readonly b: Scalar }
  /** a < b ? then : otherwise; the test is false where an operand is NaN. */
  | { readonly kind: "select"; readonly test: Compare; readonly a: Scalar; readonly b: Scalar; readonly then: Scalar; readonly otherwise: Scalar };

/** What is known of an expression since it was made. */
interface Facts {
  readonly id: number;
  /** Nodes of the expression written out as a tree; may be astronomically large, then Infinity. */
  readonly size: number;
  /** One more than the largest argument index. */
  readonly arguments: number;
}

const facts = new WeakMap<Scalar, Facts>();
const scalars = new Interner<Scalar>();
let nextId = 0;

/** The key names the operands by their ids; ids are never used twice. */
function intern(key: string, make: () => Scalar, operands: readonly Scalar[]): Scalar {
  return scalars.get(key, () => {
    const s = Object.freeze(make());
    const known = operands.map(factsOf);
    facts.set(s, {
      id: nextId++,
      size: known.reduce((sum, f) => sum + f.size, 1),
      arguments: known.reduce((most, f) => Math.max(most, f.arguments), s.kind === "arg" ? s.index + 1 : 0),
    });
    return s;
  });
}

function factsOf(s: Scalar): Facts {
  const known = facts.get(s);
  if (!known) throw new CompilerError("scalar", `an expression of kind ${s.kind} was not made by its constructor`);
  return known;
}

/** Nodes of the expression written out as a tree: what printing it costs. Sharing can make it exponential in the node count. */
export function size(s: Scalar): number {
  return factsOf(s).size;
}

/** One more than the largest argument index: how many operands the expression asks for. */
export function argumentCount(s: Scalar): number {
  return factsOf(s).arguments;
}

export function operandsOf(s: Scalar): readonly Scalar[] {
  switch (s.kind) {
    case "arg": case "const": return [];
    case "unary": return [s.a];
    case "binary": return [s.a, s.b];
    case "select": return [s.a, s.b, s.then, s.otherwise];
  }
}

/** The distinct nodes of an expression, operands first, the expression itself last. Iterative. */
export function postorder(s: Scalar): readonly Scalar[] {
  const done = new Set<Scalar>();
  const stack = [s];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const open = done.has(top) ? [] : operandsOf(top).filter((o) => !done.has(o));
    if (open.length > 0) stack.push(...open.reverse());
    else {
      done.add(top);
      stack.pop();
    }
  }
  return [...done];
}

/** Computes a value for the expression from the values of its operands, once per distinct node. Iterative. */
export function foldScalar<T>(s: Scalar, visit: (node: Scalar, of: (operand: Scalar) => T) => T): T {
  const values = new Map<Scalar, T>();
  const of = (operand: Scalar): T => values.get(operand) as T;
  for (const node of postorder(s)) values.set(node, visit(node, of));
  return of(s);
}

/** Operations, each shared one counted once. */
export function cost(s: Scalar): number {
  return postorder(s).filter((n) => n.kind !== "arg" && n.kind !== "const").length;
}

/** The expression with x0, x1, … replaced; arguments beyond the list stay. */
export function substitute(s: Scalar, replacements: readonly Scalar[]): Scalar {
  if (replacements.every((r, k) => r.kind === "arg" && r.index === k)) return s;
  return foldScalar<Scalar>(s, (n, of) => (n.kind === "arg" ? (replacements[n.index] ?? n) : rebuild(n, of)));
}

/** The node made again from other operands. */
export function rebuild(n: Scalar, of: (operand: Scalar) => Scalar): Scalar {
  switch (n.kind) {
    case "arg": case "const": return n;
    case "unary": return unary(n.op, of(n.a));
    case "binary": return binary(n.op, of(n.a), of(n.b));
    case "select": return select(n.test, of(n.a), of(n.b), of(n.then), of(n.otherwise));
  }
}

// ── constructors ───────────────────────────────────────────────────────────────────────────────────────────────────

export function arg(index: number): Scalar {
  return intern(`x${index}`, () => ({ kind: "arg", index }), []);
}

export function num(value: number): Scalar {
  return intern(Object.is(value, -0) ? "-0" : `${value}`, () => ({ kind: "const", value }), []);
}

function isNum(s: Scalar, value: number): boolean {
  return s.kind === "const" && Object.is(s.value, value);
}

export function unary(op: UnaryOp, a: Scalar): Scalar {
  switch (op) {
    case "neg": return neg(a);
    case "abs": return abs(a);
    case "exp": return exp(a);
    case "log": return log(a);
    case "sqrt": return sqrt(a);
    case "tanh": return tanh(a);
    case "erf": return erf(a);
  }
}

export function binary(op: BinaryOp, a: Scalar, b: Scalar): Scalar {
  switch (op) {
    case "add": return add(a, b);
    case "sub": return sub(a, b);
    case "mul": return mul(a, b);
    case "div": return div(a, b);
    case "max": return max(a, b);
    case "min": return min(a, b);
  }
}

function plainUnary(op: UnaryOp, a: Scalar): Scalar {
  return intern(`${op} ${factsOf(a).id}`, () => ({ kind: "unary", op, a }), [a]);
}

function plainBinary(op: BinaryOp, a: Scalar, b: Scalar): Scalar {
  return intern(`${op} ${factsOf(a).id} ${factsOf(b).id}`, () => ({ kind: "binary", op, a, b }), [a, b]);
}

// Constants fold only where IEEE 754 rounds correctly (+ − × ÷ √ and selections). exp, log, tanh and erf of a constant stay:
// engines differ in their last digit, and a compiled module must not depend on the machine that compiled it.

export function neg(a: Scalar): Scalar {
  if (a.kind === "const") return num(-a.value);
  if (a.kind === "unary" && a.op === "neg") return a.a; // −(−a) = a: flips the sign bit twice
  return plainUnary("neg", a);
}

export function abs(a: Scalar): Scalar {
  if (a.kind === "const") return num(Math.abs(a.value));
  if (a.kind === "unary" && a.op === "abs") return a; // ||a|| = |a|: the sign bit is clear already
  if (a.kind === "unary" && a.op === "neg") return abs(a.a); // |−a| = |a|: the sign bit is cleared anyway
  return plainUnary("abs", a);
}

export function sqrt(a: Scalar): Scalar {
  return a.kind === "const" ? num(Math.sqrt(a.value)) : plainUnary("sqrt", a);
}

export function exp(a: Scalar): Scalar {
  return plainUnary("exp", a);
}

export function log(a: Scalar): Scalar {
  return plainUnary("log", a);
}

export function tanh(a: Scalar): Scalar {
  return plainUnary("tanh", a);
}

export function erf(a: Scalar): Scalar {
  return plainUnary("erf", a);
}

export function add(a: Scalar, b: Scalar): Scalar {
  if (a.kind === "const") {
    if (b.kind === "const") return num(a.value + b.value);
    return add(b, a); // a + b = b + a
  }
  if (isNum(b, -0)) return a; // a + (−0) = a, also for ±0; a + 0 is not: −0 + 0 = +0
  if (b.kind === "const" && b.value < 0) return sub(a, num(-b.value)); // a + (−c) = a − c: the definition of −
  if (b.kind === "unary" && b.op === "neg") return sub(a, b.a); // a + (−b) = a − b: the definition of −
  return plainBinary("add", a, b);
}

export function sub(a: Scalar, b: Scalar): Scalar {
  if (a.kind === "const" && b.kind === "const") return num(a.value - b.value);
  if (isNum(b, 0)) return a; // a − 0 = a + (−0) = a
  if (isNum(a, -0)) return neg(b); // (−0) − b = (−0) + (−b) = −b, also for ±0; 0 − b is not: 0 − 0 = +0
  if (b.kind === "const" && (b.value < 0 || isNum(b, -0))) return add(a, num(-b.value)); // a − (−c) = a + c
  if (b.kind === "unary" && b.op === "neg") return add(a, b.a); // a − (−b) = a + b
  return plainBinary("sub", a, b);
}

export function mul(a: Scalar, b: Scalar): Scalar {
  if (a.kind === "const") {
    if (b.kind === "const") return num(a.value * b.value);
    return mul(b, a); // a · b = b · a
  }
  if (isNum(b, 1)) return a; // a · 1 = a; a · 0 stays: it is NaN for NaN and ∞, −0 for negative a
  if (isNum(b, -1)) return neg(a); // a · (−1) = −a: exact, the sign is the xor
  return plainBinary("mul", a, b);
}

export function div(a: Scalar, b: Scalar): Scalar {
  if (a.kind === "const" && b.kind === "const") return num(a.value / b.value);
  if (isNum(b, 1)) return a; // a / 1 = a
  if (isNum(b, -1)) return neg(a); // a / (−1) = −a
  return plainBinary("div", a, b);
}

export function max(a: Scalar, b: Scalar): Scalar {
  return extreme("max", Math.max, a, b);
}

export function min(a: Scalar, b: Scalar): Scalar {
  return extreme("min", Math.min, a, b);
}

function extreme(op: "max" | "min", of: (a: number, b: number) => number, a: Scalar, b: Scalar): Scalar {
  if (a === b) return a; // max(a, a) = a, also for NaN
  if (a.kind === "const") {
    if (b.kind === "const") return num(of(a.value, b.value));
    return extreme(op, of, b, a); // max(a, b) = max(b, a): ±0 are ordered
  }
  if (b.kind === "const" && a.kind === "binary" && a.op === op && a.b.kind === "const") {
    return extreme(op, of, a.a, num(of(a.b.value, b.value))); // max(max(a, c), d) = max(a, max(c, d)): max selects, nothing rounds
  }
  return plainBinary(op, a, b);
}

/** a `test` b ? then : otherwise. */
export function select(test: Compare, a: Scalar, b: Scalar, then: Scalar, otherwise: Scalar): Scalar {
  if (then === otherwise) return then; // whatever the test says
  if (a.kind === "const" && b.kind === "const") return compare(test, a.value, b.value) ? then : otherwise;
  const operands = [a, b, then, otherwise];
  return intern(`${test} ${operands.map((o) => factsOf(o).id).join(" ")}`, () => ({ kind: "select", test, a, b, then, otherwise }), operands);
}

export function compare(test: Compare, a: number, b: number): boolean {
  return test === "<" ? a < b : test === "<=" ? a <= b : a === b;
}
