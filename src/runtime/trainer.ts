// A trainer, but for its kernels: initial weights, batches checked and put where they are read, steps counted, checkpoints. A target gives
// it an engine. Law: a step that would store what is not finite, or whose loss is not, changes nothing and says where that came from.
import { RncError } from "./error.ts";
import { take } from "./batch.ts";
import { initialValues } from "./initialise.ts";
import { learningRate } from "./schedule.ts";
import { writeSafetensors } from "./safetensors-file.ts";
import { copyFloat32, parseSafetensors, type StoredTensor } from "./safetensors.ts";
import { brokenOf, isFiniteFrom, isStatistic, MEMORY, memoryFor, sizeOf, type Engine, type Task, type Trained } from "./trained.ts";
import { weightLoader } from "./weights.ts";

export interface Training {
  /** How many steps were made. */
  readonly steps: number;
  /** The learning rate of the next step. */
  readonly learningRate: number;
  step(batch: object): Promise<{ readonly loss: number }>;
  evaluate(batch: object): Promise<{ readonly loss: number; readonly wrong: number; readonly count: number }>;
  /** A promise where the engine is distant. */
  save(metadata?: Readonly<Record<string, string>>): Uint8Array | Promise<Uint8Array>;
  load(checkpoint: Uint8Array | ArrayBuffer): void;
  dispose(): void;
}

/** Steps are counted in a number that f32 holds exactly. */
const MOST_STEPS = 2 ** 24;
const COUNTER = `${MEMORY}step`;
const CURE = "lower the learning rate, or clip the gradient";

/** The most that a seed may be, which f32 holds exactly. */
const LARGEST_SEED = 2 ** 24 - 1;

export function checkSeed(seed: unknown): void {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0 || (seed as number) > LARGEST_SEED) throw new RncError("seed", `seed is a whole number from 0 to ${LARGEST_SEED}, not ${String(seed)}`);
}

/** Where the file does not fit, nothing is left of the engine: no threads, no memory of a device. */
export function makeTrainer(task: Task, engine: Engine, file: Uint8Array | null): Training {
  try {
    const trainer = new Learner(task, engine);
    if (file) trainer.load(file);
    else engine.write(initialWeights(task));
    return trainer;
  } catch (e) {
    engine.dispose();
    throw e;
  }
}

class Learner implements Training {
  readonly #task: Task;
  readonly #engine: Engine;
  #steps = 0;
  #busy = false;
  #disposed = false;

  constructor(task: Task, engine: Engine) {
    this.#task = task;
    this.#engine = engine;
  }

  get steps(): number {
    return this.#steps;
  }

  get learningRate(): number {
    return learningRate(this.#task.scheduled, this.#steps);
  }

  step(batch: object): Promise<{ readonly loss: number }> {
    return this.#alone(async () => {
      const { least, numbers, seed } = this.#task;
      const n = take(batch, this.#task);
      if (n < least) throw new RncError("batch", `a step takes at least ${least} samples, since batch norm needs two values of each channel; given are ${n}`);
      if (this.#steps >= MOST_STEPS) throw new RncError("steps", `a trainer makes at most ${MOST_STEPS} steps`);
      numbers.lr[0] = this.learningRate;
      numbers.step[0] = this.#steps;
      numbers.seed[0] = seed;
      const { loss, finite } = await this.#engine.step(n);
      if (!Number.isFinite(loss) || !finite) throw await this.#diverged(loss, n);
      this.#steps++;
      return { loss };
    });
  }

  evaluate(batch: object): Promise<{ readonly loss: number; readonly wrong: number; readonly count: number }> {
    return this.#alone(async () => {
      const n = take(batch, this.#task);
      const { loss, wrong } = await this.#engine.evaluate(n);
      return { loss, wrong: wrong ?? NaN, count: n };
    });
  }

  save(metadata: Readonly<Record<string, string>> = {}): Uint8Array | Promise<Uint8Array> {
    if (this.#engine.distant) return this.#alone(async () => this.#file(await this.#engine.read(), metadata));
    this.#check();
    return this.#file(this.#engine.read() as Float32Array, metadata);
  }

  #file(weights: Float32Array, metadata: Readonly<Record<string, string>>): Uint8Array {
    const { parameters } = this.#task;
    const [broken] = brokenOf(parameters, weights);
    if (broken) throw new RncError("diverged", `${JSON.stringify(broken.name)} is infinite or no number: this is nothing to keep`);
    const tensors = parameters.map(({ name, shape, offset }) => [name, { shape, data: weights.slice(offset, offset + sizeOf(shape)) }] as const);
    return writeSafetensors([...tensors, [COUNTER, { shape: [], data: Float32Array.of(this.#steps) }]], Object.entries(metadata));
  }

  load(checkpoint: Uint8Array | ArrayBuffer): void {
    this.#check();
    const { tensors } = parseSafetensors(ArrayBuffer.isView(checkpoint) ? checkpoint : new Uint8Array(checkpoint));
    const { parameters } = this.#task;
    const remembered = parameters.filter((p) => p.name.startsWith(MEMORY));
    const loaded = memoryFor(parameters); // all or nothing
    const load = (from: typeof tensors, to: readonly Trained[]): void => weightLoader(from, to, loaded)(to.length);
    load(tensors, parameters.filter((p) => !p.name.startsWith(MEMORY)));
    const found = remembered.filter((p) => tensors.has(p.name));
    if (found.length > 0) load(tensors.has(COUNTER) ? new Map([...tensors].filter(([name]) => name.startsWith(MEMORY))) : tensors, remembered);
    const steps = stepsOf(tensors);
    this.#engine.write(loaded);
    this.#steps = found.length === remembered.length ? steps : 0;
  }

  dispose(): void {
    this.#disposed = true;
    this.#engine.dispose();
  }

  #check(): void {
    if (this.#disposed) throw new RncError("disposed", "the trainer was disposed of");
    if (this.#busy) throw new RncError("busy", "the trainer is still computing: await its last step before the next");
    this.#engine.check();
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    this.#check();
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  async #broken(): Promise<readonly Trained[]> {
    return brokenOf(this.#task.parameters, await this.#engine.read());
  }

  /** What a step says that went wrong, once all is as it was. */
  async #diverged(loss: number, n: number): Promise<RncError> {
    const { given } = this.#task;
    const after = await this.#broken().finally(() => this.#engine.undo()); // whether or not it can be told what it did
    const [before] = await this.#broken();
    const told = (what: string): RncError => new RncError("diverged", `${what}; nothing was changed`);
    if (Number.isFinite(loss)) return told(`step ${this.#steps} would make ${culprit(after)} infinite or no number: ${CURE}`);
    const lost = `the loss of step ${this.#steps} is ${loss}`;
    const input = given.find(({ to, size }) => !isFiniteFrom(to, 0, n * size));
    if (input) return told(`${lost}: input ${JSON.stringify(input.name)} holds numbers that are infinite or none`);
    if (before) return told(`${lost}: ${JSON.stringify(before.name)} is infinite or no number`);
    const layer = after.find(isStatistic);
    return told(`${lost}: numbers grew beyond what f32 holds${layer ? ` before ${JSON.stringify(layer.name)}` : ""}: ${CURE}`);
  }
}

/**
 * What is before a statistic made it; a gradient that is not finite spoils those of all layers before, so it began with the last. A device
 * may have found what is not there any more when it is read.
 */
function culprit(broken: readonly Trained[]): string {
  const first = broken.find(isStatistic) ?? broken.filter((p) => !p.state).at(-1) ?? broken[0];
  return first ? JSON.stringify(first.name) : "a parameter";
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

function initialWeights({ parameters, seed }: Task): Float32Array {
  const weights = memoryFor(parameters);
  parameters.forEach((p, site) => weights.set(initialValues(p, site, seed, sizeOf(p.shape)), p.offset));
  return weights;
}
