// batchnorm: what scales and shifts each channel of a convolution by parameters is done to its weights, when they load.
//
//   conv2d(x, w) · s + t = conv2d(x, w · s) + t                (s per output channel; conv2d_transpose and matmul alike)
//   (conv2d(x, w) + b) · s + t = conv2d(x, w · s) + (b · s + t)
//
// Law: w, s, b and t depend on parameters alone, so w · s and the new shift are computed once; the raw result has no other reader.
import type { Builder } from "../ir/builder.ts";
import { isOp, type Graph } from "../ir/graph.ts";
import type { Node, Origin } from "../ir/op.ts";
import { add, arg, argumentCount, mul, num, postorder, substitute, type Scalar } from "../ir/scalar.ts";
import { elements, sameShape, type Dim } from "../ir/type.ts";
import { conv2d, conv2dTranspose, map, matmul, view } from "../ops/index.ts";
import { lineOf } from "./affine.ts";
import { inline, startingWith, type Elementwise } from "./elementwise.ts";
import { readOnce, staticNodes } from "./facts.ts";
import { rewrite } from "./rewrite.ts";

type Linear = Node<typeof conv2d> | Node<typeof conv2dTranspose> | Node<typeof matmul>;

export function foldBatchNorm(graph: Graph): Graph {
  const once = readOnce(graph);
  const fixed = staticNodes(graph);
  /** Of new nodes with one reader: the value as a sum, operand 0 a convolution and the others static. */
  const sums = new Map<Node, Elementwise>();

  return rewrite(graph, (n, inputs, b) => {
    const remember = (value: Node, form: Elementwise): Node => {
      if (once(n)) sums.set(value, form);
      return value;
    };
    if (isLinear(n)) {
      const same = b.again(n, inputs);
      return fixed(n.inputs[1]!) ? remember(same, { operands: [same], expr: arg(0) }) : same;
    }
    const from = inputs.find((i) => sums.has(i));
    if (!isOp(n, map) || from?.type !== n.type || !n.inputs.every((old, i) => fixed(old) || inputs[i] === from)) return null;
    const inner = sums.get(from)!;
    const whole = startingWith(inner.operands[0]!, inline({ operands: inputs, expr: n.attrs.expr }, from, inner));
    const { slope, shift } = lineOf(whole.expr) ?? { slope: null, shift: null };
    if (slope === num(1) && inner.operands.length === 1) return remember(b.again(n, inputs), whole); // a bias alone
    const linear = slope && scaled(whole.operands[0] as Linear, part(whole, slope), b);
    if (!linear) return null;
    if (!shift) return remember(linear, { operands: [linear], expr: arg(0) });
    const sum = { operands: [linear, ...fixedValue(part(whole, shift), b)], expr: add(arg(0), argumentCount(shift) === 0 ? shift : arg(1)) };
    return remember(b.make(map, sum.operands, { expr: sum.expr }, n.origin), sum);
  });
}

function isLinear(n: Node): n is Linear {
  return (isOp(n, conv2d) || isOp(n, conv2dTranspose) || isOp(n, matmul)) && n.attrs.epilogue === null;
}

/** `expr` over those of the operands that it reads. */
function part({ operands }: Elementwise, expr: Scalar): Elementwise {
  const read = operands.filter((_, k) => postorder(expr).includes(arg(k)));
  return { operands: read, expr: substitute(expr, operands.map((o) => arg(read.indexOf(o)))) };
}

/** The static value as a node of its own; none where it is a number. */
function fixedValue({ operands, expr }: Elementwise, b: Builder): readonly Node[] {
  if (operands.length === 0) return [];
  return [expr === arg(0) ? operands[0]! : b.make(map, operands, { expr })];
}

/** op(x, w · s): the convolution with each output channel scaled, or null where `s` is not one number per channel. */
function scaled(n: Linear, s: Elementwise, b: Builder): Node | null {
  if (s.expr === num(1)) return n;
  const [x, w] = n.inputs as [Node, Node];
  const axis = n.op === matmul ? -1 : -3; // of the channel, in the result
  if (!s.operands.every(({ type: { shape } }) => shape.every((d, k) => d === 1 || k - shape.length === axis))) return null;
  const { split, channel } = channelAxes(n);
  const perChannel = split.map((d, k) => (channel.includes(k) ? d : 1));
  const factors = s.operands.map((o) => viewAs(o, elements(o.type.shape).fixed === 1 ? split.map(() => 1) : perChannel, b));
  const weight = b.make(map, [viewAs(w, split, b), ...factors], { expr: mul(arg(0), substitute(s.expr, factors.map((_, k) => arg(k + 1)))) });
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
  if (sameShape(n.type.shape, shape)) return n;
  return isOp(n, view) ? viewAs(n.inputs[0]!, shape, b) : b.make(view, [n], { shape });
}
