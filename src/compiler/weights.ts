// Weights held against a network. In: the bytes of a safetensors file. Out: the network's tensors as f32, in the network's order, or
// what is wrong. Law: what fits here is what `create` of the module takes.
import type { Graph } from "../ir/graph.ts";
import { RncError } from "../runtime/error.ts";
import { readSafetensors, type Float32Tensor } from "../runtime/safetensors-file.ts";
import { isIgnored } from "../runtime/weights.ts";

/** The most bytes of weights that a module carries as text. */
export const INLINE_LIMIT = 64 * 1024;

export type Fit =
  | { readonly kind: "fits"; readonly tensors: readonly (readonly [string, Float32Tensor])[]; readonly metadata: ReadonlyMap<string, string> }
  | { readonly kind: "unreadable"; readonly problem: string }
  | { readonly kind: "misfit"; readonly problem: string };

const MOST_TOLD = 8; // of what does not fit

/** The parameters as a weights file must have them. */
export function parametersOf({ parameters }: Graph): readonly { readonly name: string; readonly shape: readonly number[] }[] {
  return parameters.map(({ attrs }) => {
    const { name, shape } = attrs as unknown as { readonly name: string; readonly shape: readonly number[] };
    return { name, shape };
  });
}

export function fitWeights(graph: Graph, bytes: Uint8Array): Fit {
  let file;
  try {
    file = readSafetensors(bytes);
  } catch (error) {
    if (error instanceof RncError) return { kind: "unreadable", problem: error.message };
    throw error;
  }
  const wanted = new Map(parametersOf(graph).map(({ name, shape }) => [name, shape]));
  const wrong: string[] = [];
  const tensors: (readonly [string, Float32Tensor])[] = [];
  for (const [parameter, shape] of wanted) {
    const tensor = file.tensors.get(parameter);
    if (!tensor) wrong.push(`${parameter} [${shape.join(", ")}] is missing`);
    else if (tensor.shape.join() !== shape.join()) wrong.push(`${parameter} is [${tensor.shape.join(", ")}], not [${shape.join(", ")}]`);
    else tensors.push([parameter, tensor]);
  }
  for (const other of file.tensors.keys()) if (!wanted.has(other) && !isIgnored(other)) wrong.push(`${other} is no parameter of the model`);
  if (wrong.length === 0) return { kind: "fits", tensors, metadata: file.metadata };
  const told = wrong.slice(0, MOST_TOLD);
  if (wrong.length > told.length) told.push(`and ${wrong.length - told.length} more`);
  return { kind: "misfit", problem: told.join("; ") };
}
