// From what `--data` named to batches for a model, with all that can be wrong about it said before the first step.
import type { Augmentation } from "../../data/augment.ts";
import { makeBatches, type Batches } from "../../data/batches.ts";
import type { DataSet, Normalisation } from "../../data/dataset.ts";
import { failure } from "../exit.ts";
import { checkLabels, checkNormalisation, fits } from "./fit.ts";

/** A name and the shape of one sample. */
interface Signature {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface TrainingOptions {
  readonly input: Signature;
  /** The output of the form [classes]. */
  readonly output: Signature;
  readonly batch: number;
  readonly seed: number;
  readonly augment: readonly Augmentation[];
  /** What the command line asks for, else null: the source's own is taken, else none. */
  readonly normalisation: Normalisation | null;
}

export interface TrainingData extends Batches {
  /** What was applied, for the checkpoint's metadata and for the evaluation. */
  readonly normalisation: Normalisation | null;
}

/** @throws CommandError (exit 1) where shape, labels, constants or count do not suit the model. */
export function trainingData(data: DataSet, options: TrainingOptions): TrainingData {
  const normalisation = suit(data, options.input, options.output, options.normalisation);
  if (data.count < options.batch) throw failure(`${data.name} has ${data.count} samples, which do not fill a batch of ${options.batch}`);
  return { ...makeBatches(data, { ...options, shape: options.input.shape, normalisation }), normalisation };
}

/** Checks data against a model, for training or evaluation; the constants to apply, one per channel. */
export function suit(data: DataSet, input: Signature, output: Signature, asked: Normalisation | null): Normalisation | null {
  if (!fits(data.shape, input.shape)) throw failure(`${data.name} has samples of [${data.shape.join(", ")}], but ${input.name} is [${input.shape.join(", ")}]`);
  checkLabels(data, output.shape[0]!, output.name);
  const chosen = asked ?? data.normalisation;
  return chosen && checkNormalisation(chosen, input.shape.length === 3 ? input.shape[0]! : 1, asked ? "--mean, --std" : data.name);
}
