// A trainer of `--target wgsl`: host arrays that a batch is put into, and programs that are recorded on a device, where weights stay.
import type { Plan, Step } from "../../plan/plan.ts";
import type { Extent } from "../../ir/type.ts";
import { extentText, lines, product } from "../code.ts";
import { inputNames, takenNames } from "../module/taken.ts";
import { hasWrong, needText, type TrainerText, type TrainingModule, type TrainingProgram } from "../module/trainer.ts";
import { finiteKernel, MARKS, piecesOf } from "./finite.ts";
import type { WgslFunctions } from "./functions.ts";
import { BYTES, programOf, room, ownNames } from "./programs.ts";

const regions = ["weights", "packed", "activations", "scratch"] as const;

export class WgslTrainer implements TrainerText {
  readonly functions: string;
  readonly #training: TrainingModule;
  /** What programs and `createTrainer` call the buffer and the array of each input. */
  readonly #names: ReadonlyMap<string, string>;

  constructor(training: TrainingModule, functions: WgslFunctions) {
    this.#training = training;
    const { step, evaluation } = training;
    this.#names = inputNames(step, new Set([...takenNames(), ...ownNames]));
    const write = (name: TrainingProgram, doc: string, steps: readonly Step[]): string[] => [
      `/** ${doc} */`,
      `function ${name}(call«: GpuCalls», N«: number», ${[...this.#names.values(), ...regions].map((r) => `${r}«: GpuBuffer»`).join(", ")})«: void» {`,
      programOf(steps, this.#names, functions),
      `}`,
      "",
    ];
    this.functions = lines(
      this.#program(),
      "",
      write("trainStep", "A step of training.", step.programs.run),
      write("evaluateStep", "The loss as inference computes it.", evaluation.programs.run),
      this.#check(functions),
    );
  }

  get longest(): string {
    const { step } = this.#training;
    return `Math.max(${[...new Set([...regions.map((r) => needText(this.#training, r, (e) => extentText(room(e, step), "batch"))), ...step.inputs.map((i) => extentText(i.buffer.size, "batch"))])].join(", ")})`;
  }

  get memory(): readonly string[] {
    return this.#training.step.inputs.map(({ name, buffer }) => `const ${this.#names.get(name)} = new ${buffer.type!.dtype === "i32" ? "Int32Array" : "Float32Array"}(${extentText(buffer.size, "batch")});`);
  }

  input(name: string): string {
    return this.#names.get(name)!;
  }

  get engine(): string {
    return `await GpuTrainer.make(options.device, trainingProgram(batch), [${[...this.#names.values()].join(", ")}])`;
  }

  #program(): string {
    const { step, evaluation } = this.#training;
    const bytes = (e: Extent): string => product(extentText(e, "batch"), BYTES);
    const place = (plan: Plan, name: string): string => bytes(plan.outputs.find((o) => o.name === name)!.buffer.offset);
    const names = [...this.#names.values()];
    const call = (program: TrainingProgram): string => `(call, memory, [${names.join(", ")}]) => ${program}(${["call", "batch", ...names.map((n) => `${n}«!»`), ...regions.map((r) => `memory.${r}«!»`)].join(", ")}),`;
    return lines(
      `/** What a trainer for this batch is made of. */`,
      `function trainingProgram(batch«: number»)«: GpuTraining» {`,
      `return {`,
      `shaders,`,
      `kernels,`,
      `batch,`,
      `regions: { ${regions.map((r) => `${r}: ${needText(this.#training, r, (e) => bytes(room(e, step)))}`).join(", ")}, found: ${BYTES * MARKS * piecesOf(step).offsets.length} },`,
      `inputs: [`,
      step.inputs.map(({ buffer: { size } }) => `{ bytes: ${bytes(room(size, step))}, fixed: ${size.fixed}, perSample: ${size.perSample} },`),
      `],`,
      `loss: ${place(step, "loss")},`,
      `evaluation: { loss: ${place(evaluation, "loss")}, wrong: ${hasWrong(evaluation) ? place(evaluation, "wrong") : "null"} },`,
      `step: ${call("trainStep")}`,
      `evaluate: ${call("evaluateStep")}`,
      `check: (call, memory) => checkStep(call, memory.weights«!», memory.found«!»),`,
      `};`,
      `}`,
    );
  }

  #check(functions: WgslFunctions): string {
    const { offsets, size } = piecesOf(this.#training.step);
    const name = finiteKernel(functions, size);
    return lines(
      `/** Marks whether anything that the step stored is infinite or no number. */`,
      `function checkStep(call«: GpuCalls», weights«: GpuBuffer», found«: GpuBuffer»)«: void» {`,
      offsets.map((offset, k) => `call.${name}«!»(weights, ${BYTES * offset}, found, ${BYTES * MARKS * k});`),
      `}`,
      "",
    );
  }
}
