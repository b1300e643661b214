// A trainer, but for its kernels: initial weights, batches checked and put where they are read, steps counted, checkpoints. A target gives
// it memory and three programs. Law: a step whose loss is not finite changes nothing and says where that came from.
import { RncError } from "./error.ts";
import { initialValues, type Init } from "./initialise.ts";
import { learningRate, type Scheduled } from "./schedule.ts";
import { writeSafetensors } from "./safetensors-file.ts";
import { copyFloat32, parseSafetensors, type StoredTensor } from "./safetensors.ts";
import { loadTensors, type Parameter } from "./weights.ts";

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

/** What a target provides. */
export interface Programs {
  readonly batch: number;
  readonly seed: number;
  /** The fewest samples of a step. */
  readonly least: number;
  readonly scheduled: Scheduled;
  readonly parameters: readonly Trained[];
  readonly weights: Float32Array;
  readonly given: readonly Given[];
  /** Where the numbers of a step go. */
  readonly numbers: { readonly lr: Float32Array; readonly step: Float32Array; readonly seed: Float32Array };
  /** The loss and the gradients of n samples; nothing changes but working memory. */
  compute(n: number): void | Promise<void>;
  /** The rest of that step: everything new is stored. */
  apply(n: number): void | Promise<void>;
  evaluate(n: number): void | Promise<void>;
  /** Of the last `compute`; of the last `evaluate`. */
  loss(): number;
  evaluation(): { readonly loss: number; readonly wrong: number | null };
  /** Throws where nothing can begin. */
  check(): void;
  dispose(): void;
}

export interface Training {
  /** How many steps were made. */
  readonly steps: number;
  /** The learning rate of the next step. */
  readonly learningRate: number;
  step(batch: object): Promise<{ readonly loss: number }>;
  evaluate(batch: object): Promise<{ readonly loss: number; readonly wrong: number; readonly count: number }>;
  save(metadata?: Readonly<Record<string, string>>): Uint8Array;
  load(checkpoint: Uint8Array | ArrayBuffer): void;
  dispose(): void;
}

/** Steps are counted in a number that f32 holds exactly. */
const MOST_STEPS = 2 ** 24;
const MEMORY = "optimizer.";
const COUNTER = `${MEMORY}step`;

/** The most that a seed may be, which f32 holds exactly. */
const LARGEST_SEED = 2 ** 24 - 1;

export function checkSeed(seed: unknown): void {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0 || (seed as number) > LARGEST_SEED) throw new RncError("seed", `seed is a whole number from 0 to ${LARGEST_SEED}, not ${String(seed)}`);
}

export function makeTrainer(programs: Programs, file: Uint8Array | null): Training {
  const trainer = new Learner(programs);
  if (file) trainer.load(file);
  else initialise(programs);
  return trainer;
}

class Learner implements Training {
  readonly #programs: Programs;
  #steps = 0;
  #busy = false;
  #disposed = false;
  /** All that a step changes, as it was before: a copy costs a thousandth of the step, and what is fused is only known once it is stored. */
  #kept: Float32Array | null = null;

  constructor(programs: Programs) {
    this.#programs = programs;
  }

  get steps(): number {
    return this.#steps;
  }

  get learningRate(): number {
    return learningRate(this.#programs.scheduled, this.#steps);
  }

  async step(batch: object): Promise<{ readonly loss: number }> {
    const { programs, n } = this.#begin(batch);
    try {
      if (n < programs.least) throw new RncError("batch", `a step takes at least ${programs.least} samples, since batch norm needs two values of each channel; given are ${n}`);
      if (this.#steps >= MOST_STEPS) throw new RncError("steps", `a trainer makes at most ${MOST_STEPS} steps`);
      programs.numbers.lr[0] = this.learningRate;
      programs.numbers.step[0] = this.#steps;
      programs.numbers.seed[0] = programs.seed;
      await programs.compute(n);
      const loss = programs.loss();
      if (!Number.isFinite(loss)) throw new RncError("diverged", `the loss of step ${this.#steps} is ${loss}: ${await this.#cause(n)}; nothing was changed`);
      const broken = await this.#apply(n);
      if (broken.length > 0) throw new RncError("diverged", `step ${this.#steps} would make ${culprit(broken)} infinite or no number: lower the learning rate, or clip the gradient; nothing was changed`);
      this.#steps++;
      return { loss };
    } finally {
      this.#busy = false;
    }
  }

  async evaluate(batch: object): Promise<{ readonly loss: number; readonly wrong: number; readonly count: number }> {
    const { programs, n } = this.#begin(batch);
    try {
      await programs.evaluate(n);
      const { loss, wrong } = programs.evaluation();
      return { loss, wrong: wrong ?? NaN, count: n };
    } finally {
      this.#busy = false;
    }
  }

  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    this.#check();
    const [broken] = this.#broken();
    if (broken) throw new RncError("diverged", `${JSON.stringify(broken.name)} is infinite or no number: this is nothing to keep`);
    const { parameters, weights } = this.#programs;
    const tensors = parameters.map(({ name, shape, offset }) => [name, { shape, data: weights.slice(offset, offset + sizeOf(shape)) }] as const);
    return writeSafetensors([...tensors, [COUNTER, { shape: [], data: Float32Array.of(this.#steps) }]], Object.entries(metadata));
  }

  load(checkpoint: Uint8Array | ArrayBuffer): void {
    this.#check();
    const { tensors } = parseSafetensors(ArrayBuffer.isView(checkpoint) ? checkpoint : new Uint8Array(checkpoint));
    const { parameters, weights } = this.#programs;
    const remembered = parameters.filter((p) => p.name.startsWith(MEMORY));
    const loaded = new Float32Array(weights.length); // all or nothing
    loadTensors(tensors, parameters.filter((p) => !p.name.startsWith(MEMORY)), loaded);
    const found = remembered.filter((p) => tensors.has(p.name));
    if (found.length > 0) loadTensors(tensors.has(COUNTER) ? new Map([...tensors].filter(([name]) => name.startsWith(MEMORY))) : tensors, remembered, loaded);
    const steps = stepsOf(tensors);
    weights.set(loaded);
    this.#steps = found.length === remembered.length ? steps : 0;
  }

  dispose(): void {
    this.#disposed = true;
    this.#programs.dispose();
  }

  #check(): void {
    if (this.#disposed) throw new RncError("disposed", "the trainer was disposed of");
    if (this.#busy) throw new RncError("busy", "the trainer is still computing: await its last step before the next");
    this.#programs.check();
  }

  #begin(batch: object): { readonly programs: Programs; readonly n: number } {
    this.#check();
    const n = take(batch, this.#programs);
    this.#busy = true;
    return { programs: this.#programs, n };
  }

  /** Stores what the step made, unless some of it is not finite: that is returned, and all is as it was. */
  async #apply(n: number): Promise<readonly Trained[]> {
    const { weights } = this.#programs;
    this.#kept ??= new Float32Array(weights.length);
    this.#kept.set(weights);
    await this.#programs.apply(n);
    const broken = this.#broken();
    if (broken.length > 0) weights.set(this.#kept);
    return broken;
  }

  /** The parameters that are not finite, in the order in which a step reads them. */
  #broken(): readonly Trained[] {
    const { parameters, weights } = this.#programs;
    return parameters.filter(({ shape, offset }) => !isFiniteFrom(weights, offset, sizeOf(shape)));
  }

  /** Where a loss that is not finite comes from: what goes in, or the first layer whose statistics are not finite either. */
  async #cause(n: number): Promise<string> {
    const input = this.#programs.given.find(({ to, size }) => !isFiniteFrom(to, 0, n * size));
    if (input) return `input ${JSON.stringify(input.name)} holds numbers that are infinite or none`;
    const [before] = this.#broken();
    if (before) return `${JSON.stringify(before.name)} is infinite or no number`;
    const after = (await this.#apply(n)).find((p) => p.state && !p.name.startsWith(MEMORY));
    return `numbers grew beyond what f32 holds${after ? ` before ${JSON.stringify(after.name)}` : ""}: lower the learning rate, or clip the gradient`;
  }
}

/** A gradient that is not finite spoils those of all layers before, so it began with the last. */
function culprit(broken: readonly Trained[]): string {
  const learned = broken.filter((p) => !p.state);
  return JSON.stringify((learned.at(-1) ?? broken[0]!).name);
}

/** How many steps a checkpoint has behind it; weights alone: none. */
function stepsOf(tensors: ReadonlyMap<string, StoredTensor>): number {
  const counter = tensors.get(COUNTER);
  if (!counter) return 0;
  const numbers = new Float32Array(sizeOf(counter.shape));
  copyFloat32(counter, numbers, 0);
  const [steps, ...more] = numbers;
  if (!Number.isInteger(steps) || steps! < 0 || steps! > MOST_STEPS || more.length > 0) throw new RncError("weights", `${JSON.stringify(COUNTER)} is ${String(steps)}, which counts no steps`);
  return steps!;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function isFiniteFrom(numbers: { readonly [index: number]: number }, from: number, count: number): boolean {
  for (let i = from; i < from + count; i++) if (!Number.isFinite(numbers[i])) return false;
  return true;
}

/** Checks a batch and copies it to where it is read; how many samples it holds. */
function take(object: object, { given, batch: most }: Programs): number {
  if (typeof object !== "object" || object === null) throw new RncError("input", `a batch is { ${given.map((g) => g.name).join(", ")} }`);
  const batch = object as Readonly<Record<string, unknown>>;
  let samples = 0;
  for (const { name, size, classes } of given) {
    const values = Object.hasOwn(batch, name) ? (batch[name] as { readonly length?: unknown } | null | undefined) : undefined;
    const shown = JSON.stringify(name);
    if (!values || typeof values.length !== "number") throw new RncError("input", values === undefined ? `input ${shown} is missing` : `input ${shown} is no array of numbers`);
    const count = values.length / size;
    if (!Number.isInteger(count) || count < 1) throw new RncError("input", `input ${shown} has ${values.length} elements, which is no multiple of ${size}`);
    if (count > most) throw new RncError("batch", `input ${shown} holds ${count} samples; the trainer was created for a batch of ${most}`);
    if (samples > 0 && count !== samples) throw new RncError("input", `input ${shown} holds ${count} samples, and another input ${samples}`);
    samples = count;
    if (classes > 0) checkLabels(values as { readonly [index: number]: unknown; readonly length: number }, shown, classes);
  }
  const extra = Object.keys(batch).find((name) => !given.some((g) => g.name === name));
  if (extra !== undefined) throw new RncError("input", `there is no input ${JSON.stringify(extra)}`);
  for (const { name, to } of given) {
    const values = batch[name] as { readonly [index: number]: number | bigint; readonly length: number };
    for (let i = 0; i < values.length; i++) to[i] = Number(values[i]);
  }
  return samples;
}

function checkLabels(values: { readonly [index: number]: unknown; readonly length: number }, shown: string, classes: number): void {
  for (let i = 0; i < values.length; i++) {
    const label = Number(values[i]);
    if (!Number.isInteger(label) || label < 0 || label >= classes) throw new RncError("input", `${shown}[${i}] is ${String(values[i])}; there are the classes 0 to ${classes - 1}`);
  }
}

function initialise({ parameters, weights, seed }: Programs): void {
  parameters.forEach((p, site) => weights.set(initialValues(p, site, seed, sizeOf(p.shape)), p.offset));
}
