// Labelled samples for `rnc run`, the same whatever file they come from: raw values in one flat array, one label each.
// Law: a reader is strict. What is truncated, out of range or of the wrong size is an error that names file and record.
import { failure } from "../exit.ts";

export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface DataSet {
  /** As people call it: "cifar10:test_batch.bin". */
  readonly name: string;
  readonly count: number;
  /** Of one sample: [3, 32, 32], [28, 28], or [64] for a row of numbers. */
  readonly shape: readonly number[];
  /** `count` samples one after the other. A value v means v · scale. */
  readonly values: Uint8Array | Float32Array;
  readonly scale: number;
  readonly labels: Int32Array;
  /** Where the source is known for it. */
  readonly normalisation: Normalisation | null;
  /** Where sample i stands in its file, for messages: "test_batch.bin, record 17". */
  readonly place: (sample: number) => string;
}

/** Writes samples [from, from + count) into `out`: (v · scale − mean[c]) / std[c], c the first axis of the model's input. */
export function fill(data: DataSet, from: number, count: number, normalisation: Normalisation | null, out: Float32Array): void {
  const size = data.values.length / data.count;
  const source = data.values.subarray(from * size, (from + count) * size);
  const channels = normalisation ? normalisation.mean.length : 1;
  const plane = size / channels;
  for (let i = 0; i < source.length; i += plane) {
    const c = (i / plane) % channels;
    const mean = normalisation ? normalisation.mean[c]! : 0;
    const std = normalisation ? normalisation.std[c]! : 1;
    for (let j = i; j < i + plane; j++) out[j] = (source[j]! * data.scale - mean) / std;
  }
}

/** Does a sample of the data fit the model's input? A row of numbers fits any input of that many; pixels without a channel axis fit one channel. */
export function fits(sample: readonly number[], input: readonly number[]): boolean {
  const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const bare = (shape: readonly number[]): string => (shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape).join();
  if (size(sample) !== size(input)) return false;
  return sample.length === 1 || input.length === 1 || bare(sample) === bare(input);
}

/** The constants apply per channel: one of each, or one for all. */
export function checkNormalisation(n: Normalisation, channels: number, where: string): Normalisation {
  const spread = (list: readonly number[], what: string): readonly number[] => {
    if (list.length === channels) return list;
    if (list.length === 1) return Array.from({ length: channels }, () => list[0]!);
    throw failure(`${where}: ${list.length} values for ${what}, but the input has ${channels} channel${channels === 1 ? "" : "s"}`);
  };
  if (n.std.some((s) => !(s > 0 && Number.isFinite(s))) || n.mean.some((m) => !Number.isFinite(m))) throw failure(`${where}: every mean must be finite and every std positive`);
  return { mean: spread(n.mean, "mean"), std: spread(n.std, "std") };
}
