// Scalar expressions as WGSL, over numbers or over four at a time. Shared and deep parts become constants of their own, so the text is
// flat whatever the size. Law: what WGSL leaves open (∞, NaN, the precision of tanh) is written out or kept away from.
import { foldScalar, operandsOf, postorder, type Scalar, type UnaryOp } from "../../ir/scalar.ts";
import { lines } from "../code.ts";
import { ERF, ERFC, TANH } from "../polynomials.ts";
import type { Shader } from "./shader.ts";

/** The least finite number: WGSL has no constant −∞. */
export const LEAST = "-3.4028234663852886e38f";

/** Statements to run first, and the expression that then holds the value. */
export interface ScalarCode {
  readonly statements: readonly string[];
  readonly value: string;
}

interface Piece {
  readonly text: string;
  readonly level: number;
}

const infix = { add: { sign: "+", level: 2 }, sub: { sign: "-", level: 2 }, mul: { sign: "*", level: 3 }, div: { sign: "/", level: 3 } } as const;
const [UNARY, ATOM] = [4, 5];
const LONGEST = 90;

/** The expression over `args`, which are numbers, or vectors of four where `wide`. `prefix` starts the names of constants. */
export function scalarCode(s: Scalar, args: readonly string[], shader: Shader, wide: boolean, prefix = "t"): ScalarCode {
  const uses = new Map<Scalar, number>();
  for (const n of postorder(s)) for (const o of operandsOf(n)) uses.set(o, (uses.get(o) ?? 0) + 1);
  const statements: string[] = [];
  const value = foldScalar<Piece>(s, (n, of) => {
    const piece = write(n, of, args, shader, wide);
    const often = (uses.get(n) ?? 0) > 1;
    const simple = n.kind === "const" || (n.kind === "arg" && (!often || /^\w+$/.test(piece.text)));
    if (simple || (piece.text.length <= LONGEST && !often)) return piece;
    const name = `${prefix}${statements.length}`;
    statements.push(`let ${name} = ${piece.text};`);
    return { text: name, level: ATOM };
  });
  return { statements, value: value.text };
}

function write(n: Scalar, of: (operand: Scalar) => Piece, args: readonly string[], shader: Shader, wide: boolean): Piece {
  switch (n.kind) {
    case "arg": return { text: args[n.index]!, level: ATOM };
    case "const": return { text: wide ? `vec4f(${number(n.value, shader)})` : number(n.value, shader), level: ATOM };
    case "unary": return n.op === "neg" ? { text: `-${wrap(of(n.a), ATOM)}`, level: UNARY } : { text: `${functionOf(n.op, shader, wide)}(${of(n.a).text})`, level: ATOM };
    case "binary": {
      if (n.op === "max" || n.op === "min") return { text: `${n.op}(${of(n.a).text}, ${of(n.b).text})`, level: ATOM };
      const form = infix[n.op];
      return { text: `${wrap(of(n.a), form.level)} ${form.sign} ${wrap(of(n.b), form.level + 1)}`, level: form.level };
    }
    case "select": return { text: `select(${of(n.otherwise).text}, ${of(n.then).text}, ${wrap(of(n.a), 2)} ${n.test} ${wrap(of(n.b), 2)})`, level: ATOM };
  }
}

function wrap(piece: Piece, atLeast: number): string {
  return piece.level >= atLeast ? piece.text : `(${piece.text})`;
}

/** A number literal of f32. What is no finite number is made of its bits where the shader runs: WGSL has no constant for it. */
export function number(value: number, shader: Shader): string {
  const single = Math.fround(value);
  if (Number.isFinite(single)) return single < 0 || Object.is(single, -0) ? `(${Object.is(single, -0) ? "-0" : single}f)` : `${single}f`;
  const name = Number.isNaN(single) ? "nan" : single > 0 ? "infinity" : "minus_infinity";
  const bits = Number.isNaN(single) ? "0x7fc00000u" : single > 0 ? "0x7f800000u" : "0xff800000u";
  shader.helper(name, `var<private> ${name}: u32 = ${bits};`);
  return `bitcast<f32>(${name})`;
}

function functionOf(op: Exclude<UnaryOp, "neg">, shader: Shader, wide: boolean): string {
  if (op !== "tanh" && op !== "erf") return op;
  const name = `${op}${wide ? 4 : 1}`;
  return shader.helper(name, lines(`fn ${name}(x: ${wide ? "vec4f" : "f32"}) -> ${wide ? "vec4f" : "f32"} {`, bodies[op](wide ? "vec4f" : "f32"), `}`));
}

const bodies = {
  // tanh x = 1 − 2 / (e²ˣ + 1), but near zero, where that loses digits, x + x³ · P(x²). 1 − tanh 10 vanishes beside 1.
  tanh: (type: string) => lines(
    `let a = min(abs(x), ${type}(10f));`,
    `let z = a * a;`,
    `let near = a + a * z * (${polynomial("z", TANH)});`,
    `let far = 1f - 2f / (exp(a + a) + 1f);`,
    signed(type, "0.625f"),
  ),
  // erf x = x + x · P(x²) up to one, from there on 1 − e to the −Q(x). 1 − erf 4 vanishes beside 1.
  erf: (type: string) => lines(
    `let a = min(abs(x), ${type}(4f));`,
    `let z = a * a;`,
    `let near = a + a * (${polynomial("z", ERF)});`,
    `let far = 1f - exp(-(${polynomial("a", ERFC)}));`,
    signed(type, "1f"),
  ),
} as const;

function signed(type: string, bound: string): string {
  return lines(`let v = select(far, near, a < ${type}(${bound}));`, `return select(v, -v, x < ${type}(0f));`);
}

/** c₀ + x·(c₁ + x·(c₂ + …)) */
function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients.slice(0, -1).reduceRight((inner, c) => `${c}f + ${x} * (${inner})`, `${coefficients.at(-1)!}f`);
}
