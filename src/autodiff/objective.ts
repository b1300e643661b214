// What is trained for, and how: the part of a `train` declaration that graphs are made of.
import type { TensorType } from "../ir/type.ts";

export type LossKind = { readonly kind: "cross_entropy"; readonly smoothing: number } | { readonly kind: "mse" };

/** A loss of an output, by the names of the output and of the input that it is compared with. */
export type LossTerm = LossKind & { readonly output: string; readonly target: string; readonly weight: number };

export interface Sgd {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly nesterov: boolean;
  /** L2 penalty: decay · w is added to the gradient. */
  readonly decay: number;
}

export interface Adam {
  /** adamw: w shrinks by lr · decay instead. */
  readonly kind: "adam" | "adamw";
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
}

export type Optimizer = Sgd | Adam;

export interface Objective {
  /** Their weighted sum is minimised. */
  readonly losses: readonly LossTerm[];
  /** The inputs that the losses are compared with, once each. */
  readonly targets: readonly { readonly name: string; readonly type: TensorType }[];
  readonly optimizer: Optimizer;
  /** The largest norm of the gradient over all parameters; null: any. */
  readonly clip: number | null;
}

/** Scalar inputs of a training step; no identifier of a program has a dot. */
export const scalars = {
  /** The learning rate of this step. */
  lr: "train.lr",
  /** The step's number, from 0, below 2²⁴. */
  step: "train.step",
  /** Of the random numbers, an integer below 2²⁴. */
  seed: "train.seed",
} as const;
