// `--target ts`: arrays of numbers, and kernels that are functions over them.
import type { Extent } from "../../ir/type.ts";
import { CompilerError } from "../../ir/problem.ts";
import type { Buffer, Plan, Step } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { extentText, lines, sum, type Language } from "../code.ts";
import { emitContract, type EmittedModule, type ModuleOptions } from "../module/contract.ts";
import { inputNames, takenNames } from "../module/taken.ts";
import type { NetText, TargetText } from "../module/text.ts";
import { property } from "../module/literals.ts";
import { description, labelOf, programText, type Calls } from "../module/steps.ts";
import { jsKey } from "../names.ts";
import { Functions } from "./functions.ts";
import { arrayType, type Element, type TsSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";
import { TsTrainer } from "./trainer.ts";

export function emitModule(plan: Plan, options: ModuleOptions): EmittedModule {
  return emitContract(plan, options, new TsText(plan, options));
}

const regions = ["weights", "packed", "staging", "activations", "scratch"] as const;

class TsText implements TargetText {
  readonly headline = "Kernels compute in f64 and round where they store.";
  readonly #plan: Plan;
  readonly #functions: Functions;
  /** The name of each input's array in `run`. */
  readonly #arrays: ReadonlyMap<string, string>;
  readonly #prepare: string;
  readonly #run: string;
  /** Does a run still read the weights as the file had them? */
  readonly #keepsWeights: boolean;
  readonly trainer: TsTrainer | null;

  constructor(plan: Plan, { training }: ModuleOptions) {
    this.#plan = plan;
    const taken = takenNames();
    this.#arrays = inputNames(plan, taken);
    this.#functions = new Functions(taken);
    const calls = callsOf(plan, this.#functions);
    this.#prepare = programText(plan.programs.prepare, this.#arrays, calls);
    this.#run = programText(plan.programs.run, this.#arrays, calls);
    this.trainer = training ? new TsTrainer(training, calls, taken) : null;
    this.#keepsWeights = plan.programs.run.some((s) => s.inputs.some((b) => b.region === "weights"));
  }

  get kernels(): number {
    return this.#functions.kernels;
  }

  get functions(): readonly string[] {
    return this.#functions.texts;
  }

  /** The functions that kernels call. With strict mathematics erf, too, is made of our own exp. */
  runtime(language: Language): readonly string[] {
    const used = this.#functions.runtime;
    const strict = this.#plan.programs.run.some((s) => (s.selection as TsSelection).strictMath);
    const erf = strict ? runtime.erf[language].replaceAll("Math.exp(", "exp(") : runtime.erf[language];
    const own = used.has("exp") || used.has("log") || used.has("tanh") || (strict && used.has("erf"));
    return [...(used.has("erf") ? [erf] : []), ...(own ? [runtime.math[language]] : []), ...(this.trainer ? [runtime.inMemory[language]] : [])];
  }

  get memory(): string {
    const { regions: sizes, memory } = this.#plan;
    const kept = regions.filter((r) => r !== "staging" && (r !== "weights" || this.#keepsWeights));
    const arrays = [...regions.map((r) => sizes[r]), ...this.#plan.inputs.map((i) => i.buffer.size)];
    const all = new Set(arrays.map((size) => extentText(size, "batch")));
    const total = kept.reduce<Extent>((t, r) => ({ fixed: t.fixed + width(memory[r]) * sizes[r].fixed, perSample: t.perSample + width(memory[r]) * sizes[r].perSample }), { fixed: 0, perSample: 0 });
    return lines(
      `/** Bytes of memory that a net for this batch holds. */`,
      `export function bytes(batch = 1)«: number» {`,
      `return ${extentText(total, "batch")};`,
      `}`,
      "",
      `/** Elements of the longest array that kernels index: memory, or what a caller gives. */`,
      `function longest(batch«: number»)«: number» {`,
      `return Math.max(${[...all].join(", ")});`,
      `}`,
    );
  }

  get net(): NetText {
    const { inputs, outputs, regions: sizes, memory } = this.#plan;
    const kept = regions.filter((r) => r !== "staging" && (r !== "weights" || this.#keepsWeights));
    const views = outputs.map((o) => {
      const place = extentText(o.buffer.offset, "batch");
      return `${jsKey(o.name)}: activations.subarray(${place}, ${sum(place, extentText(o.buffer.size, "n"))}),`;
    });
    return {
      memory: regions.map((r) => `const ${r} = new ${arrayType[memory[r]]}(${extentText(sizes[r], "batch")});`),
      weights: "weights",
      streams: false,
      prepare: [`prepare(weights, packed, staging, scratch);`, "", `let memory«: { ${kept.map((r) => `readonly ${r}: ${arrayType[memory[r]]}`).join("; ")} } | null» = { ${kept.join(", ")} };`],
      held: "memory",
      load: [],
      threads: null,
      run: [`run(${["n", "batch", ...inputs.map((i) => property("inputs", i.name)), ...kept.map((r) => `memory.${r}`)].join(", ")});`],
      view: (samples, later) => `view(${later ? "memory." : ""}activations, batch, ${samples})`,
      views: lines(`/** The outputs of a run of n samples. */`, `function view(activations«: Float32Array», batch«: number», n«: number»)«: Outputs» {`, `return {`, views, `};`, `}`),
    };
  }

  get programs(): string {
    const { memory, inputs } = this.#plan;
    const parametersOf = (names: readonly (typeof regions)[number][]): string[] => names.map((r) => `${r}«: ${arrayType[memory[r]]}»`);
    const run = [`n«: number»`, `N«: number»`, ...inputs.map((i) => `${this.#arrays.get(i.name)}«: ${arrayType[elementOf(i.buffer, this.#plan)]}»`), ...parametersOf([...(this.#keepsWeights ? (["weights"] as const) : []), "packed", "activations", "scratch"])];
    return lines(
      `/** Computes once what depends on the weights alone. */`,
      `function prepare(${parametersOf(["weights", "packed", "staging", "scratch"]).join(", ")})«: void» {`,
      this.#prepare,
      `}`,
      "",
      `/** Computes n samples in memory laid out for N. */`,
      `function run(${run.join(", ")})«: void» {`,
      this.#run,
      `}`,
    );
  }
}

function callsOf(plan: Plan, functions: Functions): Calls {
  const element = (b: Buffer): Element => elementOf(b, plan);
  return { functionOf: (step) => functionOf(step, functions, element), unit: 1, argument: (place, offset) => `${place}, ${offset}` };
}

/** Labels are read as the caller gives them. */
function elementOf({ region, type }: Buffer, plan: Plan): Element {
  return type?.dtype === "i32" ? "i32" : plan.memory[region];
}

function functionOf(step: Step, functions: Functions, element: (b: Buffer) => Element): string {
  const { node, selection, pack } = step;
  const kernel = kernelOf(node);
  if (!kernel) throw new CompilerError("codegen", `the ts target has no kernel for ${node.op.name}`);
  const inputs = step.inputs.map(element);
  const output = element(step.output);
  const key = `${pack ? pack.signature : selection.signature} ${inputs.join()} ${output}`;
  return functions.add(key, () => pack?.label ?? labelOf(selection.label, node), (name) => {
    const to = { name, selection: selection as TsSelection, inputs, output, ...functions.services };
    if (pack) return kernel.pack!(node as never, pack.operand, to);
    return `/** ${description(node)} */\n${kernel.emit(node as never, to)}`;
  });
}

function width(element: Element): number {
  return element === "f32" ? 4 : 8;
}
