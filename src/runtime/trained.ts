// What is trained and what trains it, as every target says it; and which numbers of it are infinite or none.
import type { Init } from "./initialise.ts";
import type { Scheduled } from "./schedule.ts";
import type { Parameter } from "./weights.ts";

/** What an optimizer remembers is a parameter of such a name. */
export const MEMORY = "optimizer.";

/** A parameter, a statistic or something that the optimizer remembers. */
export interface Trained extends Parameter, Init {
  /** A statistic, or the optimizer's: no gradient changes it. */
  readonly state: boolean;
}

/** What a step reads besides weights: an input of the model, or a target. */
export interface Given {
  readonly name: string;
  /** Elements of one sample. */
  readonly size: number;
  /** Of a label: how many classes there are; 0 where it is a float. */
  readonly classes: number;
  /** Where it goes, for the whole batch. */
  readonly to: { [index: number]: number; readonly length: number };
}

/** What is trained, and what a step reads. */
export interface Task {
  readonly batch: number;
  readonly seed: number;
  /** The fewest samples of a step. */
  readonly least: number;
  readonly scheduled: Scheduled;
  readonly parameters: readonly Trained[];
  readonly given: readonly Given[];
  /** Where the numbers of a step go. */
  readonly numbers: { readonly lr: Float32Array; readonly step: Float32Array; readonly seed: Float32Array };
}

/** What a target provides: kernels, and the memory of all that they change. */
export interface Engine {
  /** Are the weights on a device, so that reading them takes a while? */
  readonly distant: boolean;
  /** One step with n samples: its loss, and whether all that it stored is finite. */
  step(n: number): Promise<{ readonly loss: number; readonly finite: boolean }>;
  /** Takes the last step back; nothing where it stored nothing. */
  undo(): void;
  evaluate(n: number): Promise<{ readonly loss: number; readonly wrong: number | null }>;
  /** Everything that a step changes, each parameter at its offset. */
  read(): Float32Array | Promise<Float32Array>;
  write(weights: Float32Array): void;
  /** Throws where nothing can begin. */
  check(): void;
  dispose(): void;
}

/** Statistics are made on the way to the loss, in the order of the layers; no gradient is. */
export function isStatistic({ state, name }: Trained): boolean {
  return state && !name.startsWith(MEMORY);
}

/** The parameters that are not finite, in the order in which a step reads them. */
export function brokenOf(parameters: readonly Trained[], weights: Float32Array): readonly Trained[] {
  return parameters.filter(({ shape, offset }) => !isFiniteFrom(weights, offset, sizeOf(shape)));
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function isFiniteFrom(numbers: { readonly [index: number]: number }, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (!Number.isFinite(numbers[i])) return false;
  return true;
}

/** Zeros, up to the end of the last parameter. */
export function memoryFor(parameters: readonly Trained[]): Float32Array {
  return new Float32Array(parameters.reduce((end, { offset, shape }) => Math.max(end, offset + sizeOf(shape)), 0));
}
