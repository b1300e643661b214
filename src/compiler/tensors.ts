// Tensors from callers whose types nobody checks, as a safetensors file.
import { writeSafetensors as write, type Float32Tensor } from "../runtime/safetensors-file.ts";

const FORM = 'tensors are pairs of a name and { shape, data }: [["fc.bias", { shape: [10], data: new Float32Array(10) }]]';

/**
 * The bytes of a safetensors file. Throws a TypeError for what are no tensors, a RangeError where a shape and its numbers disagree or a name is
 * taken: the caller's mistakes.
 */
export function writeSafetensors(tensors: Iterable<readonly [string, Float32Tensor]>, metadata?: Iterable<readonly [string, string]>): Uint8Array {
  const given: unknown = tensors;
  if (typeof given !== "object" || given === null) throw new TypeError(`${FORM}, not ${String(given)}`);
  if (!(Symbol.iterator in given)) throw new TypeError(`${FORM}, not an object: Object.entries makes pairs of it`);
  const pairs = [...tensors];
  const wrong = pairs.findIndex((p) => !isPair(p));
  if (wrong >= 0) throw new TypeError(`${FORM}; the one at ${wrong} is none`);
  return write(pairs, metadata);
}

function isPair(pair: unknown): boolean {
  if (!Array.isArray(pair) || typeof pair[0] !== "string") return false;
  const tensor = pair[1] as Partial<Float32Tensor> | null | undefined;
  return Array.isArray(tensor?.shape) && typeof tensor.data?.length === "number";
}
