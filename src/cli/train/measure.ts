// A trainer held against samples that it does not learn from: all of them at the end, some of them on the way.
import { fill, sizeOf, type DataSet, type Normalisation } from "../../data/dataset.ts";
import { permutation } from "../../data/order.ts";
import type { Stop } from "./stop.ts";
import type { Task } from "./task.ts";
import type { Trainer } from "./trainer.ts";

export interface Measured {
  /** The mean over the samples. */
  readonly loss: number;
  readonly wrong: number;
  readonly count: number;
}

const ON_THE_WAY = 2000;

/** Which samples: so many that measuring takes little of the time of training, the same each time. */
export function someOf(data: DataSet): Int32Array {
  return permutation(data.count, 0, 0).subarray(0, ON_THE_WAY);
}

export function allOf(data: DataSet): Int32Array {
  return Int32Array.from({ length: data.count }, (_, i) => i);
}

/** Null where it was stopped. */
export async function measure(trainer: Trainer, task: Task, data: DataSet, picked: Int32Array, normalisation: Normalisation | null, batch: number, stop: Stop): Promise<Measured | null> {
  const size = sizeOf(task.input.shape);
  const images = new Float32Array(batch * size);
  let loss = 0;
  let wrong = 0;
  for (let from = 0; from < picked.length; from += batch) {
    const part = picked.subarray(from, from + batch);
    const n = part.length;
    fill(data, n, (k) => part[k]!, normalisation, images);
    const found = await trainer.evaluate({ [task.input.name]: images.subarray(0, n * size), [task.label]: part.map((i) => data.labels[i]!) });
    loss += found.loss * n;
    wrong += found.wrong;
    await stop.listen();
    if (stop.asked()) return null;
  }
  return { loss: loss / picked.length, wrong, count: picked.length };
}
