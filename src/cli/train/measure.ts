// A trainer held against samples that it does not learn from.
import { fill, sizeOf, type DataSet, type Normalisation } from "../../data/dataset.ts";
import type { Stop } from "./stop.ts";
import type { Task } from "./task.ts";
import type { Trainer } from "./trainer.ts";

export interface Measured {
  /** The mean over the samples. */
  readonly loss: number;
  readonly wrong: number;
  readonly count: number;
}

/** Null where it was stopped. */
export async function measure(trainer: Trainer, task: Task, data: DataSet, normalisation: Normalisation | null, batch: number, stop: Stop): Promise<Measured | null> {
  const size = sizeOf(task.input.shape);
  const images = new Float32Array(batch * size);
  let loss = 0;
  let wrong = 0;
  for (let from = 0; from < data.count; from += batch) {
    const n = Math.min(batch, data.count - from);
    fill(data, n, (k) => from + k, normalisation, images);
    const found = await trainer.evaluate({ [task.input.name]: images.subarray(0, n * size), [task.label]: data.labels.subarray(from, from + n) });
    loss += found.loss * n;
    wrong += found.wrong;
    await stop.listen();
    if (stop.asked()) return null;
  }
  return { loss: loss / data.count, wrong, count: data.count };
}
