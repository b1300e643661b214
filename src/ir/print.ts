// A graph as text: its signature, then one line per node in topological order. `parseGraph` reads it back.
// Law: values are numbered afresh (inputs, parameters, the rest by id), so printing what was parsed gives the same text.
import { printAttr, type AttrValue } from "./attr.ts";
import { reachable, type Graph } from "./graph.ts";
import { input, parameter } from "./leaf.ts";
import type { Node } from "./op.ts";
import { printType } from "./type.ts";

/**
 * graph "tiny"
 * input %0 = "image" : [N, 3, 8, 8]
 * parameter %1 = "conv1.weight" : [4, 3, 3, 3] {init="he", fanIn=27, fanOut=36}
 * %2 = conv(%0, %1) {c=4, k=[3, 3], bias=false} : [N, 4, 8, 8] @ "conv1"
 * output "y" = %2
 * update %1 = %7
 */
export function printGraph(graph: Graph): string {
  const listed = new Set([...graph.inputs, ...graph.parameters]);
  const computed = reachable(graph).filter((n) => !listed.has(n));
  const number = new Map([...listed, ...computed].map((n, i) => [n, `%${i}`]));
  const of = (n: Node): string => number.get(n)!;
  const lines = [
    `graph ${JSON.stringify(graph.name)}`,
    ...graph.inputs.map((n) => `input ${of(n)} = ${printLeaf(n)}`),
    ...graph.parameters.map((n) => `parameter ${of(n)} = ${printLeaf(n)}`),
    ...computed.map((n) => `${of(n)} = ${printNode(n, of)}${n.origin?.path ? ` @ ${JSON.stringify(n.origin.path)}` : ""}`),
    ...graph.outputs.map((o) => `output ${JSON.stringify(o.name)} = ${of(o.node)}`),
    ...graph.updates.map((u) => `update ${of(u.parameter)} = ${of(u.value)}`),
  ];
  return lines.join("\n") + "\n";
}

/** "conv2d(%3, %4) {stride=[2, 2]} : [N, 16, 32, 32]"; attributes at their default are left out. */
export function printNode(n: Node, of: (operand: Node) => string = (o) => `%${o.id}`): string {
  return `${n.op.name}(${n.inputs.map(of).join(", ")})${printAttrs(n, [])} : ${printType(n.type)}`;
}

/** Name and type of an input or parameter; its attributes `name`, `shape` and `dtype` are told by them. */
function printLeaf(n: Node): string {
  const { name } = (n as Node<typeof input | typeof parameter>).attrs;
  return `${JSON.stringify(name)} : ${printType(n.type)}${printAttrs(n, ["name", "shape", "dtype"])}`;
}

function printAttrs(n: Node, told: readonly string[]): string {
  const parts: string[] = [];
  for (const [name, spec] of Object.entries(n.op.attrs)) {
    const text = printAttr((n.attrs as { readonly [name: string]: AttrValue })[name] ?? null);
    if (!told.includes(name) && text !== printAttr(spec.default ?? null)) parts.push(`${name}=${text}`);
  }
  return parts.length > 0 ? ` {${parts.join(", ")}}` : "";
}
