// Tensors from callers whose types nobody checks, as a safetensors file.
import { isFloat32Array } from "../runtime/check.ts";
import { writeSafetensors as write, type Float32Tensor } from "../runtime/safetensors-file.ts";

const TENSORS = 'tensors are pairs of a name and { shape, data }: [["fc.bias", { shape: [10], data: new Float32Array(10) }]]';
const METADATA = 'metadata are pairs of texts: [["trained", "2 hours"]]';

/**
 * The bytes of a safetensors file. Throws a TypeError for what are no tensors or no metadata, a RangeError where a shape and its numbers disagree
 * or a name is taken: the caller's mistakes.
 */
export function writeSafetensors(tensors: Iterable<readonly [string, Float32Tensor]>, metadata: Iterable<readonly [string, string]> = []): Uint8Array {
  return write(pairsOf(tensors, TENSORS, isTensor), pairsOf(metadata, METADATA, isText));
}

/** Given what should be pairs of a name and a value of some kind; `form` says so. */
function pairsOf<T>(given: Iterable<readonly [string, T]>, form: string, isValue: (value: unknown) => boolean): readonly (readonly [string, T])[] {
  const unknown: unknown = given;
  if (typeof unknown !== "object" || unknown === null) throw new TypeError(`${form}, not ${String(unknown)}`);
  if (!(Symbol.iterator in unknown)) throw new TypeError(`${form}, not an object: Object.entries makes pairs of it`);
  const pairs = [...given];
  const wrong = pairs.findIndex((pair: unknown) => !Array.isArray(pair) || typeof pair[0] !== "string" || !isValue(pair[1]));
  if (wrong >= 0) throw new TypeError(`${form}; the one at ${wrong} is none`);
  return pairs;
}

function isTensor(value: unknown): boolean {
  const { shape, data } = (value ?? {}) as Partial<Record<keyof Float32Tensor, unknown>>;
  return Array.isArray(shape) && (isFloat32Array(data) || (Array.isArray(data) && data.every((x) => typeof x === "number")));
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

