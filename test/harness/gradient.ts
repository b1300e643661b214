// A gradient by src/autodiff beside derivatives by dual numbers: of Σ c · y over all outputs of a graph, c random, with respect to every
// f32 input and parameter, along single elements or along random directions.
import { gradients } from "../../src/autodiff/reverse.ts";
import { unfuse } from "../../src/autodiff/unfuse.ts";
import { Builder } from "../../src/ir/builder.ts";
import { decompose } from "../../src/ir/decompose.ts";
import { evaluate, type Given } from "../../src/ir/eval.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { input } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { add, arg, mul } from "../../src/ir/scalar.ts";
import { constant, map, random as drawn, reduce } from "../../src/ops/index.ts";
import { duals, type Dual } from "./dual.ts";
import { random } from "./random.ts";
import { randomTensor } from "./tensor.ts";

/** A graph with one number as its output, and the same with the number's gradient. */
export interface Differentiated {
  readonly number: Graph;
  /** An output for each leaf, under its name. */
  readonly gradient: Graph;
  readonly given: Given;
}

const nameOf = (n: Node): string => (n.attrs as unknown as { readonly name: string }).name;

/** The number by which a training step is told from others in `differentiate`. */
const STEP = 17;

export function differentiate(source: Graph, given: Given, seed: number, mode: "inference" | "training" = "inference"): Differentiated {
  const b = new Builder({ fold: true });
  const graph = unfuse(mode === "training" ? trained(source) : decompose(source), b);
  const step: Tensor = { shape: [], data: Float64Array.of(STEP) };
  const inputs: Record<string, Tensor> = { ...given.inputs, ...(mode === "training" ? { "train.step": step } : {}) };
  const weights: Node[] = [];
  const sums = graph.outputs.map(({ name, node }, k) => {
    const c = b.make(input, [], { name: `weights of ${name}`, shape: node.type.shape });
    weights.push(c);
    inputs[nameOf(c)] = randomTensor(node.type.shape, seed * 100 + k, given.batch ?? 1);
    return b.make(reduce, [b.make(map, [node, c], { expr: mul(arg(0), arg(1)) })], { kind: "sum", axes: node.type.shape.map((_, axis) => axis) });
  });
  const y = sums.reduce((p, q) => b.make(map, [p, q], { expr: add(arg(0), arg(1)) }));
  const number: Graph = { ...graph, inputs: [...graph.inputs, ...weights], outputs: [{ name: "y", node: y }] };
  const leaves = [...graph.inputs, ...graph.parameters].filter((n) => n.type.dtype === "f32" && nameOf(n) !== "train.step");
  const found = gradients(b, reachable(number), y, leaves);
  return { number, gradient: { ...number, outputs: leaves.map((n, k) => ({ name: nameOf(n), node: found[k] ?? b.make(constant, [], { value: 0, shape: n.type.shape }) })) }, given: { ...given, inputs } };
}

/** What the layers mean in training, without their updates. */
function trained(source: Graph): Graph {
  const b = new Builder();
  const step = b.make(input, [], { name: "train.step", shape: [] });
  const core = decompose(source, b, { random: (shape, site) => b.make(drawn, [step, step], { shape, site }) });
  return { ...core, inputs: [...core.inputs, step], updates: [] };
}

export interface Agreement {
  /**
   * Largest error, relative to the largest gradient of the leaf (single elements) or to Σ |g·v| (directions). Where these are what is left
   * of adjoints that cancelled (a softmax of equal numbers), to as much as makes a few roundings of the largest adjoint 10⁻¹².
   */
  readonly worst: number;
  readonly compared: number;
  /** Is everything finite, so that there is something to compare? */
  readonly finite: boolean;
}

/** `directions`: how many random ones; null: each element by itself. */
export function compareGradient(d: Differentiated, directions: number | null, seed = 1): Agreement {
  const { number, gradient, given } = d;
  const batch = given.batch ?? 1;
  const { outputs: found, values: computed } = evaluate(gradient, { ...given, keep: true });
  if (![...found.values()].every((t) => t.data.every(Number.isFinite))) return { worst: 0, compared: 0, finite: false };
  const leafValues = new Map(Object.entries({ ...given.inputs, ...given.parameters }));
  const along = (direction: ReadonlyMap<string, Float64Array>): number => {
    const leaves = new Map([...leafValues].map(([name, t]): [string, Dual] => [name, { shape: t.shape, value: t.data, tangent: direction.get(name) ?? new Float64Array(t.data.length) }]));
    return duals(number, leaves, batch).get(number.outputs[0]!.node)!.tangent[0]!;
  };
  let [worst, compared, finite] = [0, 0, true];
  const take = (expected: number, actual: number, scale: number): void => {
    compared++;
    finite &&= Number.isFinite(expected);
    if (expected !== actual) worst = Math.max(worst, Math.abs(expected - actual) / Math.max(scale, 1e-300));
  };
  const forward = new Set(reachable(number));
  const adjoints = [...computed].filter(([n]) => !forward.has(n)).reduce((most, [, t]) => t.data.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), most), 0);
  const rounding = (8 * 2 ** -53 * adjoints) / 1e-12;
  if (directions === null) {
    for (const [name, g] of found) {
      const largest = g.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      g.data.forEach((v, i) => take(along(new Map([[name, new Float64Array(g.data.length).fill(1, i, i + 1)]])), v, Math.max(largest, rounding)));
    }
  } else {
    const next = random(seed);
    const sizes = new Map([...found].map(([name, g]) => [name, g.data.reduce((m, v) => Math.max(m, Math.abs(v)), 0)]));
    const most = Math.max(...sizes.values());
    const step = (name: string): number => 1 / Math.max(sizes.get(name)!, 1e-3 * most, 1e-300); // every leaf has a say; below that is what cancelled
    for (let k = 0; k < directions; k++) {
      const direction = new Map([...found].map(([name, g]): [string, Float64Array] => [name, g.data.map(() => (next() * 2 - 1) * step(name))]));
      const parts = [...found].flatMap(([name, g]) => [...g.data.map((v, i) => v * direction.get(name)![i]!)]);
      const longest = [...direction.values()].reduce((most, v) => v.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
      take(along(direction), parts.reduce((a, b) => a + b, 0), parts.reduce((a, b) => a + Math.abs(b), rounding * longest));
    }
  }
  return { worst, compared, finite };
}

