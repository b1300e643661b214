// Modules with `createTrainer`, imported as an application would; and the same step by the f64 interpreter.
import { scalars } from "../../src/autodiff/objective.ts";
import { readSafetensors, writeSafetensors, Compilation, type CompileOptions } from "../../src/index.ts";
import { evaluate, type Evaluation } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import type { parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { bind, elementsPerSample, N } from "../../src/ir/type.ts";
import type { Training as Trainer } from "../../src/runtime/trainer.ts";
import { renderText } from "../../src/source/render.ts";
import { load, type Module, type Tensors } from "./module.ts";
import { random } from "./random.ts";
import { tensorOf } from "./tensor.ts";

export type { Trainer };
export type Batch = Readonly<Record<string, ArrayLike<number | bigint>>>;

export interface TrainerModule extends Module {
  createTrainer(options?: { weights?: Uint8Array | ArrayBuffer; batch?: number; seed?: number; threads?: number; worker?: () => unknown; device?: object }): Promise<Trainer>;
  readonly training: { readonly batch: number; readonly seed: number; readonly leastBatch: number; readonly targets: readonly { readonly name: string; readonly classes: number }[]; readonly scheduled: object };
}

/** Of `--target wgsl` with nets and trainers on the tests' device, unless they are given another. */
export async function loadTraining(text: string, options: CompileOptions = {}): Promise<TrainerModule> {
  const module = (await load(text, { ...options, train: true })) as TrainerModule;
  if (options.target !== "wgsl") return module;
  const { testDevice } = await import("./gpu.ts"); // which opens a GPU
  const device = await testDevice();
  const onDevice = <T>(options: T): T => (typeof options === "object" && options !== null && !Array.isArray(options) ? { device, ...options } : options);
  return { ...module, create: (o) => module.create(onDevice(o)), createTrainer: (o = {}) => module.createTrainer(onDevice(o)) };
}

/** The step of the program's only (or the named) export as a graph. */
export function stepOf(text: string, options: CompileOptions = {}): Graph {
  const compilation = new Compilation(text, options);
  const found = compilation.exports.find((e) => e.training);
  if (!found) throw new Error(compilation.diagnostics.map((d) => renderText(d)).join("\n") || "nothing is trained");
  return found.training!.step;
}

export function tensorsOf(file: Uint8Array): Tensors {
  return Object.fromEntries(readSafetensors(file).tensors);
}

export function fileOf(tensors: Tensors): Uint8Array {
  return writeSafetensors(Object.entries(tensors));
}

export const nameOf = (n: Node): string => (n as Node<typeof parameter>).attrs.name;

/** Training by the interpreter: what a trainer does, in f64. */
export class Reference {
  readonly #graph: Graph;
  readonly #seed: number;
  #steps: number;
  parameters: Readonly<Record<string, Tensor>>;

  /** What the tensors lack, the optimizer's memory, is zero. */
  constructor(graph: Graph, tensors: Tensors, seed = 0, steps = 0) {
    this.#graph = graph;
    this.#steps = steps;
    this.#seed = seed;
    this.parameters = Object.fromEntries(graph.parameters.map((p): [string, Tensor] => {
      const shape = bind(p.type.shape, 1);
      return [nameOf(p), tensorOf(shape, tensors[nameOf(p)]?.data ?? new Float32Array(shape.reduce((a, b) => a * b, 1)))];
    }));
  }

  /** One step at that learning rate; its loss. */
  step(batch: Batch, lr: number): number {
    const { outputs, updates } = this.evaluate(batch, lr);
    this.parameters = { ...this.parameters, ...Object.fromEntries(updates) };
    this.#steps++;
    return outputs.get("loss")!.data[0]!;
  }

  evaluate(batch: Batch, lr: number): Evaluation {
    const inputs = this.inputsOf(batch, lr);
    return evaluate(this.#graph, { inputs, parameters: this.parameters, batch: samplesOf(this.#graph, batch) });
  }

  /** What the next step reads besides parameters, the numbers rounded as a trainer has them. */
  inputsOf(batch: Batch, lr: number): Record<string, Tensor> {
    const step: Readonly<Record<string, number>> = { [scalars.lr]: Math.fround(lr), [scalars.step]: this.#steps, [scalars.seed]: this.#seed };
    const n = samplesOf(this.#graph, batch);
    return Object.fromEntries(this.#graph.inputs.map((i): [string, Tensor] => {
      const name = nameOf(i);
      return [name, tensorOf(bind(i.type.shape, n), Object.hasOwn(batch, name) ? Array.from(batch[name]!, Number) : [step[name]!])];
    }));
  }
}

function samplesOf(graph: Graph, batch: Batch): number {
  const batched = graph.inputs.find((i) => i.type.shape.includes(N) && Object.hasOwn(batch, nameOf(i)))!;
  return batch[nameOf(batched)]!.length / elementsPerSample(batched.type.shape);
}

/** The largest difference, in units of the largest expected number; NaN agrees with nothing. */
export function errorOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let [error, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(found[i]! - expected[i]!);
    error = Number.isNaN(d) ? Infinity : Math.max(error, d);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return error === 0 ? 0 : error / largest;
}

/** Numbers in [-1, 1) from a seed. */
export function numbers(count: number, seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => 2 * next() - 1);
}

/** Code and message of what a call throws; "none" where it does not. */
export const refusal = (work: () => unknown): Promise<string> => (async () => work())().then(() => "none", (e: { readonly code?: string; readonly message: string }) => `${e.code}: ${e.message}`);

