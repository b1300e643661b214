// Tensors and one-op graphs for tests: seeded numbers, samples of ops made into graphs.
import { completeAttrs, type AttrValue } from "../../src/ir/attr.ts";
import { Builder } from "../../src/ir/builder.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Op, Tensor } from "../../src/ir/op.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { bind, elementsPerSample, type Dim, type TensorType } from "../../src/ir/type.ts";
import { random } from "./random.ts";

export function tensorOf(shape: readonly number[], data: ArrayLike<number>): Tensor {
  if (data.length !== elementsPerSample(shape)) throw new Error(`${data.length} numbers for [${shape.join(", ")}]`);
  return { shape, data: Float64Array.from(data) };
}

/** f32 numbers in [-1, 1). */
export function randomTensor(shape: readonly Dim[], seed: number, batch = 2): Tensor {
  const next = random(seed);
  const bound = bind(shape, batch);
  return tensorOf(bound, Float32Array.from({ length: elementsPerSample(bound) }, () => next() * 2 - 1));
}

/** A graph with one op over inputs "x0", "x1", … and the parameters that the op owns, under their own names. */
export function oneOp(op: Op, types: readonly TensorType[], attrs: { readonly [name: string]: unknown }, builder = new Builder()): Graph & { readonly node: Node } {
  const inputs = types.map((t, i) => builder.make(input, [], { name: `x${i}`, shape: t.shape, dtype: t.dtype }));
  const complete = completeAttrs(op, attrs as { [name: string]: AttrValue });
  if (isProblem(complete)) throw new Error(complete.problem);
  const owned = op.kind === "composite" && op.params && !op.check?.(types, complete as never) ? op.params(types, complete as never) : [];
  const parameters = owned.map(({ doc: _, ...p }) => builder.make(parameter, [], p));
  const node = builder.make(op as never, [...inputs, ...parameters], complete as never);
  return { name: op.name, inputs, parameters, outputs: [{ name: "y", node }], updates: [], node };
}

/** A value for each input and parameter. Variances come out positive. */
export function randomGiven(graph: Graph, seed: number, batch = 2): { inputs: Record<string, Tensor>; parameters: Record<string, Tensor> } {
  const values = (nodes: readonly Node[], from: number): Record<string, Tensor> =>
    Object.fromEntries(
      nodes.map((n, i) => {
        const { name } = (n as Node<typeof input>).attrs;
        const t = randomTensor(n.type.shape, seed * 1000 + from + i, batch);
        if (n.type.dtype === "i32") return [name, { ...t, data: t.data.map((v) => Math.floor((v + 1) * 3) - 1) }]; // small labels, and -1 among them
        return [name, name.endsWith("running_var") ? { ...t, data: t.data.map((v) => Math.fround(v + 1.5)) } : t];
      }),
    );
  return { inputs: values(graph.inputs, 0), parameters: values(graph.parameters, 500) };
}
