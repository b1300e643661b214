// Composites as what they mean: a graph of core ops. Mandatory before planning; the reference interpreter uses it too.
// Law: nodes keep the origin of the layer they come from, so that generated code leads back to the program.
import { attrsKey, completeAttrs, type AttrSchema, type AttrValue, type Attrs } from "./attr.ts";
import { Builder } from "./builder.ts";
import { reachable, withNodes, type Graph, type Update } from "./graph.ts";
import { input } from "./leaf.ts";
import type { Build, Composite, Core, Node, Op, Origin } from "./op.ts";
import { CompilerError, isProblem } from "./problem.ts";
import { printType, type Dim, type TensorType } from "./type.ts";

/** What layers mean in training. */
export interface Training {
  /** Numbers that a layer draws, made by the graph's builder. `site` counts the draws in topological order. */
  random(shape: readonly Dim[], site: number): Node;
}

/**
 * The graph with every composite replaced by its meaning, found once for layers that are alike. A folding builder simplifies on the
 * way. With `training` layers mean what they do in training, and the updates of their state are the graph's.
 */
export function decompose(graph: Graph, builder: Builder = new Builder(), training: Training | null = null): Graph {
  const meanings = new Map<string, Graph>();
  const made: Node[] = []; // by the old node's id
  const of = (n: Node): Node => made[n.id]!;
  const updates: Update[] = [];
  let sites = 0;
  const drawing: Mode = { training: true, update: (parameter, value) => updates.push({ parameter, value }), random: (shape) => training!.random(shape, sites++) };
  for (const n of reachable(graph)) {
    const inputs = n.inputs.map(of);
    if (n.op.kind === "core") made[n.id] = builder.again(n, inputs);
    else if (training && n.op.random) made[n.id] = remake(builder, n.op, inputs, n.attrs, n.origin, drawing);
    else made[n.id] = write(meaningOf(n, meanings, training !== null), inputs, n.origin, builder, updates);
  }
  const whole = withNodes(graph, of);
  return { ...whole, updates: [...whole.updates, ...updates] };
}

function meaningOf({ op, inputs, attrs }: Node, known: Map<string, Graph>, training: boolean): Graph {
  const types = inputs.map((i) => i.type);
  const key = `${op.name}(${types.map(printType).join(", ")})${attrsKey(op.attrs, attrs)}`;
  let meaning = known.get(key);
  if (!meaning) known.set(key, (meaning = expand(op, types, attrs, training)));
  return meaning;
}

/** A meaning with `operands` in the place of its placeholders. */
function write(meaning: Graph, operands: readonly Node[], origin: Origin | null, builder: Builder, updates: Update[]): Node {
  const made: Node[] = []; // by id in `meaning`
  meaning.inputs.forEach((placeholder, k) => (made[placeholder.id] = operands[k]!));
  for (const n of reachable(meaning)) made[n.id] ??= builder.again(n, n.inputs.map((i) => made[i.id]!), origin);
  for (const u of meaning.updates) updates.push({ parameter: made[u.parameter.id]!, value: made[u.value.id]! });
  return made[meaning.outputs[0]!.node.id]!;
}

/** What `op` means over placeholders `$0`, `$1`, … of the given types: a graph of core ops with one output, `y`. */
export function expand(op: Op, types: readonly TensorType[], attrs: Node["attrs"], training = false): Graph {
  const builder = new Builder();
  const inputs = types.map((t, i) => builder.make(input, [], { name: `$${i}`, shape: t.shape, dtype: t.dtype }));
  const updates: Update[] = [];
  const node = remake(builder, op, inputs, attrs, null, {
    training,
    update: (parameter, value) => updates.push({ parameter, value }),
    random: () => {
      throw new CompilerError(op.name, "only a layer that says it is random draws numbers, and only in training");
    },
  });
  return { name: op.name, inputs, parameters: [], outputs: [{ name: "y", node }], updates };
}

type Mode = Pick<Build, "training" | "update" | "random">;

function remake(builder: Builder, op: Op, inputs: readonly Node[], attrs: Node["attrs"], origin: Origin | null, mode: Mode): Node {
  if (op.kind === "core") return builder.make(op, inputs, attrs, origin);
  const build: Build = {
    ...mode,
    make: <S extends AttrSchema>(o: Core<S> | Composite<S>, operands: readonly Node[], given: Partial<Attrs<S>> = {}): Node => {
      const complete = completeAttrs(o, given as Record<string, AttrValue>);
      if (isProblem(complete)) throw new CompilerError(op.name, complete.problem);
      return remake(builder, o as unknown as Op, operands, complete as never, origin, mode);
    },
  };
  return op.build(build, inputs, attrs);
}
