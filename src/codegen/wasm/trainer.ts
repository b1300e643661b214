// A trainer of `--target wasm`: one memory for weights, what the optimizer remembers, packed weights, scratch and activations; two
// programs that are calls of the module's kernels.
import type { Extent } from "../../ir/type.ts";
import { barriers } from "../../plan/barriers.ts";
import type { Plan, Step } from "../../plan/plan.ts";
import { extentText, lines, product, sum } from "../code.ts";
import { inputNames, takenNames } from "../module/taken.ts";
import { programText, type Between, type Calls } from "../module/steps.ts";
import { memoryEngine, needText, type MemoryTrainerText, type TrainerText, type TrainingModule, type TrainingProgram } from "../module/trainer.ts";

export const BYTES = 4;
/** Loads may run over the end of a tensor by three elements. */
export const SLACK = 16;

const programs: readonly TrainingProgram[] = ["trainStep", "evaluateStep"];

export class WasmTrainer implements TrainerText, MemoryTrainerText {
  readonly programs: string;
  readonly weights: string;
  readonly #training: TrainingModule;
  readonly #threads: boolean;
  readonly #instance: () => readonly string[];
  /** What the programs call the address of each input. */
  readonly #names: ReadonlyMap<string, string>;

  constructor(training: TrainingModule, threads: boolean, calls: Calls, instance: () => readonly string[]) {
    this.#training = training;
    this.#threads = threads;
    this.#instance = instance;
    const { step, evaluation } = training;
    this.#names = inputNames(step, takenNames());
    this.weights = `all.subarray(at.weights / ${BYTES}, at.weights / ${BYTES} + ${step.regions.weights.fixed})`;
    const text = (steps: readonly Step[]): string => programText(steps, this.#names, calls, threads ? meetings(steps) : undefined);
    const parameters = `${threads ? MEET : ""}${numbers("n", "N", ...this.#places)}`;
    const write = (name: TrainingProgram, doc: string, steps: readonly Step[]): string[] => [`/** ${doc} */`, `function ${name}(kernels«: Kernels», ${parameters})«: void» {`, text(steps), `}`, ""];
    this.programs = lines(
      write("trainStep", "A step of training with n samples.", step.programs.run),
      write("evaluateStep", "The loss of n samples as inference computes it.", evaluation.programs.run),
    );
  }

  get functions(): string {
    const { step } = this.#training;
    const names = [...this.#names.values()];
    const after = (name: string, before: string, size: string): string => `const ${name} = align(${sum(before, size)});`;
    const bytes = (size: Extent): string => product(extentText(size, "batch"), BYTES);
    const most = (region: "packed" | "scratch" | "activations"): string => needText(this.#training, region, bytes);
    const declared = this.#threads ? "batch«: number», threads«: number»" : "batch«: number»";
    return lines(
      `/** Where a trainer's memory lies, in bytes. */`,
      `function trainingPlace(${declared}) {`,
      `const align = (address«: number»)«: number» => Math.ceil(address / 64) * 64;`,
      after("packed", "0", bytes(step.regions.weights)),
      after("scratch", "packed", most("packed")),
      `const scratchSize = align(${most("scratch")});`,
      after("activations", "scratch", this.#threads ? "threads * scratchSize" : "scratchSize"),
      step.inputs.map((i, k) => after(names[k]!, k === 0 ? "activations" : names[k - 1]!, k === 0 ? most("activations") : bytes(step.inputs[k - 1]!.buffer.size))),
      `const end = align(${sum(names.at(-1)!, bytes(step.inputs.at(-1)!.buffer.size))}) + ${SLACK};`,
      `return { weights: 0, packed, scratch, scratchSize, activations, ${names.map((n) => `${n}, `).join("")}end };`,
      `}`,
      "",
      this.programs,
    );
  }

  get longest(): string {
    return `trainingPlace(batch${this.#threads ? ", threads" : ""}).end / ${BYTES}`;
  }

  get memory(): readonly string[] {
    const places = this.#places.map((p) => (p === "scratch" ? "at.scratch + part * at.scratchSize" : `at.${p}`));
    return [
      `const at = trainingPlace(batch${this.#threads ? ", threads" : ""});`,
      `const memory = allocate(at.end${this.#threads ? ", threads > 1" : ""});`,
      ...this.#instance(),
      `const all = new Float32Array(memory.buffer);`,
      `const whole = new Int32Array(memory.buffer);`,
      ...(this.#threads ? [`const crew = threads > 1 ? await startThreads(threads, options.worker ?? startWorker, { module, memory, batch, places: (part) => [${places.join(", ")}] }) : null;`] : []),
    ];
  }

  get engine(): string {
    return memoryEngine(this.#training, this);
  }

  input(name: string): string {
    const { buffer } = this.#training.step.inputs.find((i) => i.name === name)!;
    const start = `at.${this.#names.get(name)} / ${BYTES}`;
    return `${buffer.type!.dtype === "i32" ? "whole" : "all"}.subarray(${start}, ${sum(start, extentText(buffer.size, "batch"))})`;
  }

  output(plan: Plan, name: string): string {
    const { offset } = plan.outputs.find((o) => o.name === name)!.buffer;
    return `all[${sum(`at.activations / ${BYTES}`, extentText(offset, "batch"))}]«!»`;
  }

  call(program: TrainingProgram): string {
    const alone = `${program}(${["kernels", ...(this.#threads ? ["alone"] : []), "n", "batch", ...this.#places.map((p) => `at.${p}`)].join(", ")})`;
    return this.#threads ? `crew ? crew.run(n, ${1 + programs.indexOf(program)}) : ${alone}` : alone;
  }

  get check(): string {
    return this.#threads ? "crew?.check()" : "undefined";
  }

  get dispose(): string {
    return this.#threads ? "crew?.dispose()" : "undefined";
  }

  get #places(): readonly string[] {
    return [...this.#names.values(), "weights", "packed", "activations", "scratch"];
  }
}

/** What a program of several threads calls where they have to wait for one another. */
export const MEET = "meet«: () => void», ";

export function meetings(steps: readonly Step[]): Between {
  const needed = barriers(steps);
  return (t) => (needed.has(t) ? "meet();" : null);
}

export function numbers(...names: readonly string[]): string {
  return names.map((n) => `${n}«: number»`).join(", ");
}
