// What callers of a generated module can do wrong: options of `create`, inputs of `run`. Each is an RncError that says what was given.
import { RncError } from "./error.ts";

/** An input, and how many elements one sample has. */
export interface InputSignature {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The largest array that kernels index. */
const LONGEST = 2 ** 30 - 1;

export function checkOptions(batch: unknown, threads: unknown, longest: (batch: number) => number): void {
  if (!Number.isSafeInteger(batch) || (batch as number) < 1) throw new RncError("batch", `batch is a whole number from 1, not ${String(batch)}`);
  if (longest(batch as number) > LONGEST) throw new RncError("batch", `batch ${String(batch)} needs an array of ${longest(batch as number)} elements; at most ${LONGEST} can be`);
  if (threads !== 1) throw new RncError("threads", `this module computes in one thread, not in ${String(threads)}`);
}

/** "Float32Array": not by instanceof, which fails for objects of another realm (an iframe, a test runner's sandbox). */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function isFloat32Array(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && tagOf(value) === "Float32Array";
}

/** The bytes of the weights, or null where none are given. */
export function weightBytes(weights: unknown): Uint8Array | null {
  if (weights === undefined) return null;
  if (ArrayBuffer.isView(weights)) return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  if (tagOf(weights) === "ArrayBuffer") return new Uint8Array(weights as ArrayBuffer);
  throw new RncError("weights", "weights are the bytes of a safetensors file: a Uint8Array or an ArrayBuffer");
}

/** How many samples the inputs hold, which is the same for all and between 1 and `batch`. */
export function countSamples(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[], batch: number): number {
  if (typeof inputs !== "object" || inputs === null) throw new RncError("input", `run takes { ${signatures.map((s) => s.name).join(", ")} }`);
  let samples = 0;
  for (const { name, shape } of signatures) {
    const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    const label = `input ${JSON.stringify(name)}`;
    if (value === undefined) throw new RncError("input", `${label} is missing`);
    if (!isFloat32Array(value)) throw new RncError("input", `${label} is not a Float32Array`);
    const size = shape.reduce((a, b) => a * b, 1);
    const count = value.length / size;
    if (!Number.isInteger(count) || count < 1) throw new RncError("input", `${label} has ${value.length} elements, which is no multiple of ${[...shape].join(" × ")}`);
    if (count > batch) throw new RncError("batch", `${label} holds ${count} samples; the net was created for a batch of ${batch}`);
    if (samples > 0 && count !== samples) throw new RncError("input", `${label} holds ${count} samples, and another input ${samples}`);
    samples = count;
  }
  for (const name of Object.keys(inputs)) {
    if (!signatures.some((s) => s.name === name)) throw new RncError("input", `there is no input ${JSON.stringify(name)}`);
  }
  return samples;
}
