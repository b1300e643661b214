// Optimizers over several steps, against loops written out here; schedules against a table.
import { describe, expect, test } from "vitest";
import { clipped } from "../../src/autodiff/clip.ts";
import type { Optimizer } from "../../src/autodiff/objective.ts";
import { optimise } from "../../src/autodiff/optimizer.ts";
import { learningRate } from "../../src/runtime/schedule.ts";
import { Builder } from "../../src/ir/builder.ts";
import { evaluate } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { constant } from "../../src/ops/index.ts";
import { tensorOf } from "../harness/tensor.ts";

const STEPS = 12;
const SIZES = [3, 2]; // two parameters
/** Gradients that depend on the weights, so that a mistake in one step shows in the next. */
const gradientOf = (w: readonly number[], step: number): number[] => w.map((v, i) => Math.sin(3 * v + i) + 0.3 * Math.cos(step + i));
const rateOf = (step: number): number => 0.1 / (1 + step);
const nameOf = (n: Node): string => (n.attrs as unknown as { readonly name: string }).name;

/** What the graph makes of the weights. */
function byGraph(optimizer: Optimizer, clip: number | null): number[][] {
  const b = new Builder({ fold: true });
  const [lr, step] = ["lr", "step"].map((name) => b.make(input, [], { name, shape: [] })) as [Node, Node];
  const weights = SIZES.map((n, k) => b.make(parameter, [], { name: `w${k}`, shape: [n] }));
  const gradients = SIZES.map((n, k) => b.make(input, [], { name: `g${k}`, shape: [n] }));
  const final = clip === null ? gradients : clipped(b, gradients, clip);
  const updates = weights.flatMap((w, k) => optimise(b, w, final[k]!, optimizer, { lr, step }));
  const graph: Graph = { name: "step", inputs: [lr, step, ...gradients], parameters: updates.map((u) => u.parameter), outputs: [{ name: "y", node: b.make(constant, [], { value: 0 }) }], updates };
  let state: Record<string, Tensor> = Object.fromEntries(graph.parameters.map((p) => [nameOf(p), tensorOf(p.type.shape as number[], new Float64Array(p.type.shape[0] as number))]));
  SIZES.forEach((n, k) => (state[`w${k}`] = tensorOf([n], start(n, k))));
  for (let t = 0; t < STEPS; t++) {
    const inputs: Record<string, Tensor> = { lr: tensorOf([], [rateOf(t)]), step: tensorOf([], [t]) };
    SIZES.forEach((n, k) => (inputs[`g${k}`] = tensorOf([n], gradientOf([...state[`w${k}`]!.data], t))));
    state = { ...state, ...Object.fromEntries(evaluate(graph, { inputs, parameters: state }).updates) };
  }
  return SIZES.map((_, k) => [...state[`w${k}`]!.data]);
}

function start(n: number, k: number): number[] {
  return Array.from({ length: n }, (_, i) => 1 - 0.7 * i + 0.2 * k);
}

/** The same by the formulas, parameter by parameter, number by number. */
function byHand(o: Optimizer, clip: number | null): number[][] {
  const w = SIZES.map(start);
  const first = SIZES.map((n) => new Array<number>(n).fill(0));
  const second = SIZES.map((n) => new Array<number>(n).fill(0));
  for (let t = 0; t < STEPS; t++) {
    let g = w.map((v) => gradientOf(v, t));
    if (clip !== null) {
      const norm = Math.hypot(...g.flat());
      g = g.map((v) => v.map((x) => x * Math.min(1, clip / (norm + 1e-6))));
    }
    const lr = rateOf(t);
    w.forEach((values, k) => values.forEach((old, i) => {
      let x = old;
      let d = g[k]![i]!;
      if (o.kind === "adamw") x -= lr * o.decay * x;
      else d += o.decay * old;
      if (o.kind === "sgd") {
        if (o.momentum > 0) {
          const v = t === 0 ? d : o.momentum * first[k]![i]! + d; // PyTorch begins with the gradient itself
          first[k]![i] = v;
          d = o.nesterov ? d + o.momentum * v : v;
        }
        values[i] = x - lr * d;
        return;
      }
      first[k]![i] = o.beta1 * first[k]![i]! + (1 - o.beta1) * d;
      second[k]![i] = o.beta2 * second[k]![i]! + (1 - o.beta2) * d * d;
      const m = first[k]![i]! / (1 - o.beta1 ** (t + 1));
      const v = second[k]![i]! / (1 - o.beta2 ** (t + 1));
      values[i] = x - (lr * m) / (Math.sqrt(v) + o.eps);
    }));
  }
  return w;
}

const sgd = { kind: "sgd", momentum: 0, nesterov: false, decay: 0 } as const;
const adam = { kind: "adam", beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0 } as const;
const cases: readonly (readonly [string, Optimizer, number | null])[] = [
  ["sgd", sgd, null],
  ["sgd with decay", { ...sgd, decay: 0.1 }, null],
  ["sgd with momentum", { ...sgd, momentum: 0.9 }, null],
  ["sgd with momentum and decay", { ...sgd, momentum: 0.9, decay: 0.01 }, null],
  ["Nesterov", { ...sgd, momentum: 0.9, nesterov: true, decay: 0.01 }, null],
  ["adam", adam, null],
  ["adam with decay", { ...adam, decay: 0.1 }, null],
  ["adam with other betas", { ...adam, beta1: 0, beta2: 0.5, eps: 0.1 }, null],
  ["adamw", { ...adam, kind: "adamw", decay: 0.1 }, null],
  ["sgd, clipped", { ...sgd, momentum: 0.5, decay: 0.1 }, 0.5],
  ["adamw, clipped", { ...adam, kind: "adamw", decay: 0.1 }, 0.3],
  ["sgd, never clipped", sgd, 1e6],
];

test.each(cases)("%s", (_, optimizer, clip) => {
  const [found, expected] = [byGraph(optimizer, clip).flat(), byHand(optimizer, clip).flat()];
  found.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-13));
  expect(found.some((v, i) => Math.abs(v - SIZES.flatMap(start)[i]!) > 0.01)).toBe(true);
});

test("Adam's correction keeps its digits in f32", () => {
  // −2u / (1 − u) in f32 arithmetic, with u = tanh(t · ln β / 2)
  for (const [beta, t] of [[0.999, 1], [0.999, 2], [0.999, 1000], [0.9, 1], [0.9, 300]] as const) {
    const u = Math.fround(Math.tanh(Math.fround(t * Math.fround(Math.log(beta) / 2))));
    const found = Math.fround(Math.fround(-u * 2) / Math.fround(1 - u));
    expect(Math.abs(found / (1 - beta ** t) - 1)).toBeLessThan(3e-7);
  }
});

describe("schedules", () => {
  const optimizer = { lr: 0.1 };
  const he = { optimizer, warmup: { steps: 400, lr: 0.01 }, schedule: { kind: "step", by: 0.1, at: [32_000, 48_000] }, steps: 64_000 } as const;
  test.each([[0, 0.01], [399, 0.01], [400, 0.1], [31_999, 0.1], [32_000, 0.01], [47_999, 0.01], [48_000, 0.001], [63_999, 0.001]])("He et al. 2015: step %i at %f", (step, rate) => {
    expect(learningRate(he, step)).toBeCloseTo(rate, 15);
  });
  test.each([[0, 0.1], [25, 0.05 + 0.05 * Math.SQRT1_2], [50, 0.05], [100, 0], [200, 0]])("cosine: step %i at %f", (step, rate) => {
    expect(learningRate({ optimizer, warmup: null, schedule: { kind: "cosine", to: 0 }, steps: 100 }, step)).toBeCloseTo(rate, 15);
  });
  test.each([[0, 0.02], [19, 0.02], [20, 0.1], [60, 0.055], [100, 0.01]])("cosine to 0.01 after a warmup: step %i at %f", (step, rate) => {
    expect(learningRate({ optimizer, warmup: { steps: 20, lr: 0.02 }, schedule: { kind: "cosine", to: 0.01 }, steps: 100 }, step)).toBeCloseTo(rate, 15);
  });
  test("constant, also where the warmup is longer than the training", () => {
    expect(learningRate({ optimizer, warmup: null, schedule: { kind: "constant" }, steps: 10 }, 7)).toBe(0.1);
    expect(learningRate({ optimizer, warmup: { steps: 20, lr: 0.5 }, schedule: { kind: "cosine", to: 0 }, steps: 10 }, 9)).toBe(0.5);
  });
});
