// Forward-mode differentiation by dual numbers in f64, written apart from src/autodiff: each node's value with its derivative along one
// direction. Linear ops move tangents as they move values; maps compute with dual scalars; maxima choose.
// Law: where there is no derivative it decides as src/ir/derivative.ts says it does, but by itself.
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Core, Node, Tensor } from "../../src/ir/op.ts";
import { argumentCount, compare, operandsOf, postorder, type Scalar, type UnaryOp } from "../../src/ir/scalar.ts";
import { binaryMeaning, unaryMeaning } from "../../src/ir/scalar-eval.ts";
import { bind } from "../../src/ir/type.ts";
import { broadcastTo, rowMajor } from "../../src/ops/core/strided.ts";
import { tensorFirst, dataAs, shapeFirst } from "../../src/ops/core/channels.ts";
import * as ops from "../../src/ops/index.ts";

export interface Dual {
  readonly shape: readonly number[];
  readonly value: Float64Array;
  readonly tangent: Float64Array;
}

/** Of every node of a graph of core ops, from those of the leaves by name. */
export function duals(graph: Graph, leaves: ReadonlyMap<string, Dual>, batch: number): ReadonlyMap<Node, Dual> {
  const all = new Map<Node, Dual>();
  for (const n of reachable(graph)) {
    const shape = bind(n.type.shape, batch);
    if (n.op === input || n.op === parameter) all.set(n, leaves.get((n.attrs as unknown as { name: string }).name)!);
    else all.set(n, ofNode(n, n.inputs.map((i) => all.get(i)!), shape));
  }
  return all;
}

function ofNode(n: Node, inputs: readonly Dual[], shape: readonly number[]): Dual {
  const attrs = n.attrs as { readonly expr?: Scalar; readonly epilogue?: Scalar | null };
  if (attrs.expr) return { shape, ...elementwise(attrs.expr, inputs, shape) };
  const own = "epilogue" in n.op.attrs ? n.op.inputs.length - 1 : inputs.length;
  const bare = { ...n.attrs, ..."epilogue" in n.op.attrs ? { epilogue: null } : {} } as never;
  const operands = inputs.slice(0, own);
  const evaluate = (tensors: readonly Tensor[], a: object = bare): Float64Array => (n.op as Core).eval(tensors, a as never, shape);
  const raw = { shape, value: evaluate(operands.map(valueOf)), tangent: tangent(n, operands, shape, bare, evaluate) };
  return attrs.epilogue ? { shape, ...elementwise(attrs.epilogue, [raw, ...inputs.slice(own)], shape) } : raw;
}

const valueOf = (d: Dual): Tensor => ({ shape: d.shape, data: d.value });
const tangentOf = (d: Dual): Tensor => ({ shape: d.shape, data: d.tangent });
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const plus = (a: Float64Array, b: Float64Array): Float64Array => a.map((v, i) => v + b[i]!);

function tangent(n: Node, inputs: readonly Dual[], shape: readonly number[], attrs: { readonly kind?: string }, evaluate: (t: readonly Tensor[], a?: object) => Float64Array): Float64Array {
  const [x, w] = inputs as [Dual, Dual];
  switch (n.op) {
    case ops.constant: case ops.oneHot: case ops.random: return new Float64Array(count(shape));
    case ops.matmul: case ops.conv2d: case ops.conv2dTranspose: case ops.conv2dWeight: return plus(evaluate([tangentOf(x), valueOf(w)]), evaluate([valueOf(x), tangentOf(w)]));
    case ops.pad: return evaluate([tangentOf(x)], { ...attrs, value: 0 });
    case ops.window: case ops.view: case ops.permute: case ops.concat: return evaluate(inputs.map(tangentOf));
    case ops.reduce: return attrs.kind === "sum" ? evaluate([tangentOf(x)]) : largestOf(n as Node<typeof ops.reduce>, x);
    case ops.pool: return attrs.kind === "avg" ? evaluate([tangentOf(x)]) : pooledMaximum(n as Node<typeof ops.pool>, x, shape);
    case ops.poolGrad: return evaluate([tangentOf(x), ...inputs.slice(1).map(valueOf)]);
    default: throw new Error(`no dual ${n.op.name}`);
  }
}

/** The mean of the tangents of all that are the maximum. */
function largestOf({ attrs: { axes } }: Node<typeof ops.reduce>, x: Dual): Float64Array {
  const own = rowMajor(x.shape);
  const kept = x.shape.map((d, k) => (axes.includes(k) ? 1 : d));
  const to = rowMajor(kept);
  const place = (i: number): number => x.shape.reduce((sum, d, k) => sum + (axes.includes(k) ? 0 : to[k]! * (Math.floor(i / own[k]!) % d)), 0);
  const best = new Float64Array(count(kept)).fill(-Infinity);
  x.value.forEach((v, i) => (best[place(i)] = Math.max(best[place(i)]!, v)));
  const [sum, many] = [new Float64Array(best.length), new Float64Array(best.length)];
  x.value.forEach((v, i) => {
    const p = place(i);
    if (v !== best[p]) return;
    sum[p] = sum[p]! + x.tangent[i]!;
    many[p] = many[p]! + 1;
  });
  return sum.map((s, i) => s / many[i]!);
}

function pooledMaximum({ attrs: { size, stride, pad, channelsLast } }: Node<typeof ops.pool>, given: Dual, shape: readonly number[]): Float64Array {
  const [x, t] = [tensorFirst(valueOf(given), channelsLast), tensorFirst(tangentOf(given), channelsLast).data];
  const images = shapeFirst(shape, channelsLast) as readonly [number, number, number, number];
  const [, , height, width] = x.shape as readonly [number, number, number, number];
  const out = new Float64Array(count(shape));
  for (let i = 0; i < out.length; i++) {
    const [plane, r, c] = [Math.floor(i / (images[2] * images[3])), Math.floor(i / images[3]) % images[2], i % images[3]];
    let best = -Infinity;
    for (let u = 0; u < size[0]; u++) {
      for (let v = 0; v < size[1]; v++) {
        const [row, column] = [r * stride[0] - pad[0] + u, c * stride[1] - pad[1] + v];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        const at = (plane * height + row) * width + column;
        if (x.data[at]! > best) [best, out[i]] = [x.data[at]!, t[at]!];
      }
    }
  }
  return dataAs(out, images, channelsLast);
}

type Pair = readonly [value: number, tangent: number];

function elementwise(expr: Scalar, inputs: readonly Dual[], shape: readonly number[]): { readonly value: Float64Array; readonly tangent: Float64Array } {
  const values = inputs.map((d) => broadcastTo(valueOf(d), shape));
  const tangents = inputs.map((d) => broadcastTo(tangentOf(d), shape));
  const out = { value: new Float64Array(count(shape)), tangent: new Float64Array(count(shape)) };
  const at = dualFunction(expr);
  for (let i = 0; i < out.value.length; i++) [out.value[i], out.tangent[i]] = at((k) => [values[k]![i]!, tangents[k]![i]!]) as [number, number];
  return out;
}

/** An expression's value and its derivative along the arguments' tangents, as a function of these. */
export function dualFunction(expr: Scalar): (args: (k: number) => Pair) => Pair {
  const nodes = postorder(expr);
  const place = new Map(nodes.map((n, i) => [n, i]));
  const operands = nodes.map((n) => operandsOf(n).map((o) => place.get(o)!));
  const pairs: Pair[] = [];
  return (args) => {
    nodes.forEach((n, i) => (pairs[i] = n.kind === "arg" ? args(n.index) : dualOf(n, operands[i]!.map((o) => pairs[o]!))));
    return pairs.at(-1)!;
  };
}

function dualOf(n: Exclude<Scalar, { kind: "arg" }>, of: readonly Pair[]): Pair {
  const [[a, s], [b, t], then, otherwise] = [of[0] ?? [0, 0], of[1] ?? [0, 0], of[2]!, of[3]!];
  switch (n.kind) {
    case "const": return [n.value, 0];
    case "select": return compare(n.test, a, b) ? then : otherwise;
    case "unary": {
      const v = unaryMeaning[n.op](a);
      return [v, s === 0 ? 0 : slopeOf(n.op, a, v) * s];
    }
    case "binary": {
      const v = binaryMeaning[n.op](a, b);
      switch (n.op) {
        case "add": return [v, s + t];
        case "sub": return [v, s - t];
        case "mul": return [v, s * b + a * t];
        case "div": return [v, s / b - (v * t) / b];
        case "max": return [v, chosen(n.a, n.b, a > b, b > a, s, t)];
        case "min": return [v, chosen(n.a, n.b, a < b, b < a, s, t)];
      }
    }
  }
}

function slopeOf(op: UnaryOp, x: number, value: number): number {
  switch (op) {
    case "neg": return -1;
    case "abs": return Math.sign(x);
    case "exp": return value;
    case "log": return 1 / x;
    case "sqrt": return 0.5 / value;
    case "tanh": return 1 - value * value;
    case "erf": return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
  }
}

/** Of a maximum or minimum: nothing from a number that is reached, all from the first of two equal operands. */
function chosen(a: Scalar, b: Scalar, first: boolean, second: boolean, s: number, t: number): number {
  if (argumentCount(b) === 0) return first ? s : 0;
  if (argumentCount(a) === 0) return second ? t : 0;
  return second ? t : s;
}

