// The graphs of training. In: an export's graph in the language's layers, and what it is trained for. Out: the step (loss, gradients,
// optimizer, running statistics, as updates of parameters) and the evaluation (loss and wrong labels, nothing updated), in core ops.
//
// Laws: what the backward pass reads again is stored, but for what elementwise ops can be told from: their derivatives read the result
// instead of the operands where that is less. Nothing else is computed twice here; fusion makes the rest small, and where memory is bounded
// the plan drops part of it and computes that again (plan/checkpoints.ts).
import { Builder } from "../ir/builder.ts";
import { decompose, type Training } from "../ir/decompose.ts";
import { reachable, withNodes, type Graph, type Update } from "../ir/graph.ts";
import type { Maker, Node } from "../ir/op.ts";
import { CompilerError } from "../ir/problem.ts";
import { add, arg, mul, num } from "../ir/scalar.ts";
import { crossEntropy, input, map, mse, parameter, random, wrongCount } from "../ops/index.ts";
import { madeFor } from "./adjoint.ts";
import { clipped } from "./clip.ts";
import { scalars, type LossTerm, type Objective } from "./objective.ts";
import { optimise } from "./optimizer.ts";
import { gradients } from "./reverse.ts";
import { unfuse } from "./unfuse.ts";

/**
 * One step of training. Inputs: the model's, the targets (labels are i32), and the scalars `lr`, `step` and `seed`. Output: "loss", of
 * the parameters as they were, without decay. Parameters: the model's, then what the optimizer remembers.
 */
export function stepGraph(graph: Graph, objective: Objective): Graph {
  const { core, numbers } = trained(withLosses(graph, objective));
  const b = new Builder({ fold: true });
  const whole = unfuse({ ...core, inputs: [...core.inputs, numbers.lr, numbers.step, numbers.seed] }, b);
  const [lr, step] = whole.inputs.slice(-3) as [Node, Node, Node];
  const loss = whole.outputs[0]!.node;
  const wanted = whole.parameters.filter((p) => !isState(p));
  const found = gradients(b, reachable(whole), loss, wanted);
  const moving = wanted.flatMap((w, k) => (found[k] ? [{ w, gradient: found[k] }] : [])); // PyTorch, too, leaves alone what has no gradient
  const final = objective.clip === null ? moving.map((m) => m.gradient) : clipped(b, moving.map((m) => m.gradient), objective.clip);
  const updates = moving.flatMap(({ w }, k): readonly Update[] => optimise(madeFor(b, w), w, final[k]!, objective.optimizer, { lr, step }));
  const known = new Set(whole.parameters);
  const parameters = [...whole.parameters, ...updates.map((u) => u.parameter).filter((p) => !known.has(p))];
  return settled({ ...whole, parameters, updates: [...whole.updates, ...updates] });
}

/**
 * The loss as inference computes it: with running statistics, nothing dropped. Inputs: the model's and the targets. Outputs: "loss",
 * the mean over the samples, and where there is a cross-entropy "wrong": how many labels of the first one are not the class with the
 * largest score (of equal ones the first; none where one is NaN).
 */
export function evaluationGraph(graph: Graph, objective: Objective): Graph {
  return settled(decompose(withLosses(graph, objective, true)));
}

/** The fewest samples that a step takes: batch norm needs two values of each channel. */
export function leastBatch(graph: Graph): number {
  return reachable(graph).reduce((most, { op, inputs, attrs }) => {
    const least = op.kind === "composite" ? op.leastBatch?.(inputs.slice(0, op.inputs.length).map((i) => i.type), attrs as never) : undefined;
    return Math.max(most, least ?? 1);
  }, 1);
}

/** The graph with its losses' weighted sum as its output; `kept` are nodes to have as outputs after it. */
export function withLosses(graph: Graph, { losses, targets }: Pick<Objective, "losses" | "targets">, counting = false, kept: readonly Node[] = []): Graph {
  const b = new Builder();
  const made: Node[] = []; // by the old node's id
  for (const n of reachable(graph)) made[n.id] = b.again(n, n.inputs.map((i) => made[i.id]!));
  const same = withNodes(graph, (n) => made[n.id]!);
  const given = new Map(targets.map(({ name, type }) => [name, b.make(input, [], { name, shape: type.shape, dtype: type.dtype })]));
  const operandsOf = ({ output, target }: LossTerm): readonly Node[] => {
    const operands = [same.outputs.find((o) => o.name === output)?.node, given.get(target)];
    if (operands.includes(undefined)) throw new CompilerError("training", `there is no output ${output} or no target ${target}`);
    return operands as readonly Node[];
  };
  const terms = losses.map((term) => (term.kind === "mse" ? b.make(mse, operandsOf(term)) : b.make(crossEntropy, operandsOf(term), { smoothing: term.smoothing })));
  const first = counting ? losses.find((term) => term.kind === "cross_entropy") : undefined;
  const outputs = [{ name: "loss", node: weighted(b, terms, losses) }, ...(first ? [{ name: "wrong", node: b.make(wrongCount, operandsOf(first)) }] : [])];
  return { ...same, inputs: [...same.inputs, ...given.values()], outputs: [...outputs, ...kept.map((n, k) => ({ name: `kept.${k}`, node: made[n.id]! }))] };
}

function weighted(b: Maker, terms: readonly Node[], losses: readonly LossTerm[]): Node {
  return b.make(map, terms, { expr: terms.map((_, k) => mul(arg(k), num(losses[k]!.weight))).reduce(add) });
}

/** What the layers mean in training, and the numbers that a step is given. */
export function trained(graph: Graph): { readonly core: Graph; readonly numbers: Record<keyof typeof scalars, Node> } {
  const b = new Builder();
  const number = (name: string): Node => b.make(input, [], { name, shape: [] });
  const numbers = { lr: number(scalars.lr), step: number(scalars.step), seed: number(scalars.seed) };
  const training: Training = { random: (shape, site) => b.make(random, [numbers.step, numbers.seed], { shape, site }) };
  return { core: decompose(graph, b, training), numbers };
}

/** Made again without what only gradients ask about, and without what is not needed. */
export function settled(graph: Graph): Graph {
  const b = new Builder({ fold: true });
  const made: Node[] = []; // by the old node's id
  for (const n of reachable(graph)) {
    const inputs = n.inputs.map((i) => made[i.id]!);
    made[n.id] = n.op === map ? b.make(map, inputs, { expr: (n as Node<typeof map>).attrs.expr }, n.origin) : b.again(n, inputs);
  }
  return withNodes(graph, (n) => made[n.id]!);
}

export function isState(n: Node): boolean {
  return (n as Node<typeof parameter>).attrs.state;
}
