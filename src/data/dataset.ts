// Labelled samples, the same whatever they come from: a file, or a function that draws them. Raw values, one label each.

export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** What a model learns from, and what it is judged by. */
export type Split = "train" | "test";

export interface DataSet {
  /** As people call it: "cifar10:test_batch.bin". */
  readonly name: string;
  readonly count: number;
  /** Of one sample: [3, 32, 32], [28, 28], or [64] for a row of numbers. */
  readonly shape: readonly number[];
  /** The values of sample i, row by row: a view that the next call may overwrite. A value v means v · scale. */
  readonly values: (sample: number) => Uint8Array | Float32Array;
  readonly scale: number;
  /** A class per sample, from 0. */
  readonly labels: Int32Array;
  /** Where the source is known for it. */
  readonly normalisation: Normalisation | null;
  /** Where sample i stands in its file, for messages: "test_batch.bin, record 17". */
  readonly place: (sample: number) => string;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** The `values` of samples that lie one after the other. */
export function stored(all: Uint8Array | Float32Array, shape: readonly number[]): DataSet["values"] {
  const size = sizeOf(shape);
  return (sample) => all.subarray(sample * size, (sample + 1) * size);
}

/**
 * Writes `count` samples one after the other into `out`: (v · scale − mean[c]) / std[c], c the first axis of the model's input.
 * `pick` tells which: the number of sample k. The constants are one per channel.
 */
export function fill(data: DataSet, count: number, pick: (k: number) => number, normalisation: Normalisation | null, out: Float32Array): void {
  const size = sizeOf(data.shape);
  const channels = normalisation ? normalisation.mean.length : 1;
  const plane = size / channels;
  for (let k = 0; k < count; k++) {
    const source = data.values(pick(k));
    for (let c = 0; c < channels; c++) {
      const mean = normalisation ? normalisation.mean[c]! : 0;
      const std = normalisation ? normalisation.std[c]! : 1;
      const at = k * size;
      for (let j = c * plane; j < (c + 1) * plane; j++) out[at + j] = (source[j]! * data.scale - mean) / std;
    }
  }
}
