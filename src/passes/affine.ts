// Scalar expressions as straight lines in their first argument.
import { add, arg, div, foldScalar, mul, neg, num, operandsOf, sub, type Scalar } from "../ir/scalar.ts";

/** slope · x + shift; null is zero. */
export interface Line {
  readonly slope: Scalar | null;
  readonly shift: Scalar | null;
}

const known = new WeakMap<Scalar, { readonly line: Line | null }>();

/** The expression as a line in x0, slope and shift free of it; null where it is none. */
export function lineOf(expr: Scalar): Line | null {
  let found = known.get(expr);
  if (!found) known.set(expr, (found = { line: find(expr) }));
  return found.line;
}

function find(expr: Scalar): Line | null {
  return foldScalar<Line | null>(expr, (n, of) => {
    if (n === arg(0)) return { slope: num(1), shift: null };
    if (operandsOf(n).every((o) => of(o)?.slope === null)) return { slope: null, shift: n };
    if (n.kind === "unary") {
      const a = of(n.a);
      return n.op === "neg" && a ? { slope: both(neg, a.slope), shift: both(neg, a.shift) } : null;
    }
    if (n.kind !== "binary") return null;
    const [a, b] = [of(n.a), of(n.b)];
    if (!a || !b) return null;
    switch (n.op) {
      case "add": return { slope: sum(a.slope, b.slope), shift: sum(a.shift, b.shift) };
      case "sub": return { slope: difference(a.slope, b.slope), shift: difference(a.shift, b.shift) };
      case "mul": return a.slope ? (b.slope ? null : times(a, n.b)) : times(b, n.a);
      case "div": return b.slope ? null : { slope: both((s) => div(s, n.b), a.slope), shift: both((s) => div(s, n.b), a.shift) };
      default: return null;
    }
  });
}

function both(f: (s: Scalar) => Scalar, s: Scalar | null): Scalar | null {
  return s && f(s);
}

function times(line: Line, factor: Scalar): Line {
  return { slope: both((s) => mul(s, factor), line.slope), shift: both((s) => mul(s, factor), line.shift) };
}

function sum(a: Scalar | null, b: Scalar | null): Scalar | null {
  return a && b ? add(a, b) : (a ?? b);
}

function difference(a: Scalar | null, b: Scalar | null): Scalar | null {
  return a && b ? sub(a, b) : (a ?? (b && neg(b)));
}
