// Epilogues as maps of their own, so that a rule of differentiation knows raw results only:
//
//   op(x, w, zs){epilogue: f} = map(op(x, w), zs){f}
import type { Builder } from "../ir/builder.ts";
import { reachable, withNodes, type Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import type { Scalar } from "../ir/scalar.ts";
import { map } from "../ops/index.ts";

export function unfuse(graph: Graph, builder: Builder): Graph {
  const made: Node[] = []; // by the old node's id
  for (const n of reachable(graph)) made[n.id] = again(n, n.inputs.map((i) => made[i.id]!), builder);
  return withNodes(graph, (n) => made[n.id]!);
}

function again(n: Node, inputs: readonly Node[], b: Builder): Node {
  const epilogue = (n.attrs as { readonly epilogue?: Scalar | null }).epilogue ?? null;
  if (!epilogue) return b.again(n, inputs);
  const own = n.op.inputs.length - 1; // the last name is the extras
  const raw = b.make(n.op as typeof map, inputs.slice(0, own), { ...n.attrs, epilogue: null } as never, n.origin);
  return b.make(map, [raw, ...inputs.slice(own)], { expr: epilogue }, n.origin);
}
