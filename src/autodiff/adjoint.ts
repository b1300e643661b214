// Adjoints as nodes. Law: an adjoint's shape broadcasts to its value's, so that one number for a whole channel stays one number until
// something reads every element; `whole` writes it out.
import type { Builder } from "../ir/builder.ts";
import type { Maker, Node } from "../ir/op.ts";
import { add, arg, div, mul, num, postorder, substitute, type Scalar } from "../ir/scalar.ts";
import { N, sameShape, type Dim } from "../ir/type.ts";
import { batchSize } from "../ops/batch.ts";
import { constant, map, reduce, view } from "../ops/index.ts";

/** Makes nodes that come from where another comes from. */
export function madeFor(b: Builder, { origin }: Node): Maker {
  return { make: (op, inputs, attrs) => b.make(op, inputs, attrs, origin) };
}

/** An expression over operands. */
export interface Expression {
  readonly operands: readonly Node[];
  readonly expr: Scalar;
}

/** Operands of one sum: more would be more arrays than a loop has registers for. */
const MOST_TERMS = 6;

export function sumOf(b: Maker, terms: readonly Node[]): Node {
  let left = terms;
  while (left.length > 1) {
    const groups = Array.from({ length: Math.ceil(left.length / MOST_TERMS) }, (_, g) => left.slice(g * MOST_TERMS, (g + 1) * MOST_TERMS));
    left = groups.map((g) => (g.length === 1 ? g[0]! : b.make(map, g, { expr: g.map((_, k) => arg(k)).reduce(add) })));
  }
  return left[0]!;
}

/** The value with every element of `shape` written out. */
export function whole(b: Maker, value: Node, shape: readonly Dim[]): Node {
  if (sameShape(value.type.shape, shape)) return value;
  return b.make(map, [value, b.make(constant, [], { value: 0, shape })], { expr: arg(0) });
}

/** The value with ones before its axes, as many as make `rank`. */
export function ofRank(b: Maker, value: Node, rank: number): Node {
  const { shape } = value.type;
  return shape.length >= rank ? value : b.make(view, [value], { shape: [...new Array<number>(rank - shape.length).fill(1), ...shape] });
}

/**
 * The sum of an expression over the axes along which a tensor of shape `to` is repeated to `from`: the adjoint of broadcasting. What
 * is constant along these axes is taken out of the sum: Σ s·x = s·Σ x.
 */
export function unbroadcast(b: Maker, e: Expression, from: readonly Dim[], to: readonly Dim[]): Node {
  const axes = from.map((_, k) => k).filter((k) => from[k] !== 1 && dimAt(to, k, from.length) === 1);
  if (axes.length === 0) return ofShape(b, evaluated(b, e), to);
  const varies = (n: Node): boolean => axes.some((k) => dimAt(n.type.shape, k, from.length) !== 1);
  const { inside, outside } = split(e.expr, (k) => varies(e.operands[k]!));
  const summed = ofRank(b, evaluated(b, { operands: e.operands, expr: inside }), from.length);
  const written = axes.filter((k) => summed.type.shape[k] !== 1);
  const sum = written.length === 0 ? summed : b.make(reduce, [summed], { kind: "sum", axes: written, keep: true });
  const times = repeated(b, axes.filter((k) => !written.includes(k)).map((k) => from[k]!));
  const factors: Scalar = times.reduce<Scalar>((product, _, k) => mul(product, arg(e.operands.length + 1 + k)), arg(e.operands.length));
  const all = { operands: [...e.operands, sum, ...times], expr: outside(factors) };
  return ofShape(b, evaluated(b, all), to);
}

/** The factor of a sum over axes along which nothing varies: their lengths. */
function repeated(b: Maker, lengths: readonly Dim[]): readonly Node[] {
  const fixed = lengths.reduce<number>((p, d) => (d === N ? p : p * d), 1);
  return [...(fixed === 1 ? [] : [b.make(constant, [], { value: fixed, shape: [] })]), ...(lengths.includes(N) ? [batchSize(b)] : [])];
}

function dimAt(shape: readonly Dim[], axis: number, rank: number): Dim {
  return shape[axis - rank + shape.length] ?? 1;
}

/** The value without axes before those that `to` has; they are ones. */
function ofShape(b: Maker, value: Node, to: readonly Dim[]): Node {
  const more = value.type.shape.length - to.length;
  return more <= 0 ? value : b.make(view, [value], { shape: value.type.shape.slice(more) });
}

/** The expression as a node, of the operands that it reads. */
export function evaluated(b: Maker, { operands, expr }: Expression): Node {
  const read = postorder(expr).flatMap((s) => (s.kind === "arg" ? [operands[s.index]!] : []));
  if (expr.kind === "arg") return read[0]!;
  const kept = [...new Set(operands)].filter((n) => read.includes(n));
  if (kept.length === 0) return b.make(map, [b.make(constant, [], { value: 0, shape: [] })], { expr });
  return b.make(map, kept, { expr: substitute(expr, operands.map((n) => arg(Math.max(0, kept.indexOf(n))))) });
}

interface Split {
  /** The product of the factors that vary; 1 where none does. */
  readonly inside: Scalar;
  /** The whole, given what stands for the varying part. */
  outside(inner: Scalar): Scalar;
}

/** A product as its varying factors and the others. Where nothing can be taken out, all is inside. */
function split(expr: Scalar, varies: (argument: number) => boolean): Split {
  const moving = (s: Scalar): boolean => postorder(s).some((n) => n.kind === "arg" && varies(n.index));
  if (!moving(expr)) return { inside: num(1), outside: (inner) => mul(inner, expr) };
  if (expr.kind === "unary" && expr.op === "neg") {
    const a = split(expr.a, varies);
    return { inside: a.inside, outside: (inner) => mul(a.outside(inner), num(-1)) };
  }
  if (expr.kind === "binary" && (expr.op === "mul" || expr.op === "div")) {
    const { op, a, b } = expr;
    if (!moving(b)) {
      const s = split(a, varies);
      return { inside: s.inside, outside: (inner) => (op === "mul" ? mul(s.outside(inner), b) : div(s.outside(inner), b)) };
    }
    if (op === "mul" && !moving(a)) return split(mul(b, a), varies);
    if (op === "mul") {
      const [p, q] = [split(a, varies), split(b, varies)];
      return { inside: mul(p.inside, q.inside), outside: (inner) => q.outside(p.outside(inner)) };
    }
  }
  return { inside: expr, outside: (inner) => inner };
}
