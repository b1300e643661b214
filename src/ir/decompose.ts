// Composites as what they mean: a graph of core ops. Mandatory before planning; the reference interpreter uses it too.
// Law: nodes keep the origin of the layer they come from, so that generated code leads back to the program.
import { attrsKey, completeAttrs, type AttrSchema, type AttrValue, type Attrs } from "./attr.ts";
import { Builder } from "./builder.ts";
import { reachable, type Graph } from "./graph.ts";
import { input } from "./leaf.ts";
import type { Build, Composite, Core, Node, Op, Origin } from "./op.ts";
import { CompilerError, isProblem } from "./problem.ts";
import { printType, type TensorType } from "./type.ts";

/** The graph with every composite replaced by its meaning, found once for layers that are alike. A folding builder simplifies on the way. */
export function decompose(graph: Graph, builder: Builder = new Builder()): Graph {
  const meanings = new Map<string, Graph>();
  const made: Node[] = []; // by the old node's id
  const of = (n: Node): Node => made[n.id]!;
  for (const n of reachable(graph)) {
    const inputs = n.inputs.map(of);
    made[n.id] = n.op.kind === "core" ? builder.again(n, inputs) : write(meaningOf(n, meanings), inputs, n.origin, builder);
  }
  return {
    name: graph.name,
    inputs: graph.inputs.map(of),
    parameters: graph.parameters.map(of),
    outputs: graph.outputs.map((o) => ({ name: o.name, node: of(o.node) })),
  };
}

function meaningOf({ op, inputs, attrs }: Node, known: Map<string, Graph>): Graph {
  const types = inputs.map((i) => i.type);
  const key = `${op.name}(${types.map(printType).join(", ")})${attrsKey(op.attrs, attrs)}`;
  let meaning = known.get(key);
  if (!meaning) known.set(key, (meaning = expand(op, types, attrs)));
  return meaning;
}

/** A meaning with `operands` in the place of its placeholders. */
function write(meaning: Graph, operands: readonly Node[], origin: Origin | null, builder: Builder): Node {
  const made: Node[] = []; // by id in `meaning`
  meaning.inputs.forEach((placeholder, k) => (made[placeholder.id] = operands[k]!));
  for (const n of reachable(meaning)) made[n.id] ??= builder.again(n, n.inputs.map((i) => made[i.id]!), origin);
  return made[meaning.outputs[0]!.node.id]!;
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
