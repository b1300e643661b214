// In which order training sees the samples: every epoch is a permutation of its own, and what does not fill a batch at its end is left
// out. Law: the samples of step s follow from (seed, s) alone, so that a resumed run sees what the uninterrupted one does.
import { purposes, Random, streamOf } from "./random.ts";

/** The numbers 0 … count − 1, shuffled (Fisher and Yates, in Durstenfeld's form). */
export function permutation(count: number, seed: number, epoch: number): Int32Array {
  const random = new Random(streamOf(purposes.order, seed, epoch));
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const other = order[j]!;
    order[j] = order[i]!;
    order[i] = other;
  }
  return order;
}

export interface Order {
  readonly stepsPerEpoch: number;
  /** The `batch` samples of step `step`, from 0: a view. Any order of steps may be asked for; rising ones are cheap. */
  readonly at: (step: number) => Int32Array;
}

/** @throws RangeError where there are fewer samples than one batch. */
export function makeOrder(count: number, batch: number, seed: number): Order {
  const stepsPerEpoch = Math.floor(count / batch);
  if (stepsPerEpoch === 0) throw new RangeError(`${count} samples do not fill a batch of ${batch}`);
  let epoch = -1;
  let order: Int32Array = new Int32Array(0);
  return {
    stepsPerEpoch,
    at: (step) => {
      const wanted = Math.floor(step / stepsPerEpoch);
      if (wanted !== epoch) order = permutation(count, seed, wanted);
      epoch = wanted;
      const from = (step - wanted * stepsPerEpoch) * batch;
      return order.subarray(from, from + batch);
    },
  };
}
