// Scalar expressions as JavaScript. Shared and deep parts become constants of their own, so the text is flat whatever the size.
import { foldScalar, operandsOf, postorder, type BinaryOp, type Scalar, type UnaryOp } from "../../ir/scalar.ts";
import type { Emission } from "./kernel.ts";

/** Statements to run first, and the expression that then holds the value. */
export interface ScalarCode {
  readonly statements: readonly string[];
  readonly value: string;
}

interface Piece {
  readonly text: string;
  readonly level: number;
}

const infix: { readonly [op in BinaryOp]?: { readonly sign: string; readonly level: number } } = {
  add: { sign: "+", level: 2 },
  sub: { sign: "-", level: 2 },
  mul: { sign: "*", level: 3 },
  div: { sign: "/", level: 3 },
};
const [SELECT, UNARY, ATOM] = [0, 4, 5];
const LONGEST = 90;

/** The expression over `args`, which must be names or element reads that may be repeated. `prefix` starts the names of constants. */
export function scalarCode(s: Scalar, args: readonly string[], to: Emission, prefix = "t"): ScalarCode {
  const uses = new Map<Scalar, number>();
  for (const n of postorder(s)) for (const o of operandsOf(n)) uses.set(o, (uses.get(o) ?? 0) + 1);
  const statements: string[] = [];
  const value = foldScalar<Piece>(s, (n, of) => {
    const piece = write(n, of, args, to);
    const simple = n.kind === "const" || (n.kind === "arg" && ((uses.get(n) ?? 0) <= 1 || /^\w+$/.test(piece.text)));
    if (simple || (piece.text.length <= LONGEST && (uses.get(n) ?? 0) <= 1)) return piece;
    const name = `${prefix}${statements.length}`;
    statements.push(`const ${name} = ${piece.text};`);
    return { text: name, level: ATOM };
  });
  return { statements, value: value.text };
}

function write(n: Scalar, of: (operand: Scalar) => Piece, args: readonly string[], to: Emission): Piece {
  switch (n.kind) {
    case "arg": return { text: args[n.index]!, level: ATOM };
    case "const": return { text: number(n.value), level: n.value < 0 || Object.is(n.value, -0) ? UNARY : ATOM };
    case "unary": return n.op === "neg" ? { text: `-${wrap(of(n.a), ATOM)}`, level: UNARY } : { text: `${functionOf(n.op, to)}(${of(n.a).text})`, level: ATOM };
    case "binary": {
      const form = infix[n.op];
      if (!form) return { text: `Math.${n.op}(${of(n.a).text}, ${of(n.b).text})`, level: ATOM };
      return { text: `${wrap(of(n.a), form.level)} ${form.sign} ${wrap(of(n.b), form.level + 1)}`, level: form.level };
    }
    case "select": {
      const test = `${wrap(of(n.a), 2)} ${n.test === "==" ? "===" : n.test} ${wrap(of(n.b), 2)}`;
      return { text: `${test} ? ${wrap(of(n.then), 1)} : ${wrap(of(n.otherwise), 1)}`, level: SELECT };
    }
  }
}

function functionOf(op: Exclude<UnaryOp, "neg">, to: Emission): string {
  if (op === "abs" || op === "sqrt") return `Math.${op}`; // exact everywhere
  return op === "erf" || to.selection.strictMath ? to.runtime(op) : `Math.${op}`;
}

function wrap(piece: Piece, atLeast: number): string {
  return piece.level >= atLeast ? piece.text : `(${piece.text})`;
}

/** A number literal; -0, NaN and the infinities included. */
export function number(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
