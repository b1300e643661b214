// The numbers of a case: inputs and parameters, from its seed and their names alone, so that a shrunk graph keeps its data.
import { parameter, input } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { bind, elementsPerSample } from "../../src/ir/type.ts";
import type { Case, Special } from "./generate.ts";
import { Dice } from "./generate-growth.ts";

export interface Numbers {
  /** Of `samples` samples each, as a caller gives them. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly parameters: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>;
}

export function numbersOf({ graph, seed, samples, special }: Case): Numbers {
  const inputs = graph.inputs.map((n, i) => [nameOf(n), inputData(n, seed, samples, i === 0 || special !== "nan" ? special : "none")] as const);
  const parameters = graph.parameters.map((n) => [nameOf(n), { shape: n.type.shape as readonly number[], data: parameterData(n, seed, special) }] as const);
  return { inputs: Object.fromEntries(inputs), parameters: Object.fromEntries(parameters) };
}

export function nameOf(leaf: Node): string {
  return (leaf as Node<typeof input>).attrs.name;
}

export function tensorOf(shape: readonly number[], data: Float32Array): Tensor {
  return { shape, data: Float64Array.from(data) };
}

function inputData(n: Node, seed: number, samples: number, special: Special): Float32Array {
  const dice = new Dice(seed ^ hashOf(nameOf(n)));
  const data = Float32Array.from({ length: elementsPerSample(bind(n.type.shape, samples)) }, () => normal(dice));
  return sprinkle(data, dice, special);
}

/** Weights as training starts them (scaled by what they sum), variances positive, the rest around zero. */
function parameterData(n: Node, seed: number, special: Special): Float32Array {
  const { name, fanIn } = (n as Node<typeof parameter>).attrs;
  const dice = new Dice(seed ^ hashOf(name));
  const positive = name.endsWith("running_var");
  const size = elementsPerSample(n.type.shape);
  const one = (): number => (positive ? 0.3 + dice.unit() : fanIn > 0 ? normal(dice) * Math.sqrt(1.5 / fanIn) : normal(dice) * 0.5);
  const data = Float32Array.from({ length: size }, one);
  return special === "zeros" && !positive ? sprinkle(data, dice, "zeros") : data;
}

/** Close enough to the normal distribution, within ±3. */
function normal(dice: Dice): number {
  return 2 * (dice.unit() + dice.unit() + dice.unit() - 1.5);
}

function sprinkle(data: Float32Array, dice: Dice, special: Special): Float32Array {
  switch (special) {
    case "none": return data;
    case "zeros": return data.map((v) => (dice.chance(0.4) ? dice.pick([0, -0]) : v));
    case "negative": return data.map((v) => -Math.abs(v) - 0.01);
    case "denormal": return data.map((v) => (dice.chance(0.5) ? v * 1e-41 : v));
    case "tiny": return data.map((v) => (dice.chance(0.5) ? v * 1e-30 : v));
    case "huge": return data.map((v) => (dice.chance(0.2) ? v * 1e30 : v));
    case "nan": return data.length === 0 ? data : data.with(dice.int(0, data.length - 1), NaN);
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
