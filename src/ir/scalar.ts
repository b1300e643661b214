// Scalar expressions: the body of an elementwise op, over arguments x0, x1, …; shape, derivative, cost and the code of every
// target follow from it. Law: immutable and interned (equal expressions are one object), simplified when made.

export type UnaryOp = "neg" | "abs" | "exp" | "log" | "sqrt" | "tanh" | "erf";
export type BinaryOp = "add" | "sub" | "mul" | "div" | "max" | "min";
export type Compare = "<" | "<=" | "==";

export type Scalar =
  | { readonly kind: "arg"; readonly index: number }
  | { readonly kind: "const"; readonly value: number }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Scalar }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly a: Scalar; readonly b: Scalar }
  /** a < b ? then : otherwise; false where an operand is NaN. */
  | { readonly kind: "select"; readonly test: Compare; readonly a: Scalar; readonly b: Scalar; readonly then: Scalar; readonly otherwise: Scalar };

export function printScalar(s: Scalar): string {
  switch (s.kind) {
    case "arg": return `x${s.index}`;
    case "const": return Object.is(s.value, -0) ? "-0" : String(s.value);
    case "unary": return `${s.op}(${printScalar(s.a)})`;
    case "binary": return `${s.op}(${printScalar(s.a)}, ${printScalar(s.b)})`;
    case "select": return `select(${printScalar(s.a)} ${s.test} ${printScalar(s.b)}, ${printScalar(s.then)}, ${printScalar(s.otherwise)})`;
  }
}
