// Programs that ought to compute the same, run side by side: text in, outputs out, with weights that both share.
import { Compilation, renderText, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import { elementsPerSample } from "../../src/ir/type.ts";
import { nameOf } from "../harness/generate-data.ts";
import { Dice } from "../harness/generate-growth.ts";
import { importText, type Module } from "../harness/module.ts";

export interface Program {
  readonly module: Module;
  /** Of each parameter, in the order of the program. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly inputs: readonly { readonly name: string; readonly size: number }[];
}

/** The only export of a program, compiled and imported. */
export async function program(text: string, options: CompileOptions = {}): Promise<Program> {
  const compilation = new Compilation(text, { ...options, js: true });
  const [only, ...more] = compilation.exports;
  if (!only || more.length > 0) throw new Error(compilation.diagnostics.map((d) => renderText(d)).join("\n") || `${more.length + 1} exports of\n${text}`);
  return {
    module: await importText(only.module.files.find((f) => f.name.endsWith(".js"))!.text),
    parameters: only.graph.parameters.map((n) => ({ name: nameOf(n), shape: n.type.shape as readonly number[] })),
    inputs: only.graph.inputs.map((n) => ({ name: nameOf(n), size: elementsPerSample(n.type.shape) })),
  };
}

/** Seeded numbers in [-1, 1). */
export function numbers(seed: number, length: number): Float32Array {
  const dice = new Dice(seed);
  return Float32Array.from({ length }, () => dice.unit() * 2 - 1);
}

export type Weights = readonly (readonly [string, { readonly shape: readonly number[]; readonly data: Float32Array }])[];

/** The k-th parameter gets the k-th seed, whatever it is called; variances are positive. */
export function weightsInOrder({ parameters }: Program, seed: number): Weights {
  return parameters.map(({ name, shape }, k) => [name, { shape, data: scaled(name, shape, numbers(seed * 1000 + k, elementsPerSample(shape))) }]);
}

function scaled(name: string, shape: readonly number[], data: Float32Array): Float32Array {
  if (name.endsWith("running_var")) return data.map((v) => v * v + 0.5);
  const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
  return shape.length > 1 ? data.map((v) => v * Math.sqrt(3 / fanIn)) : data;
}

/** The outputs for `batch` samples. */
export async function run({ module }: Program, weights: Weights, inputs: Readonly<Record<string, Float32Array>>, batch: number): Promise<Record<string, Float32Array>> {
  const net = await module.create({ weights: writeSafetensors(weights), batch });
  const outputs = Object.fromEntries(Object.entries(net.runSync(inputs)).map(([name, data]) => [name, data.slice()]));
  net.dispose();
  return outputs;
}

/** Inputs for `batch` samples, seeded by their position. */
export function inputsOf({ inputs }: Program, seed: number, batch: number): Record<string, Float32Array> {
  return Object.fromEntries(inputs.map(({ name, size }, k) => [name, numbers(seed * 1000 + 500 + k, size * batch)]));
}

/** The largest difference, in units of the largest number's last place (2⁻²⁴ of it); NaN differs from everything. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length || a.some(Number.isNaN) || b.some(Number.isNaN)) return Infinity;
  const most = a.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i]!)), 0) / (most * 2 ** -24 || 1);
}
