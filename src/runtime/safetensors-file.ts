// Whole safetensors files for tools: every dtype read as f32, f32 written, one tensor after the other in the order given, the header
// padded so that the data are aligned. Law: equal tensors and metadata give equal bytes. (Generated modules inline only the reader.)
import { copyFloat32, parseSafetensors, type StoredTensor } from "./safetensors.ts";

export interface Float32Tensor {
  readonly shape: readonly number[];
  /** As many numbers as the shape says. */
  readonly data: Float32Array;
}

/** Every tensor of a file as f32, in the file's order. Throws an RncError with code "weights" where the file is malformed. */
export function readSafetensors(file: Uint8Array): { readonly tensors: ReadonlyMap<string, Float32Tensor>; readonly metadata: ReadonlyMap<string, string> } {
  const { tensors, metadata } = parseSafetensors(file);
  return { tensors: new Map([...tensors].map(([name, t]) => [name, { shape: t.shape, data: toFloat32(t) }])), metadata };
}

/** Throws a RangeError where a shape and its numbers disagree or a name is taken: the caller's mistake. */
export function writeSafetensors(tensors: Iterable<readonly [string, Float32Tensor]>, metadata: Iterable<readonly [string, string]> = []): Uint8Array {
  const all = [...tensors];
  const about = [...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const fields = about.length > 0 ? [`"__metadata__":{${about.join(",")}}`] : [];
  const names = new Set<string>();
  let end = 0;
  for (const [name, { shape, data }] of all) {
    if (name === "__metadata__" || names.has(name)) throw new RangeError(`a tensor cannot be called ${JSON.stringify(name)} here`);
    if (shape.reduce((a, b) => a * b, 1) !== data.length) throw new RangeError(`${JSON.stringify(name)} is [${shape.join(", ")}] and has ${data.length} numbers`);
    names.add(name);
    fields.push(`${JSON.stringify(name)}:{"dtype":"F32","shape":[${shape.join(",")}],"data_offsets":[${end},${(end += 4 * data.length)}]}`);
  }
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const header = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + header + end);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(header), true);
  file.set(text, 8);
  file.fill(0x20, 8 + text.length, 8 + header);
  let at = 8 + header;
  for (const [, { data }] of all) for (let i = 0; i < data.length; i++, at += 4) view.setFloat32(at, data[i]!, true);
  return file;
}

/** The elements as numbers, rounded to f32. */
export function toFloat32(tensor: StoredTensor): Float32Array {
  const out = new Float32Array(tensor.shape.reduce((a, b) => a * b, 1));
  copyFloat32(tensor, out, 0);
  return out;
}
