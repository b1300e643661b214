// Derivatives of scalar expressions, by reverse mode (Griewank and Walther, Evaluating Derivatives, chapter 3): each part of the
// expression is visited once, and what has no derivative is not there, rather than zero.
// Laws, where there is no derivative: a maximum or minimum with a constant has none at the constant (relu'(0) = 0), of two equal
// operands the first has it all; |x|' is 0 at 0; a selection's test is taken as it fell.
import { add, argumentCount, div, exp, mul, neg, num, postorder, select, sub, type Scalar } from "./scalar.ts";

type Push = (operand: Scalar, adjoint: Scalar) => void;

/**
 * seed · ∂s/∂xₖ for each argument k that the expression depends on. `result` stands for the value of `s` where a derivative reads it:
 * s itself, or an argument that holds it already.
 */
export function adjointsOf(s: Scalar, seed: Scalar, result: Scalar = s): ReadonlyMap<number, Scalar> {
  const adjoints = new Map<Scalar, Scalar>([[s, seed]]);
  const push: Push = (operand, adjoint) => {
    if (argumentCount(operand) === 0) return;
    const known = adjoints.get(operand);
    adjoints.set(operand, known ? add(known, adjoint) : adjoint);
  };
  const found = new Map<number, Scalar>();
  for (const n of postorder(s).toReversed()) {
    const adjoint = adjoints.get(n);
    if (!adjoint) continue;
    if (n.kind === "arg") found.set(n.index, adjoint);
    else pushOperands(n, adjoint, n === s ? result : n, push);
  }
  return found;
}

/** ∂s/∂xₖ; null where it is zero whatever the arguments. */
export function derivative(s: Scalar, k: number): Scalar | null {
  return adjointsOf(s, num(1)).get(k) ?? null;
}

const ZERO = num(0);

/** What the operands of a node get; `value` is the node's own. */
function pushOperands(n: Scalar, adjoint: Scalar, value: Scalar, push: Push): void {
  switch (n.kind) {
    case "arg": case "const": return;
    case "unary": return push(n.a, unaryAdjoint(n, adjoint, value));
    case "select": {
      push(n.then, select(n.test, n.a, n.b, adjoint, ZERO));
      return push(n.otherwise, select(n.test, n.a, n.b, ZERO, adjoint));
    }
    case "binary": return binaryAdjoints(n, adjoint, value, push);
  }
}

function unaryAdjoint({ op, a }: Extract<Scalar, { kind: "unary" }>, adjoint: Scalar, value: Scalar): Scalar {
  switch (op) {
    case "neg": return neg(adjoint);
    case "abs": return select("<", a, ZERO, neg(adjoint), select("==", a, ZERO, ZERO, adjoint));
    case "exp": return mul(adjoint, value);
    case "log": return div(adjoint, a);
    case "sqrt": return div(adjoint, mul(value, num(2)));
    case "tanh": return mul(adjoint, sub(num(1), mul(value, value)));
    case "erf": return mul(adjoint, mul(exp(neg(mul(a, a))), num(2 / Math.sqrt(Math.PI))));
  }
}

function binaryAdjoints(n: Extract<Scalar, { kind: "binary" }>, adjoint: Scalar, value: Scalar, push: Push): void {
  const { op, a, b } = n;
  switch (op) {
    case "add": {
      push(a, adjoint);
      return push(b, adjoint);
    }
    case "sub": {
      push(a, adjoint);
      return push(b, neg(adjoint));
    }
    case "mul": {
      if (a === b) return push(a, mul(adjoint, mul(a, num(2))));
      push(a, mul(adjoint, b));
      return push(b, mul(adjoint, a));
    }
    case "div": {
      push(a, div(adjoint, b));
      const u = exponentOf(b);
      if (u) return push(u, neg(div(mul(adjoint, value), add(exp(neg(u)), num(1)))));
      return push(b, neg(div(mul(adjoint, value), b)));
    }
    case "max": case "min": return extremeAdjoints(n, adjoint, value, push);
  }
}

/**
 * u of exp(u) + 1, whose logarithm has the derivative exp(u) / (exp(u) + 1). Written so, exp(u) is infinite from u = 89 on in f32, and times
 * zero it is no number; 1 − 1 / (exp(u) + 1) cancels where exp(u) is small. 1 / (exp(−u) + 1) does neither.
 */
function exponentOf(s: Scalar): Scalar | null {
  if (s.kind !== "binary" || s.op !== "add") return null;
  const [e, one] = isOne(s.a) ? [s.b, s.a] : [s.a, s.b];
  return isOne(one) && e.kind === "unary" && e.op === "exp" ? e.a : null;
}

function isOne(s: Scalar): boolean {
  return s.kind === "const" && s.value === 1;
}

/** max(a, c) > c where a > c, so that the result tells what the operand would. */
function extremeAdjoints({ op, a, b }: Extract<Scalar, { kind: "binary" }>, adjoint: Scalar, value: Scalar, push: Push): void {
  const below = (x: Scalar, y: Scalar): readonly [Scalar, Scalar] => (op === "max" ? [x, y] : [y, x]);
  if (argumentCount(a) === 0 || argumentCount(b) === 0) {
    const [free, fixed] = argumentCount(b) === 0 ? [a, b] : [b, a];
    return push(free, select("<", ...below(fixed, value), adjoint, ZERO));
  }
  push(a, select("<", ...below(a, b), ZERO, adjoint));
  push(b, select("<", ...below(a, b), adjoint, ZERO));
}
