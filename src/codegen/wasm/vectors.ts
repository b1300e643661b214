// Scalar expressions over vectors of four: what maps and epilogues compute, in registers. Shared parts are computed once, into locals.
import { foldScalar, operandsOf, postorder, type Scalar, type UnaryOp } from "../../ir/scalar.ts";
import { callFor, load, op, splat, type Expression, type Local, type Operand } from "./assembler/expression.ts";
import type { FunctionBuilder } from "./assembler/function.ts";
import type { Emission } from "./kernel.ts";
import { functionRoutine } from "./routines/functions.ts";

const plain = { add: "f32x4.add", sub: "f32x4.sub", mul: "f32x4.mul", div: "f32x4.div", max: "f32x4.max", min: "f32x4.min" } as const;
const tests = { "<": "f32x4.lt", "<=": "f32x4.le", "==": "f32x4.eq" } as const;

/** Locals for shared parts of expressions, one per part and place, so that a kernel with many tiles does not run out of them. */
export class Scratchpad {
  readonly #f: FunctionBuilder;
  readonly #locals: Local[] = [];

  constructor(f: FunctionBuilder) {
    this.#f = f;
  }

  at(index: number): Local {
    return (this.#locals[index] ??= this.#f.local("v128", `t${index}`));
  }
}

/** The value of the expression; `args` are computed as often as they are read, unless they are locals or are read twice. */
export function vectorCode(f: FunctionBuilder, to: Emission, pad: Scratchpad, s: Scalar, args: readonly Operand[]): Expression {
  const uses = new Map<Scalar, number>();
  for (const n of postorder(s)) for (const o of operandsOf(n)) uses.set(o, (uses.get(o) ?? 0) + 1);
  let next = 0;
  return foldScalar<Expression>(s, (n, of) => {
    const made = write(n, of, args, to);
    if (made.kind === "const" || made.kind === "get" || (uses.get(n) ?? 0) <= 1) return made;
    const local = pad.at(next++);
    f.set(local, made);
    return { kind: "get", type: "v128", local };
  });
}

function write(n: Scalar, of: (operand: Scalar) => Expression, args: readonly Operand[], to: Emission): Expression {
  switch (n.kind) {
    case "arg": {
      const a = args[n.index]!;
      return typeof a === "number" ? splat(a) : "index" in a ? { kind: "get", type: "v128", local: a } : a;
    }
    case "const": return splat(n.value);
    case "unary": return unary(n.op, of(n.a), to);
    case "binary": {
      // A maximum with a positive constant, or with +0 of what is compared first: pmax(a, b) is b only where a < b, so NaN and a's zero stay.
      if (n.op === "max" && n.b.kind === "const" && n.b.value > 0) return op("f32x4.pmax", [of(n.a), of(n.b)]);
      if (n.op === "max" && n.b.kind === "const" && Object.is(n.b.value, 0)) return relu(of(n.a));
      return op(plain[n.op], [of(n.a), of(n.b)]);
    }
    case "select": return op("v128.bitselect", [of(n.then), of(n.otherwise), op(tests[n.test], [of(n.a), of(n.b)])]);
  }
}

/** max(a, 0): pmax keeps NaN, and −0, which nothing that a program can say tells from +0 but a division. */
function relu(a: Expression): Expression {
  return op("f32x4.pmax", [a, splat(0)]);
}

function unary(name: UnaryOp, a: Expression, to: Emission): Expression {
  switch (name) {
    case "neg": return op("f32x4.neg", [a]);
    case "abs": return op("f32x4.abs", [a]);
    case "sqrt": return op("f32x4.sqrt", [a]);
    case "exp": case "log": case "tanh": case "erf": return callFor("v128", functionRoutine(to, name), [a]);
  }
}

/** The first `lanes` numbers of a vector are stored. */
export function storeLanes(f: FunctionBuilder, address: Operand, offset: number, value: Local, lanes: number): void {
  if (lanes >= 4) f.store("v128.store", address, offset, value);
  else for (let l = 0; l < lanes; l++) f.store("f32.store", address, offset + 4 * l, op("f32x4.extract_lane", [value], l));
}

/** Four numbers, or one four times. */
export function loadVector(address: Operand, offset: number, repeated: boolean): Expression {
  return load(repeated ? "v128.load32_splat" : "v128.load", address, offset);
}
