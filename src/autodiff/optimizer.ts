// Optimizers as nodes: from a parameter and its gradient to the parameter's next value, as PyTorch defines them. What they remember are
// parameters too, zero at first, called `optimizer.<what>.<parameter>`.
import type { Maker, Node } from "../ir/op.ts";
import { add, arg, div, mul, neg, num, sqrt, sub, tanh, type Scalar } from "../ir/scalar.ts";
import { map, parameter } from "../ops/index.ts";
import type { Update } from "../ir/graph.ts";
import { evaluated } from "./adjoint.ts";
import type { Adam, Optimizer, Sgd } from "./objective.ts";

/** Numbers of a step. */
export interface StepNumbers {
  readonly lr: Node;
  /** From 0. */
  readonly step: Node;
}

/** What replaces a parameter and the optimizer's memory of it. The memory's parameters come first. */
export function optimise(b: Maker, w: Node, gradient: Node, optimizer: Optimizer, numbers: StepNumbers): readonly Update[] {
  return optimizer.kind === "sgd" ? sgd(b, w, gradient, optimizer, numbers) : adam(b, w, gradient, optimizer, numbers);
}

const [x0, x1, x2, x3] = [arg(0), arg(1), arg(2), arg(3)];

/** v ← momentum · v + g (at first g, since v is 0), w ← w − lr · v; Nesterov: w − lr · (g + momentum · v) (Sutskever et al. 2013). */
function sgd(b: Maker, w: Node, gradient: Node, { momentum, nesterov, decay }: Sgd, { lr }: StepNumbers): readonly Update[] {
  const g = penalised(b, w, gradient, decay);
  if (momentum === 0) return [{ parameter: w, value: b.make(map, [w, g, lr], { expr: sub(x0, mul(x2, x1)) }) }];
  const v = memory(b, "velocity", w);
  const next = b.make(map, [v, g], { expr: add(mul(x0, num(momentum)), x1) });
  const direction = nesterov ? add(x3, mul(x1, num(momentum))) : x1;
  return [{ parameter: v, value: next }, { parameter: w, value: evaluated(b, { operands: [w, next, lr, g], expr: sub(x0, mul(x2, direction)) }) }];
}

/** Kingma and Ba 2015, algorithm 1; with decoupled decay Loshchilov and Hutter 2019, algorithm 2. */
function adam(b: Maker, w: Node, gradient: Node, { kind, beta1, beta2, eps, decay }: Adam, { lr, step }: StepNumbers): readonly Update[] {
  const g = kind === "adam" ? penalised(b, w, gradient, decay) : gradient;
  const [m, v] = [memory(b, "moment1", w), memory(b, "moment2", w)];
  const nextM = b.make(map, [m, g], { expr: add(mul(x0, num(beta1)), mul(x1, num(1 - beta1))) });
  const nextV = b.make(map, [v, g], { expr: add(mul(x0, num(beta2)), mul(mul(x1, x1), num(1 - beta2))) });
  const [biasM, biasV] = [beta1, beta2].map((beta) => b.make(map, [step], { expr: oneMinusPower(beta, add(x0, num(1))) })) as [Node, Node];
  const rate = b.make(map, [lr, biasM], { expr: div(x0, x1) });
  const shrunk = kind === "adamw" && decay > 0 ? b.make(map, [w, lr], { expr: mul(x0, sub(num(1), mul(x1, num(decay)))) }) : w;
  const value = b.make(map, [shrunk, nextM, nextV, biasV, rate], { expr: sub(x0, div(mul(arg(4), x1), add(sqrt(div(x2, x3)), num(eps)))) });
  return [{ parameter: m, value: nextM }, { parameter: v, value: nextV }, { parameter: w, value }];
}

/**
 * 1 − βᵗ = −2u / (1 − u) with u = tanh(t · ln β / 2): in f32 1 − βᵗ itself would keep three digits of 1 − 0.999.
 */
function oneMinusPower(beta: number, t: Scalar): Scalar {
  const u = tanh(mul(t, num(Math.log(beta) / 2)));
  return div(mul(neg(u), num(2)), sub(num(1), u));
}

function penalised(b: Maker, w: Node, gradient: Node, decay: number): Node {
  return decay === 0 ? gradient : b.make(map, [gradient, w], { expr: add(x0, mul(x1, num(decay))) });
}

function memory(b: Maker, what: string, { type, attrs }: Node): Node {
  const name = `optimizer.${what}.${(attrs as unknown as { readonly name: string }).name}`;
  return b.make(parameter, [], { name, shape: type.shape as readonly number[], init: "zero", state: true });
}
