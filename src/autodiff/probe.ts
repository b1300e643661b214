// What training would meet at its first step: how large the values are that each layer makes, and how large the gradient of its weights.
// A step like any other, but what it writes are these numbers instead of weights; parameters of their own keep them.
import { Builder } from "../ir/builder.ts";
import { reachable, type Graph, type Update } from "../ir/graph.ts";
import { parameter } from "../ir/leaf.ts";
import type { Maker, Node } from "../ir/op.ts";
import { arg, mul, num, select, type Scalar } from "../ir/scalar.ts";
import { map, reduce } from "../ops/index.ts";
import type { Objective } from "./objective.ts";
import { gradients } from "./reverse.ts";
import { isState, settled, trained, withLosses } from "./training.ts";
import { unfuse } from "./unfuse.ts";

/** A layer with a matrix of weights: a convolution or a dense layer. */
export interface ProbedLayer {
  /** Where it stands: "layer1.0.conv1". */
  readonly name: string;
  readonly node: Node;
  /** The parameter's name. */
  readonly weight: string;
}

export function probedLayers(graph: Graph): readonly ProbedLayer[] {
  return reachable(graph).flatMap((node) => {
    const weight = node.inputs.find((i) => i.op === parameter && !isState(i) && i.type.shape.length > 1);
    return node.op.kind === "composite" && weight ? [{ name: node.origin?.path ?? "", node, weight: nameOf(weight) }] : [];
  });
}

/** Sums of squares, by layer: what the k-th made, over the batch; the gradient of its weights. */
export const probes = {
  values: (k: number): string => `optimizer.values.${k}`,
  gradient: (k: number): string => `optimizer.gradient.${k}`,
} as const;

/** What a probe says of a sum that f32 does not hold. */
export const OVERFLOWN = -1;

/** Inputs and output as those of a step; its updates are the probes. The step is made whatever overflows: a loss that is not finite is 0. */
export function probeGraph(graph: Graph, objective: Pick<Objective, "losses" | "targets">, layers: readonly ProbedLayer[]): Graph {
  const { core, numbers } = trained(withLosses(graph, objective, false, layers.map((l) => l.node)));
  const b = new Builder({ fold: true });
  const whole = unfuse({ ...core, inputs: [...core.inputs, numbers.lr, numbers.step, numbers.seed] }, b);
  const [loss, ...made] = whole.outputs;
  const weights = layers.map((l) => whole.parameters.find((p) => nameOf(p) === l.weight)!);
  const found = gradients(b, reachable(whole), loss!.node, weights);
  const updates = layers.flatMap((_, k): readonly Update[] => {
    const gradient = found[k];
    return [probe(b, probes.values(k), made[k]!.node), ...(gradient ? [probe(b, probes.gradient(k), gradient)] : [])];
  });
  return settled({ ...whole, outputs: [{ ...loss!, node: b.make(map, [loss!.node], { expr: held(0) }) }], parameters: [...whole.parameters, ...updates.map((u) => u.parameter)], updates });
}

function probe(b: Maker, name: string, of: Node): Update {
  const squares = b.make(map, [of], { expr: mul(arg(0), arg(0)) });
  return {
    parameter: b.make(parameter, [], { name, shape: [], init: "zero", state: true }),
    value: b.make(map, [b.make(reduce, [squares], { kind: "sum", axes: of.type.shape.map((_, k) => k) })], { expr: held(OVERFLOWN) }),
  };
}

/** x where f32 holds it; NaN is less than nothing. */
function held(otherwise: number): Scalar {
  return select("<=", arg(0), num(3.4e38), arg(0), num(otherwise));
}

function nameOf(n: Node): string {
  return (n as Node<typeof parameter>).attrs.name;
}
