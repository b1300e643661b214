// The graph: a signature and the nodes its outputs need. Immutable; passes make a new one.
// Laws: a node's id is larger than its inputs' ids, so id order is a topological order; walks are iterative.
import type { AttrSchema } from "./attr.ts";
import type { Composite, Core, Node, Op } from "./op.ts";

export interface Output {
  readonly name: string;
  readonly node: Node;
}

/** A parameter's value after a run: written when every reader of the old one has read it. */
export interface Update {
  readonly parameter: Node;
  /** Of the parameter's type. */
  readonly value: Node;
}

/** The signature; the rest is reachable from the outputs and updates. `parameters` are in the order of the program, read or not. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Node[];
  readonly parameters: readonly Node[];
  readonly outputs: readonly Output[];
  /** What a training step changes; inference changes nothing. At most one of each parameter. */
  readonly updates: readonly Update[];
}

const known = new WeakMap<Graph, readonly Node[]>();

/** The nodes that the outputs and updates need, and every listed input and parameter, in topological order. Found once per graph. */
export function reachable(graph: Graph): readonly Node[] {
  let nodes = known.get(graph);
  if (!nodes) known.set(graph, (nodes = find(graph)));
  return nodes;
}

function find(graph: Graph): readonly Node[] {
  const seen = new Set<Node>([...graph.inputs, ...graph.parameters]);
  const todo = [...graph.outputs.map((o) => o.node), ...graph.updates.map((u) => u.value)];
  for (let n = todo.pop(); n; n = todo.pop()) {
    if (seen.has(n)) continue;
    seen.add(n);
    todo.push(...n.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** The signature with each of its nodes replaced: what every rewrite ends with. */
export function withNodes(graph: Graph, of: (old: Node) => Node): Graph {
  return {
    name: graph.name,
    inputs: graph.inputs.map(of),
    parameters: graph.parameters.map(of),
    outputs: graph.outputs.map(({ name, node }) => ({ name, node: of(node) })),
    updates: graph.updates.map(({ parameter, value }) => ({ parameter: of(parameter), value: of(value) })),
  };
}

/** For each node of `nodes`, the nodes that read it (once per reading operand). */
export function readers(nodes: readonly Node[]): ReadonlyMap<Node, readonly Node[]> {
  const map = new Map<Node, Node[]>(nodes.map((n) => [n, []]));
  for (const n of nodes) for (const i of n.inputs) map.get(i)!.push(n);
  return map;
}

/** Is this a node of that op? Narrows its attributes. */
export function isOp<S extends AttrSchema>(node: Node, op: Core<S>): node is Node<Core<S>>;
export function isOp<S extends AttrSchema>(node: Node, op: Composite<S>): node is Node<Composite<S>>;
export function isOp(node: Node, op: Op): boolean {
  return node.op === op;
}
