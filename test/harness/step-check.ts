// Is what a step of training did right? Each tensor that a kernel wrote is within the bounds of bounds.ts on the target's own operands,
// gradients and updates like any other; the checkpoint is what the steps wrote. And for whole steps: the f64 interpreter on the plan's
// graph, which takes the target's side where the two disagree about a sign.
import { evaluateNode } from "../../src/ir/eval.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { bind } from "../../src/ir/type.ts";
import { view } from "../../src/ops/index.ts";
import type { Buffer, Plan } from "../../src/plan/plan.ts";
import { arithmetics, boundOf, compare, F32, stored, tileOf, type Operand } from "./bounds.ts";
import type { TargetName } from "./execute.ts";
import type { StepRun } from "./execute-step.ts";
import { tensorsOf } from "./trainer.ts";

/** What a step reads, by name: inputs with `train.lr` and its like, parameters with what the optimizer remembers. */
export interface StepGiven {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly batch: number;
}

export interface StepTally {
  tensors: number;
  elements: number;
  unknown: number;
}

const nameOf = (n: Node): string => (n as Node<typeof parameter>).attrs.name;

/** The first thing that is wrong, in words; null where all is right. */
export function checkStep(plan: Plan, run: StepRun, given: StepGiven, tally: StepTally): string | null {
  const arithmetic = arithmetics[plan.target as TargetName];
  const known = new Map<Node, Operand>();
  const operand = (n: Node): Operand => known.get(n) ?? stored(leafOf(n, given, (m) => tensor(operand(m))));
  const tensor = (o: Operand): Tensor => ({ shape: o.shape, data: o.value });
  for (const [k, { step, data }] of run.written.entries()) {
    const { node, selection } = step;
    const expected = boundOf(node, node.inputs.map(operand), given.batch, { arithmetic, tile: tileOf(selection.label) });
    const { violation, unknown } = compare(data, expected, F32);
    tally.tensors++;
    tally.elements += data.length;
    tally.unknown += unknown;
    if (violation) return `step ${k} (${selection.label}) writes ${violation.actual} at ${violation.index} for ${violation.expected} ± ${violation.allowed}`;
    known.set(node, stored({ shape: bind(node.type.shape, given.batch), data: Float64Array.from(data) }));
  }
  return checkSaved(plan, run, given);
}

/** Is the checkpoint what the steps wrote to the parameters' memory, and else what it was? */
function checkSaved(plan: Plan, { written, saved, loss }: StepRun, { parameters }: StepGiven): string | null {
  const found = tensorsOf(saved);
  for (const { buffer } of plan.parameters) {
    const writer = written.findLast((w) => samePlace(w.step.output, buffer));
    const expected = writer?.data ?? parameters[buffer.name!]!.data;
    const wrong = found[buffer.name!]!.data.findIndex((v, i) => !Object.is(v, expected[i]));
    if (wrong >= 0) return `${buffer.name} is ${found[buffer.name!]!.data[wrong]} at ${wrong} after the step, and was ${writer ? "computed as" : ""} ${expected[wrong]}`;
  }
  const made = written.find((w) => w.step.output === plan.outputs[0]!.buffer)?.data[0];
  return made === undefined || Object.is(made, loss) ? null : `the loss is ${loss}, its step wrote ${made}`;
}

function samePlace(a: Buffer, b: Buffer): boolean {
  return a.region === b.region && a.offset.fixed === b.offset.fixed;
}

function leafOf(n: Node, { inputs, parameters, batch }: StepGiven, value: (n: Node) => Tensor): Tensor {
  const shape = bind(n.type.shape, batch);
  if (n.op === view) return { ...value(n.inputs[0]!), shape };
  const found = n.op === input ? inputs[nameOf(n)] : n.op === parameter ? parameters[nameOf(n)] : undefined;
  if (!found) throw new Error(`no step wrote ${n.op.name}`);
  return { ...found, shape };
}

export interface Followed {
  readonly loss: number;
  /** What parameters become, by name. */
  readonly parameters: Readonly<Record<string, Float64Array>>;
  /** How many numbers stand on the other side of zero than the target has them. */
  readonly turned: number;
  /** The largest of these, in units of its tensor's largest. */
  readonly worst: number;
}

/**
 * The step in f64. Where a number and the target's are on two sides of zero it is the target's: one rounding decides there whether a
 * ReLU lets a gradient pass, which then is another one. How large such numbers are is for the caller to judge.
 */
export function follow(plan: Plan, { written }: StepRun, given: StepGiven): Followed {
  const values = new Map<Node, Tensor>();
  const value = (n: Node): Tensor => values.get(n) ?? leafOf(n, given, value);
  const updated = new Map<Buffer, Float64Array>();
  let [turned, worst] = [0, 0];
  for (const { step, data } of written) {
    const { shape, data: exact } = evaluateNode(step.node, step.node.inputs.map(value), given.batch);
    const largest = exact.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
    const sided = exact.map((v, i) => {
      if (v > 0 === data[i]! > 0) return v;
      turned++;
      worst = Math.max(worst, Math.abs(v - data[i]!) / largest);
      return data[i]!;
    });
    values.set(step.node, { shape, data: sided });
    if (step.output.region === "weights") updated.set(step.output, sided);
  }
  const names = plan.parameters.flatMap(({ buffer }) => [...updated].filter(([b]) => samePlace(b, buffer)).map(([, data]) => [buffer.name!, data] as const));
  const loss = written.findLast((w) => w.step.output === plan.outputs[0]!.buffer)!.step.node;
  return { loss: value(loss).data[0]!, parameters: Object.fromEntries(names), turned, worst };
}
