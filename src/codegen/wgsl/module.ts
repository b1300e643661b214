// `--target wgsl`: kernels in WGSL, and two programs that are calls of them on buffers of a GPU device: recorded once, when a net is
// made, and run as one command buffer.
import type { Extent } from "../../ir/type.ts";
import type { Plan } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { extentText, lines, product, type Language } from "../code.ts";
import { emitContract, type EmittedModule, type ModuleOptions } from "../module/contract.ts";
import { inputNames, takenNames } from "../module/taken.ts";
import type { DeviceText, TargetText } from "../module/text.ts";
import { jsKey, jsString } from "../names.ts";
import { accessOf, WgslFunctions, type PlacedStage, type WgslKernel } from "./functions.ts";
import { BYTES, ownNames, programOf, room } from "./programs.ts";
import { WgslTrainer } from "./trainer.ts";

const regions = ["weights", "packed", "staging", "activations", "scratch"] as const;

export function emitWgslModule(plan: Plan, options: ModuleOptions): EmittedModule {
  return emitContract(plan, options, new WgslText(plan, options));
}

/** The kernels of a plan. */
export function wgslFunctions(plan: Plan): WgslFunctions {
  const functions = new WgslFunctions(plan.alignment);
  for (const step of [...plan.programs.prepare, ...plan.programs.run]) functions.nameOf(step);
  return functions;
}

class WgslText implements TargetText {
  readonly headline = "Kernels are WGSL, for WebGPU; everything in memory is f32.";
  readonly trainer: WgslTrainer | null;
  readonly functions: readonly string[] = [];
  readonly #plan: Plan;
  readonly #functions: WgslFunctions;
  /** What `run` calls the buffer of each input. */
  readonly #inputs: ReadonlyMap<string, string>;
  readonly #prepare: string;
  readonly #run: string;

  constructor(plan: Plan, { training }: ModuleOptions) {
    this.#plan = plan;
    this.#inputs = inputNames(plan, new Set([...takenNames(), ...ownNames]));
    this.#functions = new WgslFunctions(plan.alignment);
    this.#prepare = programOf(plan.programs.prepare, this.#inputs, this.#functions);
    this.#run = programOf(plan.programs.run, this.#inputs, this.#functions);
    this.trainer = training ? new WgslTrainer(training, this.#functions) : null;
  }

  get kernels(): number {
    return this.#functions.pipelines;
  }

  runtime(language: Language): readonly string[] {
    return [runtime.gpuNet, ...(this.trainer ? [runtime.gpuTrainer] : []), runtime.gpuRecorder, runtime.gpuSession, runtime.webgpu].map((text) => text[language]);
  }

  get memory(): string {
    const { regions: sizes, inputs } = this.#plan;
    const all = [...regions.map((r) => room(sizes[r], this.#plan)), ...inputs.map((i) => room(i.buffer.size, this.#plan))];
    const total = all.reduce((t, e) => ({ fixed: t.fixed + e.fixed, perSample: t.perSample + e.perSample }));
    return lines(
      `/** Bytes of the GPU's memory that a net for this batch holds. */`,
      `export function bytes(batch = 1)«: number» {`,
      `return ${this.#bytes(total)};`,
      `}`,
      "",
      `/** Elements of the longest buffer. */`,
      `function longest(batch«: number»)«: number» {`,
      `return Math.max(${[...new Set(all.map((e) => extentText(e, "batch")))].join(", ")});`,
      `}`,
    );
  }

  get net(): DeviceText {
    return {
      types: [`/** A buffer of the device: a GPUBuffer. */`, `export interface DeviceBuffer {`, `readonly size: number;`, `destroy(): void;`, `}`],
      input: "Float32Array | DeviceBuffer",
      options: [`/** The GPUDevice that computes; where nothing is said, one of the engine's own (navigator.gpu). */`, `readonly device?: object;`],
      netOptions: [`/** How kernels read packed weights: "f16", half of the bytes and three digits, where the device has shader-f16; sums are in f32 all the same. */`, `readonly precision?: "f32" | "f16";`],
      names: ["device"],
      netNames: ["precision"],
      methods: [`/** How its kernels read packed weights. */`, `readonly precision: "f32" | "f16";`, `/** The same with results that stay on the device, until the next such run. */`, `runToBuffers(inputs: Inputs): Promise<{ readonly [Name in keyof Outputs]: DeviceBuffer }>;`],
      weights: "weights",
      memory: [`const weights = new Float32Array(${extentText(this.#plan.regions.weights, "batch")});`],
      make: [
        `const net = await GpuNet.make(options.device, options.precision ?? "f32", program(batch), weights);`,
        `const signatures = signaturesOf(info.inputs);`,
        `return {`,
        `precision: net.precision,`,
        `run: async (inputs) => (await net.run(inputs« as unknown as Record<string, unknown>», signatures))« as unknown as Outputs»,`,
        `runToBuffers: async (inputs) => (await net.runToBuffers(inputs« as unknown as Record<string, unknown>», signatures))« as unknown as { readonly [Name in keyof Outputs]: DeviceBuffer }»,`,
        `dispose: () => net.dispose(),`,
        `};`,
      ],
    };
  }

  get programs(): string {
    const { regions: sizes, inputs, outputs } = this.#plan;
    const names = [...this.#inputs.values()];
    return lines(
      `/** What a net for this batch is made of. */`,
      `function program(batch«: number»)«: GpuProgram» {`,
      `return {`,
      `shaders,`,
      `kernels,`,
      `batch,`,
      `regions: { ${regions.map((r) => `${r}: ${this.#bytes(room(sizes[r], this.#plan))}`).join(", ")} },`,
      `inputs: [`,
      inputs.map((i) => `{ name: ${jsString(i.name)}, bytes: ${this.#bytes(room(i.buffer.size, this.#plan))} },`),
      `],`,
      `outputs: [`,
      outputs.map((o) => `{ name: ${jsString(o.name)}, offset: ${this.#bytes(o.buffer.offset)}, fixed: ${BYTES * o.buffer.size.fixed}, perSample: ${BYTES * o.buffer.size.perSample} },`),
      `],`,
      `prepare: (call, memory) => prepare(call, ${["weights", "packed", "staging", "scratch"].map((r) => `memory.${r}«!»`).join(", ")}),`,
      `run: (call, memory${names.length > 0 ? `, [${names.join(", ")}]` : ""}) => run(${["call", "batch", ...names.map((n) => `${n}«!»`), ...["weights", "packed", "activations", "scratch"].map((r) => `memory.${r}«!»`)].join(", ")}),`,
      `};`,
      `}`,
      "",
      `/** What is computed once. */`,
      `function prepare(call«: GpuCalls», ${["weights", "packed", "staging", "scratch"].map((r) => `${r}«: GpuBuffer»`).join(", ")})«: void» {`,
      this.#prepare,
      `}`,
      "",
      `/** What a run computes, in memory laid out for N. */`,
      `function run(call«: GpuCalls», N«: number», ${[...names, "weights", "packed", "activations", "scratch"].map((r) => `${r}«: GpuBuffer»`).join(", ")})«: void» {`,
      this.#run,
      `}`,
      "",
      `/** Kernels: bytes of their arguments, fixed and per sample, and their dispatches. */`,
      `const kernels«: { readonly [name: string]: GpuKernel }» = {`,
      this.#functions.kernels.map(kernelText),
      `};`,
      "",
      `const shaders = [`,
      this.#functions.shaders.map((text) => `\`${text.trimEnd()}\`,`),
      `];`,
    );
  }

  #bytes(e: Extent): string {
    const text = extentText(e, "batch");
    return product(text, BYTES);
  }
}

function kernelText({ name, sizes, stages }: WgslKernel): string {
  return lines(`${jsKey(name)}: {`, `sizes: [${sizes.map((e) => `[${BYTES * e.fixed}, ${BYTES * e.perSample}]`).join(", ")}],`, `stages: [`, stages.map(stageText), `],`, `},`);
}

function stageText(s: PlacedStage): string {
  return `${stageFields(s)},`;
}

function stageFields(s: PlacedStage): string {
  const { fixed, perSample, per, times } = s.groups;
  return `{ shader: ${s.shader}, arguments: [${s.bindings.map((b) => b.argument).join(", ")}], access: ${jsString(accessOf(s))}, numbers: [${s.numbers.join(", ")}], groups: [${[fixed, perSample, per, times].join(", ")}]${s.subgroups ? `, subgroups: ${stageFields(s.subgroups)}` : ""} }`;
}
