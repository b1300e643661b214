// The words of `train` declarations with their arguments, and the checked declaration they make. One table per key: checking,
// types, hover and completion read it.
import type { AttrSchema, AttrSpec, Attrs } from "../ir/attr.ts";
import type { TensorType } from "../ir/type.ts";
import type { Span } from "../source/text.ts";

export interface Word {
  readonly doc: string;
  readonly args: AttrSchema;
  /** How many arguments may be given by position. */
  readonly positional: number;
}
export type Vocabulary = { readonly [name: string]: Word };

const rate = (value?: number) => ({ kind: "float", doc: "learning rate", min: 0, ...(value === undefined ? {} : { default: value }) }) as const;
const decay = (value: number, doc: string) => ({ kind: "float", doc, default: value, min: 0 }) as const;
const beta = (value: number, of: string) => ({ kind: "float", doc: `share of the past in the running mean of the ${of}`, default: value, min: 0, below: 1 }) as const; // with 1 the mean never moves, and its correction divides by 1 − 1
const adaptive = { lr: rate(0.001), beta1: beta(0.9, "gradient"), beta2: beta(0.999, "squared gradient"), eps: { kind: "float", doc: "added to the denominator", default: 1e-8, min: 0 } } as const;

/** Their first argument is the name of an output. */
export const losses = {
  cross_entropy: {
    doc: "−log softmax(output)[label], the mean over the batch (and pixels). Target: the class, an integer.",
    args: { smoothing: { kind: "float", doc: "share of the probability that is spread over all classes", default: 0, min: 0, max: 1 } },
    positional: 0,
  },
  mse: { doc: "(output − target)², the mean over everything. Target: numbers of the output's shape.", args: {}, positional: 0 },
} as const satisfies Vocabulary;

export const optimizers = {
  sgd: {
    doc: "Gradient descent with momentum: v ← momentum · v + g, w ← w − lr · v (Nesterov: g + momentum · v instead of v).",
    args: {
      lr: rate(),
      momentum: { kind: "float", doc: "share of the past in the velocity", default: 0, min: 0, max: 1 },
      nesterov: { kind: "bool", doc: "look ahead along the velocity", default: false },
      decay: decay(0, "L2 penalty: decay · w is added to the gradient"),
    },
    positional: 1,
  },
  adam: { doc: "Steps scaled by running means of gradient and squared gradient (Kingma and Ba 2015).", args: { ...adaptive, decay: decay(0, "L2 penalty: decay · w is added to the gradient") }, positional: 1 },
  adamw: { doc: "Adam with decoupled weight decay (Loshchilov and Hutter 2019).", args: { ...adaptive, decay: decay(0.01, "w shrinks by lr · decay in each step") }, positional: 1 },
} as const satisfies Vocabulary;

export const schedules = {
  constant: { doc: "The optimizer's learning rate throughout.", args: {}, positional: 0 },
  step: {
    doc: "The learning rate is multiplied by `by` at each of the steps `at`.",
    args: { by: { kind: "float", doc: "factor", default: 0.1, min: 0 }, at: { kind: "ints", doc: "steps, in rising order", min: 1 } },
    positional: 2,
  },
  cosine: { doc: "From the learning rate down to `to` along half a cosine (Loshchilov and Hutter 2017).", args: { to: { kind: "float", doc: "learning rate at the end", default: 0, min: 0 } }, positional: 1 },
} as const satisfies Vocabulary;

/** What may stand before a schedule. */
export const warmups = {
  warmup: {
    doc: "Before the schedule begins: `steps` steps at the learning rate `lr`.",
    args: { steps: { kind: "int", doc: "how many", min: 1 }, lr: rate() },
    positional: 2,
  },
} as const satisfies Vocabulary;

export const augmentations = {
  shift: { doc: "Moves the image by up to n pixels in each direction; what comes in is zero (He et al. 2015: pad by 4 and crop).", args: { n: { kind: "int", doc: "pixels", min: 1 } }, positional: 1 },
  hflip: { doc: "Mirrors half of the images, left to right.", args: {}, positional: 0 },
} as const satisfies Vocabulary;

/** Keys with a plain number. */
export const settings = {
  batch: { kind: "int", doc: "samples per step", default: 32, min: 1 },
  steps: { kind: "int", doc: "how many steps", default: 1000, min: 1 },
  seed: { kind: "int", doc: "of initialisation, order and augmentation", default: 0, min: 0 },
  clip: { kind: "float", doc: "largest norm of the gradient over all parameters", optional: true, min: 0 },
} as const satisfies { readonly [key: string]: AttrSpec };

export const keys = ["loss", "optimizer", "schedule", "augment", "batch", "steps", "seed", "clip"] as const;
export type Key = (typeof keys)[number];

/** One of a vocabulary's words with its arguments: `{ kind: "sgd", lr: 0.1, … }`. */
export type Use<V extends Vocabulary> = { readonly [K in keyof V]: { readonly kind: K } & Attrs<V[K]["args"]> }[keyof V];

export type Loss = Use<typeof losses> & { readonly output: string; readonly target: string; readonly weight: number; readonly span: Span };

/** A checked `train` declaration. */
export interface TrainSpec {
  /** Of the declaration; the named one where there is also one for all exports. */
  readonly span: Span;
  /** Their weighted sum is minimised. */
  readonly losses: readonly Loss[];
  /** The inputs that the losses imply, once each: `label`, `target`, or `<output>_label`, `<output>_target` where there are several losses. */
  readonly targets: readonly { readonly name: string; readonly type: TensorType }[];
  readonly optimizer: Use<typeof optimizers>;
  readonly warmup: Use<typeof warmups> | null;
  readonly schedule: Use<typeof schedules>;
  /** Of the model's first input, in this order. */
  readonly augment: readonly Use<typeof augmentations>[];
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  readonly clip: number | null;
}
