// Makes a failing case small: drops outputs, nodes and operands, cuts what comes before a node, reduces sizes and attributes, as long
// as `fails` says that it still fails. Greedy; the result is what one wants to read in a bug report.
// Law: every step makes the case smaller by `weight`, so it ends; `budget` bounds the tries.
import type { AttrValue } from "../../src/ir/attr.ts";
import { completeAttrs } from "../../src/ir/attr.ts";
import { Builder } from "../../src/ir/builder.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node } from "../../src/ir/op.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { cost, type Scalar } from "../../src/ir/scalar.ts";
import { elementsPerSample, N, sameShape, type Dim } from "../../src/ir/type.ts";
import type { Case } from "./generate.ts";

type Fails = (c: Case) => boolean | Promise<boolean>;

export async function shrink(failing: Case, fails: Fails, budget = 600): Promise<Case> {
  let best = failing;
  for (let improved = true; improved; ) {
    improved = false;
    for (const candidate of smaller(best)) {
      if (budget-- <= 0) return best;
      if (weight(candidate) >= weight(best) || !(await fails(candidate))) continue;
      best = candidate;
      improved = true;
      break;
    }
  }
  return best;
}

/** Nodes count most, then numbers, then what is written beside them. */
function weight(c: Case): number {
  const nodes = reachable(c.graph);
  const numbers = nodes.reduce((sum, n) => sum + elementsPerSample(n.type.shape), 0);
  const written = nodes.reduce((sum, n) => sum + attributeWeight(n), 0);
  const asides = c.without.length + (c.special === "none" ? 0 : 1) + (c.samples - 1) + (c.batch - 1);
  return 1e6 * (nodes.length + c.graph.outputs.length) + 10 * Math.min(numbers, 90_000) + Math.min(written, 50) + asides;
}

function attributeWeight({ attrs }: Node): number {
  return Object.values(attrs as Record<string, AttrValue>).reduce<number>((sum, v) => {
    if (v !== null && typeof v === "object" && "kind" in v) return sum + cost(v as Scalar);
    return sum + (Array.isArray(v) ? (v as unknown[]).reduce<number>((s, x) => s + (typeof x === "number" ? Math.abs(x) : 0), 0) : 0);
  }, 0);
}

function* smaller(c: Case): Iterable<Case> {
  const { graph } = c;
  if (graph.outputs.length > 1) for (const o of graph.outputs) yield { ...c, graph: rebuild({ ...graph, outputs: [o] })! };
  yield* each(c, halves(graph));
  yield { ...c, without: [] };
  for (const name of c.without) yield { ...c, without: c.without.filter((w) => w !== name) };
  yield { ...c, special: "none" };
  yield { ...c, samples: c.batch };
  yield { ...c, batch: c.samples };
  yield { ...c, batch: 1, samples: 1 };
  yield* each(c, bypasses(graph));
  yield* each(c, cuts(graph));
  yield* each(c, lesserAttributes(graph));
  yield* each(c, lesserInputs(graph));
}

function* each(c: Case, graphs: Iterable<Graph | null>): Iterable<Case> {
  for (const graph of graphs) if (graph) yield { ...c, graph };
}

/** An inner value as the only output: what comes after it goes. */
function* halves(graph: Graph): Iterable<Graph | null> {
  const nodes = reachable(graph).filter((n) => n.op !== input && n.op !== parameter && n.type.shape[0] === N);
  for (let at = nodes.length / 2; at >= 1 && nodes.length > 1; at /= 2) {
    for (const k of [Math.floor(at), nodes.length - 1 - Math.floor(at)]) yield rebuild({ ...graph, outputs: [{ name: "y", node: nodes[k]! }] });
  }
}

/** A node is replaced by an operand of the same type. */
function* bypasses(graph: Graph): Iterable<Graph | null> {
  for (const n of reachable(graph)) {
    const same = n.inputs.findIndex((i) => i.type === n.type);
    if (same >= 0) yield rebuild(graph, (node, inputs) => (node === n ? inputs[same]! : undefined));
  }
}

/** A node is replaced by an input (or parameter) of its type. */
function* cuts(graph: Graph): Iterable<Graph | null> {
  for (const n of [...reachable(graph)].reverse()) {
    if (n.op === input || n.op === parameter) continue;
    yield rebuild(graph, (node, _, b) => (node !== n ? undefined : n.type.shape[0] === N ? b.make(input, [], { name: `cut${n.id}`, shape: n.type.shape }) : b.make(parameter, [], { name: `cut${n.id}`, shape: n.type.shape as number[] })));
  }
}

/** One attribute of one node towards what is plainest; a layer's parameters follow. */
function* lesserAttributes(graph: Graph): Iterable<Graph | null> {
  for (const n of reachable(graph)) {
    if (n.op === input || n.op === parameter) continue;
    for (const [name, value] of Object.entries(n.attrs as Record<string, AttrValue>)) {
      for (const plainer of lesser(value)) yield rebuild(graph, (node, inputs, b) => (node === n ? remake(n, name === "epilogue" ? inputs.slice(0, n.op.inputs.length - 1) : inputs, { ...n.attrs, [name]: plainer } as never, b) : undefined));
    }
  }
}

function* lesser(value: AttrValue): Iterable<AttrValue> {
  if (value === null || typeof value === "string") return;
  if (value === true) yield false;
  if (typeof value === "number" && value > 1) yield* [1, Math.ceil(value / 2)];
  if (Array.isArray(value)) yield* [value.map((v) => Math.min(v as number, 0)), value.map((v) => Math.min(v as number, 1)), value.map((v) => Math.ceil((v as number) / 2))] as AttrValue[];
  if (typeof value === "object" && "kind" in value) yield null;
}

/** One axis of one input is made shorter. */
function* lesserInputs(graph: Graph): Iterable<Graph | null> {
  for (const n of [...graph.inputs, ...graph.parameters]) {
    for (const [k, d] of n.type.shape.entries()) {
      if (typeof d !== "number" || d <= 1) continue;
      for (const to of new Set([1, Math.ceil(d / 2), d - 1])) {
        const shape = (n.type.shape as Dim[]).with(k, to);
        yield rebuild(graph, (node, _, b) => (node === n ? b.make(n.op as typeof input, [], { ...n.attrs, shape }) : undefined));
      }
    }
  }
}

type Edit = (node: Node, inputs: readonly Node[], b: Builder) => Node | null | undefined;

/** The graph made again, an edited node where `edit` gives one; null where a node can no longer be made. Unread leaves go. */
function rebuild(graph: Graph, edit: Edit = () => undefined): Graph | null {
  const b = new Builder();
  const made = new Map<Node, Node>();
  for (const n of reachable({ ...graph, inputs: [], parameters: [] })) {
    const inputs = n.inputs.map((i) => made.get(i)!);
    const edited = edit(n, inputs, b);
    const node = edited === undefined ? remake(n, inputs, n.attrs, b) : edited;
    if (!node) return null;
    made.set(n, node);
  }
  const outputs = graph.outputs.map((o) => ({ name: o.name, node: made.get(o.node)! }));
  const nodes = reachable({ ...graph, inputs: [], parameters: [], outputs });
  const inputs = nodes.filter((n) => n.op === input);
  if (inputs.length === 0) inputs.push(b.make(input, [], { name: "x", shape: [N, 1] }));
  return { name: graph.name, inputs, parameters: nodes.filter((n) => n.op === parameter), outputs, updates: [] };
}

/** The node on other operands or with other attributes; the parameters of a layer get the shapes it asks for. */
function remake(n: Node, inputs: readonly Node[], attrs: Node["attrs"], b: Builder): Node | null {
  let operands = inputs;
  if (n.op.kind === "composite" && n.op.params) {
    const own = n.op.variadic ? inputs.length : n.op.inputs.length;
    const types = inputs.slice(0, own).map((i) => i.type);
    const complete = completeAttrs(n.op, attrs as never);
    if (isProblem(complete) || n.op.check?.(types, complete as never)) return null;
    const specs = n.op.params(types, complete as never);
    if (specs.length > inputs.length - own) return null;
    operands = [...inputs.slice(0, own), ...specs.map((p, i) => resized(inputs[own + i]!, p.shape, b))];
  }
  const node = b.tryMake(n.op as never, operands, attrs as never, n.origin);
  return isProblem(node) ? null : node;
}

function resized(p: Node, shape: readonly number[], b: Builder): Node {
  if (sameShape(p.type.shape, shape) || p.op !== parameter) return p;
  const { attrs } = p as Node<typeof parameter>;
  return b.make(parameter, [], { ...attrs, name: `${attrs.name.replace(/@.*$/, "")}@${shape.join("x")}`, shape });
}
