// What an export takes and gives, for commands that feed it.
import type { ExportCompilation } from "../compiler/compilation.ts";
import type { Normalisation } from "../data/dataset.ts";
import { N, type TensorType } from "../ir/type.ts";
import { checkNormalisation } from "./data/fit.ts";
import { failure } from "./exit.ts";
import { numbers } from "./numbers.ts";

export interface Signature {
  readonly name: string;
  /** Of one sample. */
  readonly shape: readonly number[];
}

function sample(type: TensorType): readonly number[] {
  return type.shape.filter((d): d is number => d !== N);
}

/** `verb`: what the command does with it. */
export function onlyInput(e: ExportCompilation, verb: string): Signature {
  const [input] = e.graph.inputs;
  if (!input || e.graph.inputs.length > 1) throw failure(`${e.name} has ${e.graph.inputs.length} inputs; ${verb} feeds one`);
  return { name: String((input.attrs as { readonly name: string }).name), shape: sample(input.type) };
}

export function outputsOf(e: ExportCompilation): readonly Signature[] {
  return e.graph.outputs.map((o) => ({ name: o.name, shape: sample(o.node.type) }));
}

export function channelsOf(shape: readonly number[]): number {
  return shape.length === 3 ? shape[0]! : 1;
}

/** What `--mean` and `--std` ask for; null where neither is given. */
export function askedNormalisation(options: { readonly mean?: string; readonly std?: string }, shape: readonly number[]): Normalisation | null {
  if (options.mean === undefined && options.std === undefined) return null;
  return checkNormalisation({ mean: numbers("--mean", options.mean ?? "0"), std: numbers("--std", options.std ?? "1") }, channelsOf(shape), "--mean, --std");
}
