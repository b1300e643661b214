// Elementwise work as passes see it: an expression over operands, the content of a map or of an epilogue.
import { isOp } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { arg, postorder, size, substitute, type Scalar } from "../ir/scalar.ts";
import { map } from "../ops/index.ts";

export interface Elementwise {
  readonly operands: readonly Node[];
  readonly expr: Scalar;
}

/** Beyond these a loop runs out of registers, and a GPU kernel out of bindings (8 with the result). */
const MAX_OPERANDS = 7;
const MAX_NODES = 64;
/** Of a shared expression written out: it is printed, for keys and for people. x + x of x + x of … doubles with each node. */
const MAX_WRITTEN = 4096;

/** The node as an expression over its operands; any other node than a map is itself. */
export function elementwise(n: Node): Elementwise {
  return isOp(n, map) ? { operands: n.inputs, expr: n.attrs.expr } : { operands: [n], expr: arg(0) };
}

/** f(…, y, …) with y = g(zs) is (f ∘ g)(…, zs, …); each operand once. */
export function inline(f: Elementwise, y: Node, g: Elementwise): Elementwise {
  const operands = [...new Set(f.operands.flatMap((o) => (o === y ? g.operands : [o])))];
  const place = (o: Node): Scalar => arg(operands.indexOf(o));
  const value = substitute(g.expr, g.operands.map(place));
  return { operands, expr: substitute(f.expr, f.operands.map((o) => (o === y ? value : place(o)))) };
}

/** The same with `first` as operand 0. */
export function startingWith(first: Node, { operands, expr }: Elementwise): Elementwise {
  const order = [first, ...operands.filter((o) => o !== first)];
  return { operands: order, expr: substitute(expr, operands.map((o) => arg(order.indexOf(o)))) };
}

/** Is it small enough for one loop? */
export function fits({ operands, expr }: Elementwise): boolean {
  if (operands.length > MAX_OPERANDS) return false;
  return size(expr) <= MAX_NODES || (size(expr) <= MAX_WRITTEN && postorder(expr).length <= MAX_NODES);
}
