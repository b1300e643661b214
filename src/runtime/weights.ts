// Weights into memory: every parameter of the module is in the file, with its shape, and nothing else is.
import { RncError } from "./error.ts";
import { copyFloat32, parseSafetensors, show, type StoredTensor } from "./safetensors.ts";

/** A parameter and where its elements go. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** PyTorch's counters of batches and what an optimizer keeps are no parameters. */
export function isIgnored(name: string): boolean {
  return /(^|\.)num_batches_tracked$|^optimizer\./.test(name);
}

/**
 * Copies every parameter from a safetensors file to its place in `memory`, as f32. Throws an RncError with code "weights" that names the
 * tensor: missing, extra or of another shape.
 */
export function loadWeights(file: Uint8Array, parameters: readonly Parameter[], memory: Float32Array): void {
  const { tensors } = parseSafetensors(file);
  loadTensors(tensors, parameters, memory);
}

/** The same from a file that was parsed. */
export function loadTensors(tensors: ReadonlyMap<string, StoredTensor>, parameters: readonly Parameter[], memory: Float32Array): void {
  const shown = (name: string, shape: readonly number[]): string => `${show(name)} [${shape.join(", ")}]`;
  const expected = new Set<string>();
  for (const { name, shape, offset } of parameters) {
    expected.add(name);
    const tensor = tensors.get(name);
    if (!tensor) throw new RncError("weights", `the weights lack ${shown(name, shape)}`);
    if (tensor.shape.length !== shape.length || tensor.shape.some((d, k) => d !== shape[k])) throw new RncError("weights", `the weights have ${shown(name, tensor.shape)} where the model has [${shape.join(", ")}]`);
    copyFloat32(tensor, memory, offset);
  }
  for (const [name, { shape }] of tensors) {
    if (!expected.has(name) && !isIgnored(name)) throw new RncError("weights", `the weights have ${shown(name, shape)}, which the model has not`);
  }
}
