// batchnorm: what scales and shifts each channel of a convolution by parameters is done to its weights, when they load.
//
//   conv2d(x, w) · s + t = conv2d(x, w · s) + t                (s per output channel; conv2d_transpose and matmul alike)
//   (conv2d(x, w) + b) · s + t = conv2d(x, w · s) + (b · s + t)
//
// Law: w, s, b and t depend on parameters alone, so w · s and the new shift are computed once; the raw result has no other reader.
import type { Builder } from "../ir/builder.ts";
import { isOp, reachable, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { add, arg, mul, num, postorder, substitute, type Scalar } from "../ir/scalar.ts";
import { elements, sameShape, type Dim } from "../ir/type.ts";
import { conv2d, conv2dTranspose, map, matmul, view } from "../ops/index.ts";
import { lineOf } from "./affine.ts";
import { elementwise, fits, inline, startingWith, type Elementwise } from "./elementwise.ts";
import { shown } from "../ops/core/view.ts";
import { readOnce, staticNodes } from "./facts.ts";
import { rewrite } from "./rewrite.ts";

type Linear = Node<typeof conv2d> | Node<typeof conv2dTranspose> | Node<typeof matmul>;

export function foldBatchNorm(graph: Graph): Graph {
  const once = readOnce(graph);
  const fixed = staticNodes(graph);
  /** Values as lines: operand 0 is a convolution, the others are static, the slope is one number per channel. */
  const lines = new Map<Node, Elementwise>();
  const absorbed = new Set<Node>();
  for (const n of reachable(graph)) {
    if (isLinear(n) && fixed(n.inputs[1]!)) lines.set(n, { operands: [n], expr: arg(0) });
    const from = isOp(n, map) ? n.inputs.find((i) => lines.has(i) && once(i)) : undefined;
    if (!from || from.type !== n.type || !n.inputs.every((i) => fixed(i) || i === from)) continue;
    const inner = lines.get(from)!;
    const joint = startingWith(inner.operands[0]!, inline(elementwise(n), from, inner));
    if (!fits(joint)) continue;
    const slope = lineOf(joint.expr)?.slope;
    if (!slope || !isPerChannel(part(joint, slope), joint.operands[0] as Linear)) continue;
    lines.set(n, joint);
    absorbed.add(from);
  }
  return rewrite(graph, (n, _, b, of) => (isOp(n, map) && lines.has(n) ? folded(n, lines.get(n)!, of, b) : null), { absorbed });
}

/** conv2d(x, w · slope) + shift, the shift a node of its own unless it is a number. */
function folded(n: Node, line: Elementwise, of: (old: Node) => Node, b: Builder): Node {
  const { slope, shift } = lineOf(line.expr)!;
  const { operands, expr } = part(line, shift ?? num(0));
  const addend = operands.length === 0 ? [] : [expr === arg(0) ? of(operands[0]!) : b.make(map, operands.map(of), { expr }, n.origin)];
  const linear = scaled(line.operands[0] as Linear, part(line, slope!), of, b);
  return shift ? b.make(map, [linear, ...addend], { expr: add(arg(0), operands.length === 0 ? expr : arg(1)) }, n.origin) : linear;
}

function isLinear(n: Node): n is Linear {
  return (isOp(n, conv2d) || isOp(n, conv2dTranspose) || isOp(n, matmul)) && n.attrs.epilogue === null;
}

/** `expr` over those of the operands that it reads. */
function part({ operands }: Elementwise, expr: Scalar): Elementwise {
  const read = operands.filter((_, k) => postorder(expr).includes(arg(k)));
  return { operands: read, expr: substitute(expr, operands.map((o) => arg(read.indexOf(o)))) };
}

/** Is it one number for each channel of the convolution's result, or for all of them? */
function isPerChannel(s: Elementwise, n: Linear): boolean {
  const axis = n.op === matmul ? -1 : -3;
  return s.operands.every(({ type: { shape } }) => shape.every((d, k) => d === 1 || k - shape.length === axis));
}

/** op(x, w · s): the convolution with each output channel scaled. */
function scaled(n: Linear, s: Elementwise, of: (old: Node) => Node, b: Builder): Node {
  const [x, w] = n.inputs.map(of) as [Node, Node];
  if (s.expr === num(1)) return b.again(n, [x, w]);
  const { split, channel } = channelAxes(n);
  const perChannel = split.map((d, k) => (channel.includes(k) ? d : 1));
  const factors = s.operands.map((o) => viewAs(of(o), elements(o.type.shape).fixed === 1 ? split.map(() => 1) : perChannel, b));
  const weight = b.make(map, [viewAs(w, split, b), ...factors], { expr: mul(arg(0), substitute(s.expr, factors.map((_, k) => arg(k + 1)))) }, n.origin);
  return b.again(n, [x, viewAs(weight, w.type.shape, b)]);
}

/** The weight's shape, split so that the output channel has an axis (or two: group, channel of the group) to itself. */
function channelAxes(n: Linear): { readonly split: readonly Dim[]; readonly channel: readonly number[] } {
  const { shape } = n.inputs[1]!.type;
  if (isOp(n, conv2d)) return { split: shape, channel: [0] };
  if (isOp(n, matmul)) return { split: shape, channel: [n.attrs.transposeB ? 0 : 1] };
  const { groups } = (n as Node<typeof conv2dTranspose>).attrs;
  const [inputs, outputs, ...kernel] = shape as readonly number[]; // [I, O/groups, KH, KW], input channels group by group
  return { split: [groups, inputs! / groups, outputs!, ...kernel], channel: [0, 2] };
}

function viewAs(n: Node, shape: readonly Dim[], b: Builder): Node {
  const source = shown(n);
  return sameShape(source.type.shape, shape) ? source : b.make(view, [source], { shape });
}
