// The reference interpreter: graphs evaluated in f64 by the ops' own `eval`, naive and obviously right, never fast.
// A composite is evaluated as its decomposition, so every node of the graph as given has a value. Iterative.
import { expand } from "./decompose.ts";
import { reachable, type Graph } from "./graph.ts";
import { input, parameter } from "./leaf.ts";
import type { Node, Tensor } from "./op.ts";
import { CompilerError } from "./problem.ts";
import { bind, elementsPerSample, N, printType, sameShape } from "./type.ts";

export interface Given {
  readonly inputs: { readonly [name: string]: Tensor };
  readonly parameters: { readonly [name: string]: Tensor };
  /** Keep every node's value; otherwise a value is dropped after its last reader. */
  readonly keep?: boolean;
  /** N, where no input has it. */
  readonly batch?: number;
}

export interface Evaluation {
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** The new values of updated parameters, by name. */
  readonly updates: ReadonlyMap<string, Tensor>;
  /** With `keep`: of every node. */
  readonly values: ReadonlyMap<Node, Tensor>;
}

/** The outputs and updates of a graph. Throws where a tensor is missing or has another shape than its type: the caller's mistake. */
export function evaluate(graph: Graph, given: Given): Evaluation {
  const nodes = reachable(graph);
  const batch = batchOf(graph, given);
  const lastReader = new Map<Node, Node>();
  for (const n of nodes) for (const i of n.inputs) lastReader.set(i, n);
  const results = new Set([...graph.outputs.map((o) => o.node), ...graph.updates.map((u) => u.value)]);

  const values = new Map<Node, Tensor>();
  for (const n of nodes) {
    values.set(n, leafValue(n, given, batch) ?? evaluateNode(n, n.inputs.map((i) => values.get(i)!), batch));
    if (given.keep) continue;
    for (const i of n.inputs) if (lastReader.get(i) === n && !results.has(i)) values.delete(i);
  }
  return {
    outputs: new Map(graph.outputs.map((o) => [o.name, values.get(o.node)!])),
    updates: new Map(graph.updates.map((u) => [nameOf(u.parameter), values.get(u.value)!])),
    values,
  };
}

/** One node on the given operands: the oracle of a single kernel. */
export function evaluateNode(node: Node, inputs: readonly Tensor[], batch: number): Tensor {
  const { op, attrs, type } = node;
  if (op.kind === "core") {
    const shape = bind(type.shape, batch);
    return { shape, data: op.eval(inputs, attrs, shape) };
  }
  const body = expand(op, node.inputs.map((i) => i.type), attrs);
  const given = { inputs: Object.fromEntries(inputs.map((t, i) => [`$${i}`, t])), parameters: {}, batch };
  return evaluate(body, given).outputs.get("y")!;
}

function leafValue(n: Node, { inputs, parameters }: Given, batch: number): Tensor | null {
  if (n.op !== input && n.op !== parameter) return null;
  const value = named(n, n.op === input ? inputs : parameters);
  const what = `the ${n.op.name} ${JSON.stringify(nameOf(n))}`;
  if (!value) throw new CompilerError("eval", `${what} has no value`);
  const shape = bind(n.type.shape, batch);
  if (!sameShape(value.shape, shape) || value.data.length !== elementsPerSample(shape)) {
    throw new CompilerError("eval", `${what} is ${printType(n.type)} with N = ${batch}, found [${value.shape.join(", ")}] with ${value.data.length} elements`);
  }
  return value;
}

function nameOf(leaf: Node): string {
  return (leaf as Node<typeof input>).attrs.name;
}

function named(leaf: Node, tensors: { readonly [name: string]: Tensor }): Tensor | undefined {
  return Object.hasOwn(tensors, nameOf(leaf)) ? tensors[nameOf(leaf)] : undefined;
}

function batchOf(graph: Graph, { inputs, batch }: Given): number {
  for (const n of graph.inputs) {
    const size = named(n, inputs)?.shape[n.type.shape.indexOf(N)];
    if (size !== undefined) return size;
  }
  return batch ?? 1;
}
