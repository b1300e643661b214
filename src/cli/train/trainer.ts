// The trainer of a generated module, as its contract says, and its errors as the command's.
import type { Training as Trainer } from "../../runtime/trainer.ts";
import { failure, type CommandError } from "../exit.ts";

export type { Trainer };

export interface TrainingModule {
  readonly createTrainer: (options: TrainerOptions) => Promise<Trainer>;
}

export interface TrainerOptions {
  readonly weights?: Uint8Array;
  readonly batch: number;
  readonly seed: number;
  readonly threads: number;
}

export type Batch = Readonly<Record<string, ArrayLike<number>>>;

/** The code of an error that a generated module throws; null for any other. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && error.name === "RncError" ? (error as Error & { readonly code: string }).code : null;
}

/** Of a module's own error the command's; what is no such error is our mistake, and goes on as it is. */
export function asFailure(error: unknown, where = ""): CommandError {
  if (codeOf(error) === null) throw error;
  return failure(where + (error as Error).message);
}
