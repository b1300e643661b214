// The trainer of a generated module, as its contract says.
import type { Training as Trainer } from "../../runtime/trainer.ts";

export type { Trainer };

export interface TrainingModule {
  readonly createTrainer: (options: TrainerOptions) => Promise<Trainer>;
}

export interface TrainerOptions {
  readonly weights?: Uint8Array;
  readonly batch: number;
  readonly seed: number;
  readonly threads: number;
  /** Of modules that compute on a GPU. */
  readonly device?: object;
}

export type Batch = Readonly<Record<string, ArrayLike<number>>>;
