// fold: constants and identities. Every op knows its own (`fold` in ops/core); a folding builder asks it at each construction.
import { Builder } from "../ir/builder.ts";
import type { Graph } from "../ir/graph.ts";
import { rewrite } from "./rewrite.ts";

export function fold(graph: Graph): Graph {
  return rewrite(graph, () => null, { builder: new Builder({ fold: true }) });
}
