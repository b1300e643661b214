// Weights into memory: every parameter of the module is in the file, with its shape, and nothing else is.
import { RncError } from "./error.ts";
import { copyFloat32, show, type StoredTensor } from "./safetensors.ts";

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
 * Holds the tensors of a file against the parameters; what it returns copies the next `count` of them to their places in `memory`, as f32.
 * Throws an RncError with code "weights" that names the tensor: missing, extra or of another shape.
 */
export function weightLoader(tensors: ReadonlyMap<string, StoredTensor>, parameters: readonly Parameter[], memory: Float32Array): (count: number) => void {
  checkTensors(tensors, parameters);
  let next = 0;
  return (count) => {
    for (const end = next + count; next < end; next++) copyFloat32(tensors.get(parameters[next]!.name)!, memory, parameters[next]!.offset);
  };
}

function andMore(count: number): string {
  return count > 0 ? ` and ${count} more` : "";
}

function checkTensors(tensors: ReadonlyMap<string, StoredTensor>, parameters: readonly Parameter[]): void {
  const shown = (name: string, shape: readonly number[]): string => `${show(name)} [${shape.join(", ")}]`;
  const expected = new Set<string>();
  for (const { name, shape } of parameters) {
    expected.add(name);
    const tensor = tensors.get(name);
    if (!tensor) throw new RncError("weights", `the weights lack ${shown(name, shape)}${andMore(parameters.filter((p) => !tensors.has(p.name)).length - 1)}`);
    if (tensor.shape.length !== shape.length || tensor.shape.some((d, k) => d !== shape[k])) throw new RncError("weights", `the weights have ${shown(name, tensor.shape)} where the model has [${shape.join(", ")}]`);
  }
  for (const [name, { shape }] of tensors) {
    if (!expected.has(name) && !isIgnored(name)) throw new RncError("weights", `the weights have ${shown(name, shape)}, which the model has not`);
  }
}
