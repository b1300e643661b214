// sums: what is summed over samples and over their pixels is summed in each sample first, for targets that put channels last.
//
//   reduce(x; sum over [0, …]) = reduce(reduce(x; sum over […]); sum over [0])
//
// Threads share the samples, where a sum of sixteen channels is hardly anything to share, and 32 sums of 1,024 rounded numbers lose a
// thirtieth of what one of 32,768 loses. A sum whose innermost axis goes is left: lanes share that, and its rows are short.
import type { Builder } from "../ir/builder.ts";
import { isOp, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import { N } from "../ir/type.ts";
import { reduce } from "../ops/index.ts";
import { rewrite } from "./rewrite.ts";

export function splitSums(graph: Graph): Graph {
  return rewrite(graph, (n, inputs, b) => (isOp(n, reduce) ? bySample(n, inputs, b) : null));
}

function bySample(n: Node<typeof reduce>, [x, ...extras]: readonly Node[], b: Builder): Node | null {
  const { kind, axes, keep } = n.attrs;
  const { shape } = x!.type;
  const [first, ...others] = axes;
  const stays = shape.findLastIndex((d) => d !== 1) > (axes.at(-1) ?? Infinity);
  if (kind !== "sum" || first !== 0 || shape[0] !== N || !stays || others.every((a) => shape[a] === 1)) return null;
  const samples = b.make(reduce, [x!], { kind, axes: others, keep }, n.origin);
  return b.make(reduce, [samples, ...extras], { ...n.attrs, axes: [0] }, n.origin);
}
