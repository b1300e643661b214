// Is what a run did right? Five questions, the tightest first:
// 1. each tensor that a kernel wrote, against the f64 reference on the target's own operands, within the bounds of bounds.ts;
// 2. the outputs: the numbers of the steps that made them, the same in a second run without poison;
// 3. (over many cases) the median RMS error of each op: kernels that sum in f64 are off by one rounding, however much they sum (the
//    median, since where large numbers cancel the error is as large as they were: among 20,000 graphs some tensors are nothing else);
// 4. the passes: the optimised graph in f64 against the program's graph in f64, within 1e-9 of the largest number;
// 5. end to end: 1e-5 of the largest number, unless the case is ill conditioned.
// Well conditioned: two evaluations stay within 2e-6 of the exact one, one in which every value is rounded to f32 and one in which it
// is disturbed by up to four units before, at random (stochastic arithmetic: Vignes 1993), and what a tile or an elementwise kernel made
// by up to its own bound (beside 1e30 a one drowns in Winograd's tile; a tanh behind it hides how large the bound was; (1 + e)² - (1 + e)
// cancels inside one kernel, where no disturbance of a value between kernels sees it). What overflows f32 on the way
// is not, nor a case where the bounds of some step say nothing (what is not finite spreads over Winograd's tiles).
import { decompose } from "../../src/ir/decompose.ts";
import { evaluate, evaluateNode } from "../../src/ir/eval.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { bind } from "../../src/ir/type.ts";
import { map, view } from "../../src/ops/index.ts";
import { arithmetics, boundOf, compare, F32, F64, stored, tileOf, type Operand } from "./bounds.ts";
import type { Compiled, Run, TargetName } from "./execute.ts";
import { nameOf, numbersOf, tensorOf, type Numbers } from "./generate-data.ts";
import type { Case } from "./generate.ts";
import { random } from "./random.ts";

/** What has been checked, over many cases. */
export class Tally {
  cases = 0;
  tensors = 0;
  elements = 0;
  /** Elements of which the bounds say nothing. */
  unknown = 0;
  /** Cases whose outputs agree end to end to 1e-5 of the largest number. */
  agreeing = 0;
  winograd = 0;
  /** By op: the RMS error of each tensor, in units of the last place. */
  readonly rms = new Map<string, number[]>();
}

/** The first thing that is wrong, in words; null where all is right. */
export function check(c: Case, { graph, plan }: Compiled, run: Run, numbers: Numbers, tally: Tally = new Tally()): string | null {
  tally.cases++;
  const before = tally.unknown;
  const inside = new Map<Node, Float64Array>();
  return checkSteps(c, run, numbers, plan, tally, inside) ?? checkOutputs(plan, run) ?? checkWhole(c, graph, run, tally, { unknown: tally.unknown > before, inside });
}

/** What the bounds of the steps leave open: nothing is known of some element; the bounds of what cancels inside a kernel: tiles, elementwise chains. */
interface Doubt {
  readonly unknown: boolean;
  readonly inside: ReadonlyMap<Node, Float64Array>;
}

function checkSteps(c: Case, { written }: Run, numbers: Numbers, { memory, target }: Compiled["plan"], tally: Tally, inside: Map<Node, Float64Array>): string | null {
  const arithmetic = arithmetics[target as TargetName];
  const known = new Map<Node, Operand>();
  const operand = (n: Node): Operand => known.get(n) ?? leaf(n, c, numbers, operand);
  for (const [k, { step, data }] of written.entries()) {
    const { node, selection, output } = step;
    const tile = tileOf(selection.label);
    const expected = boundOf(node, node.inputs.map(operand), c.samples, { arithmetic, tile });
    const { violation, unknown, squares } = compare(data, expected, memory[output.region] === "f64" ? F64 : F32);
    tally.tensors++;
    tally.elements += data.length;
    tally.unknown += unknown;
    if (tile) tally.winograd++;
    if (tile || node.op === map) inside.set(node, expected.error);
    if (data.length >= 32 && squares.scale > 0 && memory[output.region] === "f32") {
      const sofar = tally.rms.get(node.op.name);
      const rms = Math.sqrt(squares.error / squares.scale);
      if (sofar) sofar.push(rms);
      else tally.rms.set(node.op.name, [rms]);
    }
    if (violation) return `step ${k} (${selection.label}) writes ${violation.actual} at ${violation.index} for ${violation.expected} ± ${violation.allowed}`;
    known.set(node, stored({ shape: bind(node.type.shape, c.samples), data: Float64Array.from(data) }));
  }
  return null;
}

function leaf(n: Node, c: Case, numbers: Numbers, operand: (n: Node) => Operand): Operand {
  const shape = bind(n.type.shape, c.samples);
  if (n.op === view) return { ...operand(n.inputs[0]!), shape };
  if (n.op === input) return stored(tensorOf(shape, numbers.inputs[nameOf(n)]!));
  if (n.op === parameter) return stored(tensorOf(shape, numbers.parameters[nameOf(n)]!.data));
  throw new Error(`no step wrote ${n.op.name}`);
}

function checkOutputs({ outputs: expected }: Compiled["plan"], { written, outputs, again }: Run): string | null {
  if (Object.keys(outputs).join() !== expected.map((o) => o.name).join()) return `outputs ${Object.keys(outputs).join()}`;
  for (const { name, buffer } of expected) {
    const made = written.find((w) => w.step.output === buffer)!.data;
    const got = outputs[name]!;
    const wrong = got.length === made.length ? got.findIndex((v, i) => !Object.is(v, made[i])) : -2;
    if (wrong !== -1) return `output ${name} has ${got.length} numbers, its step wrote ${made.length}; at ${wrong} ${got[wrong]} for ${made[wrong]}`;
    const k = again ? got.findIndex((v, i) => !Object.is(v, again[name]![i])) : -1;
    if (k >= 0) return `output ${name} at ${k}: ${got[k]} where dead memory is NaN, ${again?.[name]?.[k]} where it is not`;
  }
  return null;
}

function checkWhole(c: Case, optimised: Graph, { outputs }: Run, tally: Tally, { unknown, inside }: Doubt): string | null {
  const given = givenOf(c);
  const exact = evaluate(decompose(c.graph), given).outputs;
  const passed = evaluate(optimised, given).outputs;
  const rounding = lazy(() => disturbances(optimised, c, given));
  const kernels = lazy(() => disturbances(optimised, c, given, inside));
  let agrees = true;
  for (const [name, { data }] of exact) {
    const most = data.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
    const spread = (noise: typeof rounding): number => Math.max(...noise().map((o) => distance(data, o.get(name)!.data)));
    const moved = distance(data, passed.get(name)!.data);
    if (!(moved <= 1e-9 * most) && !(moved <= 1e-6 * spread(rounding))) return `the passes move ${name} by ${moved} of ${most}`;
    const off = distance(data, Float64Array.from(outputs[name]!));
    if (off <= 1e-5 * most) continue;
    if (!unknown && spread(kernels) <= 2e-6 * most) return `${name} is ${off} off, of ${most}`;
    agrees = false;
  }
  if (agrees) tally.agreeing++;
  return null;
}

/** Made when first asked for: what costs an evaluation is needed only where something is off. */
function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** The outputs where all is rounded, and where all is disturbed: those `inside` by their bounds too. */
function disturbances(graph: Graph, c: Case, given: ReturnType<typeof givenOf>, inside: Doubt["inside"] = new Map()): readonly ReadonlyMap<string, Tensor>[] {
  const next = random(c.seed + 1e6);
  const around = (reach: number): number => reach * (2 * next() - 1);
  const noisy: Disturb = (v, n, i) => Math.fround(v * (1 + around(4 * F32)) + (inside.has(n) ? around(inside.get(n)![i]!) : 0));
  return [Math.fround, noisy].map((disturb) => disturbed(graph, c, given, disturb));
}

export function givenOf(c: Case): { readonly inputs: Record<string, Tensor>; readonly parameters: Record<string, Tensor>; readonly batch: number } {
  const { inputs, parameters } = numbersOf(c);
  const tensors = (nodes: readonly Node[], data: (name: string) => Float32Array): Record<string, Tensor> =>
    Object.fromEntries(nodes.map((n) => [nameOf(n), tensorOf(bind(n.type.shape, c.samples), data(nameOf(n)))]));
  return { inputs: tensors(c.graph.inputs, (name) => inputs[name]!), parameters: tensors(c.graph.parameters, (name) => parameters[name]!.data), batch: c.samples };
}

/** The largest difference; NaN agrees with NaN, an infinity with itself, and with nothing else. */
function distance(a: Float64Array, b: Float64Array): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (Object.is(x, y) || x === y) continue;
    const d = Math.abs(x - y);
    most = Number.isNaN(d) ? Infinity : Math.max(most, d);
  }
  return most;
}

/** Another number for that of a node at an element. */
type Disturb = (v: number, node: Node, element: number) => number;

/** The outputs where each number on the way is disturbed. */
function disturbed(graph: Graph, c: Case, given: ReturnType<typeof givenOf>, disturb: Disturb): ReadonlyMap<string, Tensor> {
  const values = new Map<Node, Tensor>();
  for (const n of reachable(graph)) {
    const named = n.op === input ? given.inputs[nameOf(n)] : n.op === parameter ? given.parameters[nameOf(n)] : undefined;
    const { shape, data } = named ?? evaluateNode(n, n.inputs.map((i) => values.get(i)!), c.samples);
    values.set(n, { shape, data: named ? data : data.map((v, i) => disturb(v, n, i)) });
  }
  return new Map(graph.outputs.map((o) => [o.name, values.get(o.node)!]));
}
