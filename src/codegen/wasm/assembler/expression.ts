// Expressions and statements of WebAssembly functions as data: a kernel is a tree of these; `encode.ts` makes bytes of it, `print.ts` text.
// Laws: every expression knows its type; an expression that stands in two places is computed twice (put it into a local);
// additions of constants are gathered, so that an address's constant part becomes the instruction's own offset.
import { CompilerError } from "../../../ir/problem.ts";
import { instructions, type Mnemonic, type ValueType } from "./instructions.ts";

export interface Local {
  readonly type: ValueType;
  readonly index: number;
  readonly name: string;
}

export type Expression =
  | { readonly kind: "const"; readonly type: ValueType; readonly value: number }
  | { readonly kind: "get"; readonly type: ValueType; readonly local: Local }
  | { readonly kind: "call"; readonly type: ValueType; readonly name: string; readonly operands: readonly Expression[] }
  /** One of the numbers that a module with threads imports. */
  | { readonly kind: "global"; readonly type: "i32"; readonly name: Global }
  /** a · b + c: one rounding where the engine fuses it, two where it does not. */
  | { readonly kind: "madd"; readonly type: "v128"; readonly operands: readonly [Expression, Expression, Expression] }
  | {
      readonly kind: "instruction";
      readonly type: ValueType;
      readonly name: Mnemonic;
      readonly operands: readonly Expression[];
      /** Address offset, lane, or the sixteen lanes of a shuffle. */
      readonly immediate: number | readonly number[] | null;
    };

/** Which thread this is, and how many there are; in the order of their import. */
export const globals = ["part", "parts"] as const;
export type Global = (typeof globals)[number];

export type Statement =
  | { readonly kind: "set"; readonly local: Local; readonly value: Expression }
  | { readonly kind: "store"; readonly name: Mnemonic; readonly address: Expression; readonly offset: number; readonly value: Expression }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] }
  /** do { body } while (test) */
  | { readonly kind: "loop"; readonly body: readonly Statement[]; readonly test: Expression }
  | { readonly kind: "block"; readonly body: readonly Statement[] }
  /** Leaves the innermost block where the test holds. */
  | { readonly kind: "leave"; readonly test: Expression }
  | { readonly kind: "if"; readonly test: Expression; readonly then: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly kind: "comment"; readonly text: string };

/** Operands may be written as numbers: i32 constants. */
export type Operand = Expression | Local | number;

export function expression(o: Operand): Expression {
  if (typeof o === "number") return { kind: "const", type: "i32", value: o };
  return "index" in o ? { kind: "get", type: o.type, local: o } : o;
}

export function f32(value: number): Expression {
  return { kind: "const", type: "f32", value: Math.fround(value) };
}

export function f64(value: number): Expression {
  return { kind: "const", type: "f64", value };
}

/** A vector of four equal numbers. */
export function splat(value: number): Expression {
  return { kind: "const", type: "v128", value: Math.fround(value) };
}

/** Any instruction that leaves a value. */
export function op(name: Mnemonic, operands: readonly Operand[], immediate: number | readonly number[] | null = null): Expression {
  const instruction = instructions[name];
  const given = operands.map(expression);
  const wrong = given.length !== instruction.operands.length || given.some((g, i) => g.type !== instruction.operands[i]);
  if (wrong || !instruction.result) throw new CompilerError("wasm", `${name} takes (${instruction.operands.join(" ")}), not (${given.map((g) => g.type).join(" ")})`);
  return { kind: "instruction", type: instruction.result, name, operands: given, immediate };
}

/** a · b + c, fused where the engine can. */
export function madd(a: Operand, b: Operand, c: Local): Expression {
  return { kind: "madd", type: "v128", operands: [expression(a), expression(b), expression(c)] };
}

export function callFor(type: ValueType, name: string, operands: readonly Operand[]): Expression {
  return { kind: "call", type, name, operands: operands.map(expression) };
}

/** i32 sum; constants are gathered at the right. */
export function add(...terms: readonly Operand[]): Expression {
  let constant = 0;
  let rest: Expression | null = null;
  for (const term of terms.map(expression)) {
    const { base, offset } = split(term);
    constant += offset;
    if (base) rest = rest ? op("i32.add", [rest, base]) : base;
  }
  if (!rest) return expression(constant);
  return constant === 0 ? rest : op("i32.add", [rest, constant]);
}

/** i32 product. */
export function mul(a: Operand, b: Operand): Expression {
  const [x, y] = [expression(a), expression(b)];
  if (x.kind === "const") return y.kind === "const" ? expression(Math.imul(x.value, y.value)) : mul(y, x);
  if (y.kind !== "const") return op("i32.mul", [x, y]);
  if (y.value === 0) return expression(0);
  if (y.value === 1) return x;
  const { base, offset } = split(x);
  if (offset !== 0 && base) return add(mul(base, y), offset * y.value);
  const shift = Math.log2(y.value);
  return Number.isInteger(shift) ? op("i32.shl", [x, shift]) : op("i32.mul", [x, y]);
}

export function sub(a: Operand, b: Operand): Expression {
  const y = expression(b);
  return y.kind === "const" ? add(a, -y.value) : op("i32.sub", [a, y]);
}

/** An i32 expression as something plus a constant. */
export function split(e: Expression): { readonly base: Expression | null; readonly offset: number } {
  if (e.kind === "const") return { base: null, offset: e.value };
  if (e.kind === "instruction" && e.name === "i32.add") {
    const last = e.operands[1]!;
    if (last.kind === "const") return { base: e.operands[0]!, offset: last.value };
  }
  return { base: e, offset: 0 };
}

/** A load; what is constant in the address becomes the instruction's offset. */
export function load(name: Extract<Mnemonic, `${string}load${string}`>, address: Operand, offset = 0): Expression {
  const at = addressed(address, offset);
  return op(name, [at.base], at.offset);
}

/** An instruction's offset is no negative number. */
export function addressed(address: Operand, more: number): { readonly base: Expression; readonly offset: number } {
  const { base, offset } = split(expression(address));
  const all = offset + more;
  if (all < 0) return { base: base ? add(base, all) : expression(all), offset: 0 };
  return { base: base ?? expression(0), offset: all };
}
