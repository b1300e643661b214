// Is a graph what every pass may rely on? Run after each pass; what is wrong is the compiler's mistake, told with the pass's name.
// Nodes of one builder are interned, typed and in topological order by construction, so it is enough that one builder made
// them all, and that the signature agrees with them.
import { builderOf } from "./builder.ts";
import { reachable, type Graph } from "./graph.ts";
import { input, parameter } from "./leaf.ts";
import type { Node } from "./op.ts";
import { CompilerError } from "./problem.ts";
import { printNode } from "./print.ts";

export interface VerifyOptions {
  /** Only core ops may occur. */
  readonly core?: boolean;
}

/** Throws a CompilerError that names `where` unless the graph is sound. */
export function verify(graph: Graph, where: string, options: VerifyOptions = {}): void {
  const fail = (message: string): never => {
    throw new CompilerError(where, message);
  };
  const show = (n: Node): string => `%${n.id} = ${printNode(n)}`;
  const nodes = reachable(graph);
  const listed = new Set([...graph.inputs, ...graph.parameters]);
  const builder = nodes[0] && builderOf(nodes[0]);
  for (const n of nodes) {
    if (builderOf(n) === null) fail(`${show(n)} was not made by a builder`);
    if (builderOf(n) !== builder) fail(`${show(n)} and ${show(nodes[0]!)} were made by two builders`);
    if (options.core && n.op.kind !== "core") fail(`${show(n)} is not a core op`);
    if ((n.op === input || n.op === parameter) && !listed.has(n)) fail(`${show(n)} is not in the signature`);
  }
  const misplaced = graph.inputs.find((n) => n.op !== input) ?? graph.parameters.find((n) => n.op !== parameter);
  if (misplaced) fail(`${show(misplaced)} is listed as an input or parameter`);
  const parameters = new Set(graph.parameters);
  for (const { parameter: p, value } of graph.updates) {
    if (!parameters.has(p)) fail(`${show(p)} is updated and is no parameter`);
    if (p.type !== value.type) fail(`${show(p)} cannot become ${show(value)}`);
  }
  if (new Set(graph.updates.map((u) => u.parameter)).size < graph.updates.length) fail("a parameter is updated twice");
  if (graph.outputs.length === 0) fail("there is no output");
  unique("input", graph.inputs.map(nameOf), fail);
  unique("parameter", graph.parameters.map(nameOf), fail);
  unique("output", graph.outputs.map((o) => o.name), fail);
}

function nameOf(leaf: Node): string {
  return (leaf as Node<typeof input>).attrs.name;
}

function unique(what: string, names: readonly string[], fail: (message: string) => never): void {
  const seen = new Set<string>();
  for (const n of names) {
    if (seen.has(n)) fail(`two ${what}s are called ${JSON.stringify(n)}`);
    seen.add(n);
  }
}
