// Scalar expressions as numbers: the f64 meaning of each operation, and expressions compiled to a list of instructions.
import { compare, postorder, type BinaryOp, type Scalar, type UnaryOp } from "./scalar.ts";
import { erf } from "./erf.ts";

export const unaryMeaning: { readonly [op in UnaryOp]: (a: number) => number } = {
  neg: (a) => -a,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  erf,
};

export const binaryMeaning: { readonly [op in BinaryOp]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
};

/**
 * A function of the arguments' values. Every distinct node is computed once per call, into a register of its own, so sharing
 * and depth cost what they should. The function may be called any number of times, not recursively.
 */
export function evaluator(s: Scalar): (args: ArrayLike<number>) => number {
  const nodes = postorder(s);
  const place = new Map(nodes.map((n, i) => [n, i]));
  const registers = new Float64Array(nodes.length);
  const read = (n: Scalar): number => place.get(n)!;
  const code = nodes.map((n, to): ((args: ArrayLike<number>) => void) => {
    switch (n.kind) {
      case "arg": return (args) => void (registers[to] = args[n.index]!);
      case "const": return () => void (registers[to] = n.value);
      case "unary": {
        const [f, a] = [unaryMeaning[n.op], read(n.a)];
        return () => void (registers[to] = f(registers[a]!));
      }
      case "binary": {
        const [f, a, b] = [binaryMeaning[n.op], read(n.a), read(n.b)];
        return () => void (registers[to] = f(registers[a]!, registers[b]!));
      }
      case "select": {
        const [a, b, then, otherwise] = [read(n.a), read(n.b), read(n.then), read(n.otherwise)];
        return () => void (registers[to] = compare(n.test, registers[a]!, registers[b]!) ? registers[then]! : registers[otherwise]!);
      }
    }
  });
  return (args) => {
    for (const step of code) step(args);
    return registers[nodes.length - 1]!;
  };
}
