// Running error analysis of scalar expressions (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3): beside each
// value, a bound on how far a target that rounds as `Arithmetic` says can be from it.
// Law: sound. Where nothing can be said (a division by what may be zero) the bound is Infinity.
import { compare, postorder, type BinaryOp, type Scalar, type UnaryOp } from "../../src/ir/scalar.ts";
import { binaryMeaning, unaryMeaning } from "../../src/ir/scalar-eval.ts";

/** How a target computes between loading and storing. */
export interface Arithmetic {
  /** Unit roundoff: 2⁻⁵³ where a kernel computes in f64, 2⁻²⁴ in f32. */
  readonly unit: number;
  /** Relative error of exp, log, tanh and erf. */
  readonly functions: number;
  /** Half the smallest number above zero. */
  readonly tiny: number;
  /** What rounds to infinity. */
  readonly overflow: number;
}

export const F64 = 2 ** -53;
export const F32 = 2 ** -24;

/** Scalar kernels: JavaScript numbers; the engine's own functions, good to a few units, and an erf good to 1e-15. */
export const doubles: Arithmetic = { unit: F64, functions: 1e-14, tiny: 0, overflow: Infinity };

/** Vector kernels: f32 throughout, with functions good to four units in the last place. */
export const singles: Arithmetic = { unit: F32, functions: 4 * F32, tiny: 2 ** -150, overflow: 2 ** 128 - 2 ** 103 };

/**
 * What WGSL promises (https://www.w3.org/TR/WGSL/#floating-point-accuracy): quotients to 2.5 units in the last place, eˣ to 3 + 2|x|,
 * which is 19 for |x| ≤ 8; numbers below the smallest normal one may be flushed.
 */
export const shaders: Arithmetic = { unit: 5 * F32, functions: 40 * F32, tiny: 2 ** -126, overflow: singles.overflow };

/** How each target computes. */
export const arithmetics = { ts: doubles, wasm: singles, wgsl: shaders } as const;

/** Numbers, and for each the largest error that a target may make; Infinity where any number will do. */
export interface Bounded {
  readonly value: Float64Array;
  readonly error: Float64Array;
}

export function exact(value: Float64Array): Bounded {
  return { value, error: new Float64Array(value.length) };
}

/** expr(operand₀[i], …) for each i, with its error. Every distinct part of the expression is computed once per element. */
export function mapBounded(expr: Scalar, operands: readonly Bounded[], length: number, arithmetic: Arithmetic): Bounded {
  const nodes = postorder(expr);
  const place = new Map(nodes.map((n, i) => [n, i]));
  const v = new Float64Array(nodes.length);
  const e = new Float64Array(nodes.length);
  const code = nodes.map((n, to) => instruction(n, to, v, e, (s) => place.get(s)!, operands, rules(arithmetic)));
  const out = { value: new Float64Array(length), error: new Float64Array(length) };
  for (let i = 0; i < length; i++) {
    for (const step of code) step(i);
    out.value[i] = v[nodes.length - 1]!;
    out.error[i] = e[nodes.length - 1]!;
  }
  return out;
}

type Rules = ReturnType<typeof rules>;

function instruction(n: Scalar, to: number, v: Float64Array, e: Float64Array, at: (s: Scalar) => number, operands: readonly Bounded[], r: Rules): (i: number) => void {
  switch (n.kind) {
    case "arg": {
      const { value, error } = operands[n.index]!;
      return (i) => {
        v[to] = value[i]!;
        e[to] = error[i]!;
      };
    }
    case "const": {
      return () => {
        v[to] = n.value;
        e[to] = r.constant(n.value);
      };
    }
    case "unary": {
      const a = at(n.a);
      const f = unaryMeaning[n.op];
      return () => {
        v[to] = f(v[a]!);
        e[to] = r.unary(n.op, v[to]!, v[a]!, e[a]!);
      };
    }
    case "binary": {
      const [a, b] = [at(n.a), at(n.b)];
      const f = binaryMeaning[n.op];
      return () => {
        v[to] = f(v[a]!, v[b]!);
        e[to] = r.binary(n.op, v[to]!, v[a]!, e[a]!, v[b]!, e[b]!);
      };
    }
    case "select": {
      const [a, b, then, otherwise] = [at(n.a), at(n.b), at(n.then), at(n.otherwise)];
      return () => {
        const taken = compare(n.test, v[a]!, v[b]!) ? then : otherwise;
        const other = taken === then ? otherwise : then;
        const blur = e[a]! + e[b]!;
        const sure = blur === 0 || Math.abs(v[a]! - v[b]!) > blur;
        v[to] = v[taken]!;
        e[to] = sure ? e[taken]! : either(v[taken]!, e[taken]!, v[other]!, e[other]!);
      };
    }
  }
}

/** The target may have taken the other branch. */
function either(v: number, e: number, other: number, otherError: number): number {
  const distance = Math.abs(v - other) + otherError;
  return Number.isNaN(distance) ? Infinity : Math.max(e, distance);
}

function rules({ unit, functions, tiny, overflow }: Arithmetic) {
  const u = unit + F64; // the reference rounds too
  const rounded = (value: number, carried: number): number => carried + u * (Math.abs(value) + carried) + tiny;

  /** Of a result that is no finite number: the same for sure (0), or unknown. */
  const notFinite = (sure: boolean): number => (sure ? 0 : Infinity);
  const known = (value: number, error: number): boolean => error === 0 || (Number.isFinite(value) && Number.isFinite(error));

  /** Is a number of the reference perhaps ∞ in the target? Nothing is known of what is made of that: ∞ · 0 is none. */
  const beyond = (value: number, error: number): boolean => Number.isFinite(value) && Math.abs(value) + error >= overflow;

  const monotone = (f: (x: number) => number, value: number, a: number, ea: number): number => {
    const spread = ea === 0 ? 0 : Math.max(Math.abs(f(a + ea) - value), Math.abs(f(a - ea) - value));
    return Number.isNaN(spread) ? Infinity : spread + (functions + F64) * (Math.abs(value) + spread) + tiny;
  };

  const unary = (op: UnaryOp, value: number, a: number, ea: number): number => {
    if (beyond(a, ea) && op !== "neg" && op !== "abs") return Infinity;
    if (!Number.isFinite(value)) return notFinite(ea === 0);
    switch (op) {
      case "neg": case "abs": return ea;
      case "sqrt": return a - ea < 0 ? Infinity : rounded(value, ea === 0 ? 0 : Math.max(Math.sqrt(a + ea) - value, value - Math.sqrt(a - ea)));
      case "exp": case "log": case "tanh": case "erf": return monotone(unaryMeaning[op], value, a, ea);
    }
  };

  const binary = (op: BinaryOp, value: number, a: number, ea: number, b: number, eb: number): number => {
    if ((beyond(a, ea) || beyond(b, eb)) && op !== "max" && op !== "min") return Infinity;
    if (!Number.isFinite(value)) {
      if (ea === 0 && eb === 0) return 0;
      if (Number.isNaN(value) && ((Number.isNaN(a) && ea === 0) || (Number.isNaN(b) && eb === 0))) return 0;
      const certain = (x: number, ex: number, y: number, ey: number): boolean => !Number.isFinite(x) && ex === 0 && known(y, ey) && (op === "add" || op === "sub" || Math.abs(y) > ey);
      return notFinite(op !== "max" && op !== "min" && (certain(a, ea, b, eb) || (op !== "div" && certain(b, eb, a, ea))));
    }
    if (ea === Infinity || eb === Infinity) return Infinity;
    switch (op) {
      case "add": case "sub": return rounded(value, ea + eb);
      case "mul": return rounded(value, ea === 0 && eb === 0 ? 0 : Math.abs(a) * eb + Math.abs(b) * ea + ea * eb);
      case "div": {
        if (Math.abs(b) === Infinity) return 0; // a / ∞ = 0
        return eb > 0 && Math.abs(b) <= eb ? Infinity : rounded(value, (ea + Math.abs(value) * eb) / (Math.abs(b) - eb));
      }
      case "max": case "min": return Math.max(ea, eb); // |max(a, b) − max(a′, b′)| ≤ max(|a − a′|, |b − b′|)
    }
  };

  // A target in f32 has the constant rounded to f32.
  const constant = (value: number): number => (unit > F64 && Number.isFinite(value) ? Math.abs(value - Math.fround(value)) : 0);
  return { unary, binary, constant };
}
