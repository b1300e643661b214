// Is a graph what every pass may rely on? Run after each pass; what is wrong is the compiler's mistake, told with the pass's name.
import { attrsKey, completeAttrs } from "./attr.ts";
import { inferType } from "./builder.ts";
import { reachable, type Graph } from "./graph.ts";
import { input, parameter } from "./leaf.ts";
import type { Node } from "./op.ts";
import { CompilerError, isProblem } from "./problem.ts";
import { printNode } from "./print.ts";
import { printType, sameShape } from "./type.ts";

export interface VerifyOptions {
  /** Only core ops may occur. */
  readonly core?: boolean;
}

/** Throws a CompilerError that names `where` unless the graph is listed, ordered, interned and typed as it must be. */
export function verify(graph: Graph, where: string, options: VerifyOptions = {}): void {
  const fail = (message: string): never => {
    throw new CompilerError(where, message);
  };
  signature(graph, fail);
  const seen = new Map<string, Node>();
  let last: Node | null = null;
  for (const n of reachable(graph)) {
    if (last && n.id <= last.id) fail(`two nodes have the number ${n.id}`);
    last = n;
    const late = n.inputs.find((i) => i.id >= n.id);
    if (late) fail(`%${n.id} = ${printNode(n)} reads %${late.id}, which is made after it`);
    if (options.core && n.op.kind !== "core") fail(`%${n.id} = ${printNode(n)} is not a core op`);

    const attrs = completeAttrs(n.op, n.attrs as never);
    const type = isProblem(attrs) ? attrs : inferType(n.op, n.inputs.map((i) => i.type), attrs);
    if (isProblem(type)) fail(`%${n.id} = ${printNode(n)}: ${type.problem}`);
    else if (type.dtype !== n.type.dtype || !sameShape(type.shape, n.type.shape)) fail(`%${n.id} = ${printNode(n)} is of type ${printType(type)}`);

    const key = `${n.op.name}(${n.inputs.map((i) => i.id).join()})${attrsKey(n.op.attrs, n.attrs as never)}`;
    const twin = seen.get(key);
    if (twin) fail(`%${twin.id} and %${n.id} are both ${printNode(n)}`);
    seen.set(key, n);
  }
}

function signature(graph: Graph, fail: (message: string) => never): void {
  const listed = new Set([...graph.inputs, ...graph.parameters]);
  for (const n of reachable(graph)) {
    if ((n.op === input || n.op === parameter) && !listed.has(n)) fail(`%${n.id} = ${printNode(n)} is not in the signature`);
  }
  const name = (n: Node): string => (n as Node<typeof input>).attrs.name;
  const wrong = [...graph.inputs.filter((n) => n.op !== input), ...graph.parameters.filter((n) => n.op !== parameter)];
  if (wrong.length > 0) fail(`%${wrong[0]!.id} = ${printNode(wrong[0]!)} is listed as an input or parameter`);
  unique("input", graph.inputs.map(name), fail);
  unique("parameter", graph.parameters.map(name), fail);
  unique("output", graph.outputs.map((o) => o.name), fail);
}

function unique(what: string, names: readonly string[], fail: (message: string) => never): void {
  const seen = new Set<string>();
  for (const n of names) {
    if (seen.has(n)) fail(`two ${what}s are called ${JSON.stringify(n)}`);
    seen.add(n);
  }
}
