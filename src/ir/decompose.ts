// Composites as what they mean: a graph of core ops. Mandatory before planning; the reference interpreter uses it too.
// Law: nodes keep the origin of the layer they come from, so that generated code leads back to the program.
import { completeAttrs, type AttrSchema, type AttrValue, type Attrs } from "./attr.ts";
import { Builder } from "./builder.ts";
import { reachable, type Graph } from "./graph.ts";
import { input } from "./leaf.ts";
import type { Build, Composite, Core, Node, Op, Origin } from "./op.ts";
import { CompilerError, isProblem } from "./problem.ts";
import type { TensorType } from "./type.ts";

/** The graph with every composite replaced by its meaning. A folding builder simplifies on the way. */
export function decompose(graph: Graph, builder: Builder = new Builder()): Graph {
  const made = new Map<Node, Node>();
  const of = (n: Node): Node => made.get(n)!;
  for (const n of reachable(graph)) made.set(n, remake(builder, n.op, n.inputs.map(of), n.attrs, n.origin));
  return {
    name: graph.name,
    inputs: graph.inputs.map(of),
    parameters: graph.parameters.map(of),
    outputs: graph.outputs.map((o) => ({ name: o.name, node: of(o.node) })),
  };
}

/** What `op` means over placeholders `$0`, `$1`, … of the given types: a graph of core ops with one output, `y`. */
export function expand(op: Op, types: readonly TensorType[], attrs: Node["attrs"]): Graph {
  const builder = new Builder();
  const inputs = types.map((t, i) => builder.make(input, [], { name: `$${i}`, shape: t.shape, dtype: t.dtype }));
  return { name: op.name, inputs, parameters: [], outputs: [{ name: "y", node: remake(builder, op, inputs, attrs, null) }] };
}

function remake(builder: Builder, op: Op, inputs: readonly Node[], attrs: Node["attrs"], origin: Origin | null): Node {
  if (op.kind === "core") return builder.make(op, inputs, attrs, origin);
  const build: Build = {
    training: false,
    update: () => undefined,
    make: <S extends AttrSchema>(o: Core<S> | Composite<S>, operands: readonly Node[], given: Partial<Attrs<S>> = {}): Node => {
      const complete = completeAttrs(o, given as Record<string, AttrValue>);
      if (isProblem(complete)) throw new CompilerError(op.name, complete.problem);
      return remake(builder, o as unknown as Op, operands, complete as never, origin);
    },
  };
  return op.build(build, inputs, attrs);
}
