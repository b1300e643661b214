// The batches of a training run. Law: the batch of step s is a function of (seed, s), whatever was asked for before.
import { augment, type Augmentation, type ImageShape } from "./augment.ts";
import { fill, type DataSet, type Normalisation } from "./dataset.ts";
import { makeOrder } from "./order.ts";

export interface BatchOptions {
  readonly batch: number;
  readonly seed: number;
  /** One constant per channel; null leaves the values as they are. */
  readonly normalisation: Normalisation | null;
  readonly augment: readonly Augmentation[];
  /** Of one sample, as the model takes it. */
  readonly shape: readonly number[];
}

export interface Batches {
  readonly stepsPerEpoch: number;
  /** Writes the samples of step `step`, from 0, into `images` (batch × shape values) and `labels` (batch); both are overwritten whole. */
  readonly at: (step: number, images: Float32Array, labels: Int32Array) => void;
}

/** @throws RangeError where there are fewer samples than one batch. */
export function makeBatches(data: DataSet, options: BatchOptions): Batches {
  const { batch, seed, normalisation } = options;
  const order = makeOrder(data.count, batch, seed);
  const shape = imageShape(options.shape);
  return {
    stepsPerEpoch: order.stepsPerEpoch,
    at: (step, images, labels) => {
      const samples = order.at(step);
      fill(data, batch, (k) => samples[k]!, normalisation, images);
      for (let k = 0; k < batch; k++) labels[k] = data.labels[samples[k]!]!;
      augment(images, shape, options.augment, seed, step);
    },
  };
}

/** The last two axes are rows and columns. */
function imageShape(shape: readonly number[]): ImageShape {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  return [shape.slice(0, -2).reduce((a, b) => a * b, 1), rows, columns];
}
