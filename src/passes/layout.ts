// layout: images have their channels last between the edges of the program, for targets whose kernels want it. Inputs, outputs, weights
// and whatever is reshaped keep their order.
//
//   conv2d(x, w) = permute(conv2d(permute(x), w){channelsLast})           so are the other convolutions, pool, and all that works axis by axis
//
// Two permutes that meet are none, so what is between two convolutions moves nothing. Law: a value that is wanted in both orders is
// permuted once.
import { Builder } from "../ir/builder.ts";
import { isOp, reachable, withNodes, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { N, type Dim } from "../ir/type.ts";
import { concat, conv2d, conv2dTranspose, conv2dWeight, map, oneHot, pad, permute, pool, poolGrad, random, reduce, view, window } from "../ops/index.ts";
import { moved, toFirst, toLast } from "../ops/core/channels.ts";

/** The node in the new graph with its channels first, last, or both. */
interface Forms {
  first: Node | null;
  last: Node | null;
}

export function channelsLast(graph: Graph): Graph {
  const b = new Builder({ fold: true });
  const forms = new Map<Node, Forms>();
  const first = (n: Node): Node => {
    const f = forms.get(n)!;
    return (f.first ??= b.make(permute, [f.last!], { perm: toFirst }, n.origin));
  };
  const last = (n: Node): Node => {
    const f = forms.get(n)!;
    return (f.last ??= b.make(permute, [f.first!], { perm: toLast }, n.origin));
  };
  /** An operand that broadcasts to an image, whatever its rank. */
  const spread = (n: Node): Node => {
    const { shape } = n.type;
    if (shape.length === 4) return last(n);
    if (shape.length === 0) return first(n);
    const whole: Dim[] = [...Array.from({ length: 4 - shape.length }, () => 1), ...shape];
    return b.make(permute, [b.make(view, [first(n)], { shape: whole })], { perm: toLast });
  };
  const isLast = (n: Node): boolean => forms.get(n)!.last !== null;

  for (const n of reachable(graph)) forms.set(n, moveNode(n, b, { first, last, spread, isLast }));
  return withNodes(graph, first);
}

interface Operands {
  first(n: Node): Node;
  last(n: Node): Node;
  spread(n: Node): Node;
  isLast(n: Node): boolean;
}

function moveNode(n: Node, b: Builder, of: Operands): Forms {
  if (isOp(n, reduce) && !n.attrs.keep && of.isLast(n.inputs[0]!) && keepsOrder(n.attrs.axes)) {
    return { first: b.make(reduce, [of.last(n.inputs[0]!), ...n.inputs.slice(1).map(of.first)], { ...n.attrs, axes: axesLast(n.attrs.axes) }, n.origin), last: null };
  }
  if (isOp(n, conv2dWeight)) return { first: b.make(conv2dWeight, n.inputs.map(of.last), { ...n.attrs, channelsLast: true }, n.origin), last: null };
  const node = lastForm(n, b, of);
  return node ? { first: null, last: node } : { first: b.again(n, n.inputs.map(of.first)), last: null };
}

/** The node with its channels last where that is better, else null. */
function lastForm(n: Node, b: Builder, { first, last, spread, isLast }: Operands): Node | null {
  const [x, w, ...extras] = n.inputs as [Node, Node, ...Node[]];
  if (isOp(n, conv2d) || isOp(n, conv2dTranspose)) return b.make(n.op as typeof conv2d, [last(x), first(w), ...extras.map(spread)], { ...n.attrs, channelsLast: true }, n.origin);
  if (isOp(n, pool)) return b.make(pool, [last(x), ...n.inputs.slice(1).map(spread)], { ...n.attrs, channelsLast: true }, n.origin);
  if (isOp(n, poolGrad)) return b.make(poolGrad, n.inputs.map(last), { ...n.attrs, channelsLast: true }, n.origin);
  const isImage = n.type.shape.length === 4 && !n.type.shape.slice(1).includes(N);
  if (isImage && isOp(n, oneHot)) return b.make(oneHot, n.inputs.map(first), { ...n.attrs, channelsLast: true }, n.origin);
  if (isImage && isOp(n, random)) return b.make(random, n.inputs.map(first), { ...n.attrs, shape: moved(n.attrs.shape, toLast), channelsLast: true }, n.origin);
  if (!isImage || !n.inputs.some((i) => i.type.shape.length === 4 && isLast(i))) return null;
  if (isOp(n, map)) return b.make(map, n.inputs.map(spread), n.attrs, n.origin);
  if (isOp(n, concat)) return b.make(concat, n.inputs.map(last), { axis: axisLast(n.attrs.axis) }, n.origin);
  if (isOp(n, pad)) return b.make(pad, [last(x)], { ...n.attrs, low: moved(n.attrs.low, toLast), high: moved(n.attrs.high, toLast), interior: n.attrs.interior.length > 0 ? moved(n.attrs.interior, toLast) : [] }, n.origin);
  if (isOp(n, window)) return b.make(window, [last(x)], { start: moved(n.attrs.start, toLast), stop: moved(n.attrs.stop, toLast), step: moved(n.attrs.step, toLast) }, n.origin);
  if (isOp(n, reduce)) return b.make(reduce, [last(x), ...n.inputs.slice(1).map(spread)], { ...n.attrs, axes: axesLast(n.attrs.axes) }, n.origin);
  return null;
}

/** Axis 1 of [N, C, H, W] is axis 3 of [N, H, W, C]. */
function axisLast(axis: number): number {
  return toFirst[axis]!;
}

function axesLast(axes: readonly number[]): number[] {
  return axes.map(axisLast).sort((a, b) => a - b);
}

/** Do the axes that stay come in the same order either way? */
function keepsOrder(gone: readonly number[]): boolean {
  const kept = [0, 1, 2, 3].filter((a) => !gone.includes(a)).map(axisLast);
  return kept.every((a, k) => k === 0 || kept[k - 1]! < a);
}
