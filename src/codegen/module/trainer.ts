// `createTrainer`: what a module compiled with --train has besides. A target adds its memory and two programs; checking, counting and
// checkpoints are runtime/trainer.ts.
import type { parameter } from "../../ir/leaf.ts";
import type { Node } from "../../ir/op.ts";
import { elementsPerSample, N, type Dim, type Extent } from "../../ir/type.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Scheduled } from "../../runtime/schedule.ts";
import { lines } from "../code.ts";
import { jsKey, jsString } from "../names.ts";
import { literal, typed, typeOf } from "./literals.ts";

/** What a trainer is made of. */
export interface TrainingModule {
  /** A step of training: its output is "loss", and its updates are what it learns. */
  readonly step: Plan;
  /** "loss" and perhaps "wrong", in the memory of the step's parameters. */
  readonly evaluation: Plan;
  readonly leastBatch: number;
  readonly scheduled: Scheduled;
  readonly batch: number;
  readonly seed: number;
  /** The inputs that the losses imply. `classes`: of labels; 0: numbers. */
  readonly targets: readonly { readonly name: string; readonly classes: number }[];
  /** The step's scalar inputs. */
  readonly scalars: { readonly lr: string; readonly step: string; readonly seed: string };
}

export type TrainingProgram = "trainStep" | "evaluateStep";

/** What a target adds. */
export interface TrainerText {
  /** Functions: the programs, and where memory lies. */
  readonly functions: string;
  /** The most elements that an array of this batch has: an expression of `batch` and perhaps `threads`. */
  readonly longest: string;
  /** Statements of `createTrainer` that make memory. */
  readonly memory: readonly string[];
  /** Where an input is put: an array for the whole batch. */
  input(name: string): string;
  /** An `Engine`, of `trained`, the parameters, and `batch`. */
  readonly engine: string;
}

/** Of a target whose weights lie in memory. */
export interface MemoryTrainerText {
  /** A Float32Array. */
  readonly weights: string;
  /** An output, a number. */
  output(plan: Plan, name: string): string;
  /** Computes n samples. */
  call(program: TrainingProgram): string;
  /** What stops threads, or nothing. */
  readonly check: string;
  readonly dispose: string;
}

/** The engine of such a target. */
export function memoryEngine({ step, evaluation }: TrainingModule, target: MemoryTrainerText): string {
  const wrong = hasWrong(evaluation) ? target.output(evaluation, "wrong") : "null";
  return lines(
    `inMemory({`,
    `parameters: trained,`,
    `weights: ${target.weights},`,
    `step: (n) => ${target.call("trainStep")},`,
    `evaluate: (n) => ${target.call("evaluateStep")},`,
    `loss: () => ${target.output(step, "loss")},`,
    `evaluation: () => ({ loss: ${target.output(evaluation, "loss")}, wrong: ${wrong} }),`,
    `check: () => ${target.check},`,
    `dispose: () => ${target.dispose},`,
    `})`,
  );
}

/** Are there labels, so that answers can be wrong? */
export function hasWrong(evaluation: Plan): boolean {
  return evaluation.outputs.some((o) => o.name === "wrong");
}

/** What both plans need of a region, of `batch`; `text` writes a size. */
export function needText({ step, evaluation }: TrainingModule, region: keyof Plan["regions"], text: (size: Extent) => string): string {
  const [a, b] = [text(step.regions[region]), text(evaluation.regions[region])];
  return a === b || region === "weights" ? a : `Math.max(${a}, ${b})`;
}

/** What `createTrainer` takes, and its trainer gives, where kernels run on a device. */
export interface DeviceOptions {
  /** Fields of TrainerOptions, and their names. */
  readonly options: readonly string[];
  readonly names: readonly string[];
}

export class TrainerContract {
  readonly #training: TrainingModule;
  readonly #threads: boolean;
  readonly #device: DeviceOptions | null;

  constructor(training: TrainingModule, threads: boolean, device: DeviceOptions | null) {
    this.#training = training;
    this.#threads = threads;
    this.#device = device;
  }

  types(): string {
    const { targets, step } = this.#training;
    const classesOf = (name: string): number => targets.find((t) => t.name === name)?.classes ?? 0;
    const shown = (dims: readonly Dim[]): string => dims.map((d) => (d === N ? "k" : d)).join(" × ");
    const field = (name: string, dims: readonly Dim[]): string =>
      classesOf(name) > 0 ? `/** ${shown(dims)} integers from 0 to ${classesOf(name) - 1} */\nreadonly ${jsKey(name)}: ArrayLike<number | bigint>;` : `/** ${shown(dims)} */\nreadonly ${jsKey(name)}: ArrayLike<number>;`;
    return typed(
      lines(
        `/** What a step learns from, or is measured on: k samples, at most the batch of the trainer. */`,
        `export interface TrainingBatch {`,
        this.#inputs().map(({ name }) => field(name, step.inputs.find((i) => i.name === name)!.buffer.type!.shape)),
        `}`,
        "",
        `export interface TrainerOptions {`,
        `/** A safetensors file to go on from, with what the optimizer remembers or without; without one weights are drawn. */`,
        `readonly weights?: Uint8Array | ArrayBuffer;`,
        `/** The most samples of a step; \`training.batch\` where nothing is said. */`,
        `readonly batch?: number;`,
        `/** Of everything random: an integer from 0 below 2²⁴. */`,
        `readonly seed?: number;`,
        `readonly threads?: number;`,
        this.#threads ? `readonly worker?: () => unknown;` : [],
        this.#device?.options ?? [],
        `}`,
        "",
        `export interface Trainer {`,
        `/** How many steps were made. */`,
        `readonly steps: number;`,
        `/** Of the next step. */`,
        `readonly learningRate: number;`,
        `/** One step; its loss, the mean over the batch without decay, of the weights before it. */`,
        `step(batch: TrainingBatch): Promise<{ readonly loss: number }>;`,
        `/** The loss with running statistics, and how many labels are not the class with the largest score. */`,
        `evaluate(batch: TrainingBatch): Promise<{ readonly loss: number; readonly wrong: number; readonly count: number }>;`,
        `/** A safetensors file: parameters, statistics, and what the optimizer remembers${this.#device ? "; read from the device" : ""}. */`,
        `save(metadata?: Readonly<Record<string, string>>): ${this.#device ? "Promise<Uint8Array>" : "Uint8Array"};`,
        `load(checkpoint: Uint8Array | ArrayBuffer): void;`,
        `dispose(): void;`,
        `}`,
      ),
    );
  }

  info(): string {
    return lines(`/** What the program says of training. */`, `export const training = ${literal(this.#infoValue())}« as const»;`);
  }

  declarations(words: "export declare" | "export"): string {
    return lines(
      this.types(),
      "",
      `/** What the program says of training. */`,
      `${words} const training: ${typeOf(this.#infoValue())};`,
      "",
      `/** Makes a trainer: weights, what the optimizer remembers, and memory for \`batch\` samples. */`,
      `${words} function createTrainer(options?: TrainerOptions): Promise<Trainer>;`,
    );
  }

  /** `createTrainer`, with the parameters as \`add\` statements make them. */
  create(target: TrainerText, parameters: string): string {
    const { leastBatch, targets, scalars } = this.#training;
    const given = this.#inputs().map(({ name, size }) => `{ name: ${jsString(name)}, size: ${size}, classes: ${targets.find((t) => t.name === name)?.classes ?? 0}, to: ${target.input(name)} },`);
    const names = ["weights", "batch", "seed", "threads", ...(this.#threads ? ["worker"] : []), ...(this.#device?.names ?? [])];
    return lines(
      `/** Makes a trainer: weights, what the optimizer remembers, and memory for \`batch\` samples. */`,
      `export async function createTrainer(options«: TrainerOptions» = {})«: Promise<Trainer>» {`,
      `checkNames(options, "createTrainer", [${names.map(jsString).join(", ")}]);`,
      `const { batch = training.batch, seed = training.seed, threads = 1 } = options;`,
      this.#threads ? `checkThreads(threads);` : `checkOneThread(threads);`,
      `checkBatch(batch, (batch) => ${target.longest});`,
      `checkSeed(seed);`,
      `const file = weightBytes(options.weights);`,
      `const trained = trainingParameters();`,
      target.memory,
      `const task«: Task» = {`,
      `batch,`,
      `seed,`,
      `least: ${leastBatch},`,
      `scheduled: training.scheduled,`,
      `parameters: trained,`,
      `given: [`,
      given,
      `],`,
      `numbers: { lr: ${target.input(scalars.lr)}, step: ${target.input(scalars.step)}, seed: ${target.input(scalars.seed)} },`,
      `};`,
      `const engine = ${target.engine};`,
      `return makeTrainer(task, engine, file)« as Trainer»;`,
      `}`,
      "",
      `/** What a step changes, by its name in a checkpoint, where it lies, and how it begins. */`,
      `function trainingParameters()«: Trained[]» {`,
      `const all«: Trained[]» = [];`,
      `const add = (name«: string», shape«: number[]», offset«: number», init«: Trained["init"]», fanIn«: number», fanOut«: number», state = false)«: number» => all.push({ name, shape, offset, init, fanIn, fanOut, state });`,
      parameters,
      `return all;`,
      `}`,
      "",
      target.functions,
    );
  }

  /** The step's parameters: initialisation beside name, shape and place. */
  static initOf(node: Node<typeof parameter>): string {
    const { init, fanIn, fanOut, state } = node.attrs;
    return `, ${jsString(init)}, ${fanIn}, ${fanOut}${state ? ", true" : ""}`;
  }

  /** Inputs of the model and targets, without the numbers that a step is given. */
  #inputs(): { readonly name: string; readonly size: number }[] {
    const { step, scalars } = this.#training;
    const numbers: readonly string[] = Object.values(scalars);
    return step.inputs.filter((i) => !numbers.includes(i.name)).map((i) => ({ name: i.name, size: elementsPerSample(i.buffer.type!.shape) }));
  }

  #infoValue(): object {
    const { batch, seed, scheduled, leastBatch, targets } = this.#training;
    return { batch, seed, leastBatch, targets, scheduled };
  }
}
