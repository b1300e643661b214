// padding: zeros around an image become the convolution's own padding, and pads of pads one pad.
//
//   conv2d(pad(x; t, l, b, r), w){pad: [t', l', b', r']} = conv2d(x, w){pad: [t + t', l + l', b + b', r + r']}
//   pad(pad(x; l, h); l', h')                            = pad(x; l + l', h + h')            for equal values
import type { Builder } from "../ir/builder.ts";
import { isOp, reachable, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { conv2d, pad } from "../ops/index.ts";
import { rewrite } from "./rewrite.ts";

export function absorbPadding(graph: Graph): Graph {
  if (!reachable(graph).some((n) => (n.op === conv2d || n.op === pad) && n.inputs[0]!.op === pad)) return graph;
  return rewrite(graph, (n, inputs, b) => (isOp(n, conv2d) ? intoConvolution(n, inputs, b) : isOp(n, pad) ? intoPad(n, inputs[0]!, b) : null));
}

function intoConvolution(n: Node<typeof conv2d>, [x, ...others]: readonly Node[], b: Builder): Node | null {
  if (!isOp(x!, pad)) return null;
  const { low, high, interior, value } = x.attrs;
  const spatial = interior.length === 0 && low[0] === 0 && low[1] === 0 && high[0] === 0 && high[1] === 0;
  if (!spatial || value !== 0) return null;
  const [top, left, bottom, right] = n.attrs.pad;
  const padding = [top + low[2]!, left + low[3]!, bottom + high[2]!, right + high[3]!] as const;
  return b.make(conv2d, [x.inputs[0]!, ...others], { ...n.attrs, pad: padding }, n.origin);
}

function intoPad(n: Node<typeof pad>, x: Node, b: Builder): Node | null {
  if (!isOp(x, pad) || !Object.is(x.attrs.value, n.attrs.value) || x.attrs.interior.length + n.attrs.interior.length > 0) return null;
  const sum = (p: readonly number[], q: readonly number[]): readonly number[] => p.map((v, k) => v + q[k]!);
  return b.make(pad, x.inputs, { ...n.attrs, low: sum(x.attrs.low, n.attrs.low), high: sum(x.attrs.high, n.attrs.high) }, n.origin);
}
