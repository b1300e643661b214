// A trainer of `--target ts`: an array per region, and two programs that are calls of the module's kernels.
import type { Buffer, Plan, Step } from "../../plan/plan.ts";
import { extentText, lines, sum } from "../code.ts";
import { inputNames } from "../module/taken.ts";
import { programText, type Calls } from "../module/steps.ts";
import { memoryEngine, needText, type MemoryTrainerText, type TrainerText, type TrainingModule, type TrainingProgram } from "../module/trainer.ts";
import { arrayType } from "./kernel.ts";

const regions = ["weights", "packed", "activations", "scratch"] as const;

export class TsTrainer implements TrainerText, MemoryTrainerText {
  readonly weights = "weights";
  readonly check = "undefined";
  readonly dispose = "undefined";
  readonly functions: string;
  readonly #training: TrainingModule;
  /** What the programs call the array of each input. */
  readonly #names: ReadonlyMap<string, string>;

  constructor(training: TrainingModule, calls: Calls, taken: Set<string>) {
    this.#training = training;
    const { step, evaluation } = training;
    this.#names = inputNames(step, taken);
    const parameters = ["n«: number»", "N«: number»", ...step.inputs.map((i) => `${this.#names.get(i.name)}«: ${arrayOf(i.buffer)}»`), ...regions.map((r) => `${r}«: ${arrayType[step.memory[r]]}»`)].join(", ");
    const write = (name: TrainingProgram, doc: string, steps: readonly Step[]): string[] => [`/** ${doc} */`, `function ${name}(${parameters})«: void» {`, programText(steps, this.#names, calls), `}`, ""];
    this.functions = lines(
      write("trainStep", "A step of training with n samples.", step.programs.run),
      write("evaluateStep", "The loss of n samples as inference computes it.", evaluation.programs.run),
    );
  }

  get longest(): string {
    const { step } = this.#training;
    return `Math.max(${[...new Set([...regions.map((r) => this.#size(r)), ...step.inputs.map((i) => extentText(i.buffer.size, "batch"))])].join(", ")})`;
  }

  get memory(): readonly string[] {
    const { step } = this.#training;
    const inputs = step.inputs.map((i) => `const ${this.#names.get(i.name)} = new ${arrayOf(i.buffer)}(${extentText(i.buffer.size, "batch")});`);
    return [...regions.map((r) => `const ${r} = new ${arrayType[step.memory[r]]}(${this.#size(r)});`), ...inputs];
  }

  get engine(): string {
    return memoryEngine(this.#training, this);
  }

  input(name: string): string {
    return this.#names.get(name)!;
  }

  output(plan: Plan, name: string): string {
    const { offset } = plan.outputs.find((o) => o.name === name)!.buffer;
    return `activations[${sum(extentText(offset, "batch"))}]«!»`;
  }

  call(program: TrainingProgram): string {
    return `${program}(${["n", "batch", ...this.#names.values(), ...regions].join(", ")})`;
  }

  #size(region: (typeof regions)[number]): string {
    return needText(this.#training, region, (size) => extentText(size, "batch"));
  }
}

/** Labels are integers. */
function arrayOf({ type }: Buffer): string {
  return arrayType[type?.dtype === "i32" ? "i32" : "f32"];
}
