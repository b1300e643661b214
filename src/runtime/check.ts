// What callers of a generated module can do wrong: options of `create`, inputs of `run`. Each is an RncError that says what was given.
import { RncError } from "./error.ts";

/** An input as `info` has it. */
export interface InputShape {
  readonly name: string;
  /** Of one sample. */
  readonly shape: readonly number[];
}

/** An input, and how many elements one sample of it has. */
export interface InputSignature extends InputShape {
  readonly size: number;
}

export function signaturesOf(inputs: readonly InputShape[]): InputSignature[] {
  return inputs.map(({ name, shape }) => ({ name, shape, size: shape.reduce((a, b) => a * b, 1) }));
}

/** `create` takes one object of known options: a name that is misspelt would else be silently ignored. */
export function checkNames(options: unknown, maker: string, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options) || ArrayBuffer.isView(options)) throw new RncError("options", `${maker} takes one object, { ${known.join(", ")} }`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = known.find((o) => o.slice(0, 3) === name.slice(0, 3).toLowerCase());
    throw new RncError("options", `there is no option ${JSON.stringify(name)}: ${near === undefined ? `there are ${known.join(", ")}` : `did you mean ${JSON.stringify(near)}?`}`);
  }
}

/** A value as its author wrote it. */
export function written(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The largest array that kernels index. */
export const LONGEST = 2 ** 30 - 1;

export function checkBatch(batch: unknown, longest: (batch: number) => number): void {
  if (!Number.isSafeInteger(batch) || (batch as number) < 1) throw new RncError("batch", `batch is a whole number from 1, not ${written(batch)}`);
  if (longest(batch as number) > LONGEST) throw new RncError("batch", `batch ${String(batch)} needs an array of ${longest(batch as number)} elements; at most ${LONGEST} can be`);
}

export function checkOneThread(threads: unknown): void {
  if (threads !== 1) throw new RncError("threads", `this module computes in one thread, not in ${written(threads)}: compile it with --target wasm --threads`);
}

// Not by instanceof, which fails for objects of another realm (an iframe, a test runner's sandbox).

/** Every realm's typed arrays say what they are, and asking makes no string. */
export function isFloat32Array(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && (value as Float32Array)[Symbol.toStringTag] === "Float32Array";
}

/** The bytes of the weights, or null where none are given. */
export function weightBytes(weights: unknown): Uint8Array | null {
  if (weights === undefined) return null;
  if (ArrayBuffer.isView(weights)) return new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
  if (Object.prototype.toString.call(weights) === "[object ArrayBuffer]") return new Uint8Array(weights as ArrayBuffer);
  throw new RncError("weights", "weights are the bytes of a safetensors file: a Uint8Array or an ArrayBuffer");
}

/**
 * How many samples the inputs hold, which is the same for all and between 1 and `batch`. Part of every run, so it makes no object
 * and no text unless it throws.
 */
export function countSamples(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[], batch: number): number {
  if (typeof inputs !== "object" || inputs === null) throw new RncError("input", `run takes { ${signatures.map((s) => s.name).join(", ")} }`);
  let samples = 0;
  for (let i = 0; i < signatures.length; i++) {
    const signature = signatures[i]!;
    const value = Object.hasOwn(inputs, signature.name) ? inputs[signature.name] : undefined;
    if (!isFloat32Array(value)) throw new RncError("input", `${label(signature)} is ${value === undefined ? `missing: run takes { ${signatures.map((s) => s.name).join(", ")} }, found ${namesIn(inputs)}` : `not a Float32Array but ${Object.prototype.toString.call(value).slice(8, -1)}`}`);
    const count = value.length / signature.size;
    if (!Number.isInteger(count) || count < 1) throw new RncError("input", `${label(signature)} has ${value.length} numbers; a sample has ${signature.size}${signature.shape.length > 1 ? ` (${signature.shape.join(" × ")})` : ""}`);
    if (count > batch) throw new RncError("batch", `${label(signature)} holds ${count} samples; the net was created for a batch of ${batch}`);
    if (samples > 0 && count !== samples) throw new RncError("input", `${label(signature)} holds ${count} samples, and another input ${samples}`);
    samples = count;
  }
  let given = 0;
  for (const name in inputs) if (Object.hasOwn(inputs, name)) given++;
  if (given > signatures.length) throw surplus(inputs, signatures);
  return samples;
}

/** What is there instead of an input, in words. */
export function namesIn(inputs: object): string {
  if (ArrayBuffer.isView(inputs) || Array.isArray(inputs)) return "an array";
  const names = Object.keys(inputs);
  return names.length === 0 ? "{}" : `{ ${names.slice(0, 8).join(", ")}${names.length > 8 ? ", …" : ""} }`;
}

function label({ name }: InputSignature): string {
  return `input ${JSON.stringify(name)}`;
}

function surplus(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): RncError {
  const extra = Object.keys(inputs).find((name) => !signatures.some((s) => s.name === name));
  return new RncError("input", `there is no input ${JSON.stringify(extra)}`);
}
