// A plan as a module that imports nothing: the contract that all targets keep. What it exports, its types, its parameters, its runtime;
// a target adds the programs, the kernels and the memory they work in.
// Law: the same plan and options give the same bytes; names of a program appear only through `names.ts`.
import { elementsPerSample, N, type Dim } from "../../ir/type.ts";
import type { parameter } from "../../ir/leaf.ts";
import type { Node } from "../../ir/op.ts";
import type { Plan } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { format, lines, type Language } from "../code.ts";
import { comment, jsKey, jsString } from "../names.ts";
import { base64, literal, typed, typeOf } from "./literals.ts";
import { parameterAdds } from "./parameters.ts";
import type { DeviceText, NetText, TargetText } from "./text.ts";
import { TrainerContract, type TrainingModule } from "./trainer.ts";

export interface ModuleOptions {
  readonly version: string;
  /** `.js` and `.d.ts` instead of `.ts`. */
  readonly js: boolean;
  /** What the program is called: "cifar.rn". */
  readonly source: string;
  /** The documentation of the model or export, shown at the module's top. */
  readonly doc: string | null;
  /** Multiply-accumulates of one sample, for `info`. */
  readonly macs: number;
  /** The file that `create` asks for where it is given no weights. */
  readonly weightsFile: string;
  /** Nets may compute in several threads, where the target can. */
  readonly threads: boolean;
  /** What makes it a module with `createTrainer`. */
  readonly training?: TrainingModule | null;
  /** A safetensors file to carry inside the module. */
  readonly inlineWeights?: Uint8Array;
  /** How inputs were normalised when the weights were trained, where known. */
  readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
}

export interface EmittedModule {
  /** `name.ts`, or `name.js` and `name.d.ts`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** What the module declares, as it stands in a namespace. */
  readonly declared: string;
  /** Distinct kernel and packing functions. */
  readonly kernels: number;
}

/** For projects of whatever compiler options: kernels index arrays, which some of them want checked at each place. */
const UNCHECKED = "«// @ts-nocheck: tested under --strict; stricter options of a project have nothing to say here.»";

export function emitContract(plan: Plan, options: ModuleOptions, target: TargetText): EmittedModule {
  const module = new Contract(plan, options, target);
  const files = options.js
    ? [{ name: `${plan.name}.js`, text: module.code("js") }, { name: `${plan.name}.d.ts`, text: module.declarations() }]
    : [{ name: `${plan.name}.ts`, text: module.code("ts") }];
  return { files, declared: module.declared("export"), kernels: target.kernels };
}

class Contract {
  readonly #plan: Plan;
  readonly #options: ModuleOptions;
  readonly #target: TargetText;
  readonly #trainer: TrainerContract | null;

  constructor(plan: Plan, options: ModuleOptions, target: TargetText) {
    this.#plan = plan;
    this.#options = options;
    this.#target = target;
    this.#trainer = options.training ? new TrainerContract(options.training, options.threads, this.#device) : null;
  }

  get #device(): DeviceText | null {
    const { net } = this.#target;
    return "make" in net ? net : null;
  }

  /** The module in one of the two languages. */
  code(language: Language): string {
    const { memory, programs, functions } = this.#target;
    const own = format(lines(this.#header(), UNCHECKED, "", this.#types(), "", this.#info(), "", memory, "", this.#create(), "", programs, "", this.#parameters(), "", this.#training(), ...functions.map((t) => `${t}\n`)), language);
    const inlined = this.#options.inlineWeights ? [runtime.base64[language]] : [];
    const training = this.#trainer ? [runtime.trained, runtime.trainer, runtime.batch, runtime.initialise, runtime.schedule, runtime.random, runtime.safetensorsFile].map((text) => text[language]) : [];
    const parts = [...this.#target.runtime(language), ...training, ...inlined, runtime.check[language], runtime.weights[language], runtime.safetensors[language], runtime.error[language]];
    return [own, ...[...new Set(parts)].map((text) => `${text}\n`)].join("\n");
  }

  /** What a `.d.ts` beside the JavaScript says. */
  declarations(): string {
    return `${format(this.#header(), "ts")}\n${this.declared("export declare")}`;
  }

  /** Without the header; values stand behind those words. */
  declared(words: "export declare" | "export"): string {
    return format(
      lines(
        this.#types(),
        "",
        this.#trainer ? [this.#trainer.declarations(words), ""] : [],
        `/** What the module computes. Shapes are without the batch. */`,
        `${words} const info: ${typeOf(this.#infoValue())};`,
        "",
        `/** Bytes of memory that a net for this batch${this.#options.threads ? " and so many threads" : ""} holds. */`,
        `${words} function bytes(batch?: number${this.#options.threads ? ", threads?: number" : ""}): number;`,
        "",
        `/** Makes a net: memory for \`batch\` samples, and what is computed from the weights once. */`,
        `${words} function create(options?: Options): Promise<Net>;`,
        "",
        `/** Everything that \`create\` and \`run\` throw: a code for programs, a sentence for people. */`,
        `${words} class RncError extends Error {`,
        `readonly code: string;`,
        `constructor(code: string, message: string);`,
        `}`,
      ),
      "ts",
    );
  }

  #header(): string {
    const { version, source, doc } = this.#options;
    return lines(
      `// @generated by rnc ${comment(version)} from ${comment(source)}: change that and compile again.`,
      `// ${comment(this.#plan.name)}, --target ${this.#plan.target}. Imports nothing. ${this.#target.headline}`,
      (doc ?? "").split("\n").filter((line) => line.trim() !== "").map((line) => `// ${comment(line.trim())}`),
    );
  }

  #types(): string {
    const field = (name: string, dims: readonly Dim[], type = "Float32Array"): string => `/** ${dims.map((d) => (d === N ? "k" : d)).join(" × ") || "one number"} */\nreadonly ${jsKey(name)}: ${type};`;
    const device = this.#device;
    const threads = device ? null : (this.#target.net as NetText).threads;
    return typed(
      lines(
        `/** What a run reads: k samples, at most the batch of the net. */`,
        `export interface Inputs {`,
        this.#plan.inputs.map((i) => field(i.name, i.buffer.type!.shape, device?.input)),
        `}`,
        "",
        ...(device ? [...device.types, ""] : []),
        `/** What a run makes: views of the net's memory, valid until its next run. */`,
        `export interface Outputs {`,
        this.#plan.outputs.map((o) => field(o.name, o.type.shape)),
        `}`,
        "",
        `export interface Options {`,
        `/** The bytes of a safetensors file${this.#options.inlineWeights ? "; the module has weights of its own" : ""}. */`,
        `readonly weights?: Uint8Array | ArrayBuffer;`,
        `/** The most samples of a run; 1 where nothing is said. */`,
        `readonly batch?: number;`,
        ...(device?.options ?? []),
        ...(device?.netOptions ?? []),
        threads
          ? [`/** How many compute; 1 where nothing is said. Results are the same. Several need \`await net.run\`. */`, `readonly threads?: number;`, `/** Starts a thread, where a bundler does not find \`${this.#plan.name}.worker.js\` by itself. */`, `readonly worker?: () => unknown;`]
          : [`/** This module computes in one. */`, `readonly threads?: number;`],
        `}`,
        "",
        `export interface Net {`,
        `run(inputs: Inputs): Promise<Outputs>;`,
        ...(device?.methods ?? [`runSync(inputs: Inputs): Outputs;`]),
        `/** Gives the memory back; later runs throw. */`,
        `dispose(): void;`,
        `}`,
      ),
    );
  }

  #infoValue(): object {
    const { macs, normalisation } = this.#options;
    const sample = (shape: readonly Dim[]): Dim[] => shape.filter((d) => d !== N);
    const learned = this.#plan.parameters.filter(({ node }) => !(node as Node<typeof parameter>).attrs.state);
    return {
      name: this.#plan.name,
      target: this.#plan.target,
      inputs: this.#plan.inputs.map((i) => ({ name: i.name, shape: sample(i.buffer.type!.shape) })),
      outputs: this.#plan.outputs.map((o) => ({ name: o.name, shape: sample(o.type.shape) })),
      parameters: learned.reduce((total, { node }) => total + elementsPerSample(node.type.shape), 0),
      macs,
      kernels: this.#target.kernels,
      normalisation: normalisation ?? null,
    };
  }

  #info(): string {
    return lines(`/** What the module computes. Shapes are without the batch. */`, `export const info = ${literal(this.#infoValue())}« as const»;`);
  }

  #create(): string {
    const target = this.#target.net;
    const device = this.#device;
    const threads = "make" in target ? null : target.threads;
    const parameters = this.#plan.parameters.length;
    const { inlineWeights, weightsFile } = this.#options;
    const loader = `weightLoader(parseSafetensors(file).tensors, parameters(), ${target.weights})`;
    const missing = `this module needs weights: pass the bytes of ${weightsFile} to create({ weights })`;
    return lines(
      `/** Makes a net: memory for \`batch\` samples, and what is computed from the weights once. */`,
      `export async function create(options«: Options» = {})«: Promise<Net>» {`,
      `checkNames(options, "create", ["weights", "batch", "threads"${[...(threads ? ["worker"] : []), ...(device?.names ?? []), ...(device?.netNames ?? [])].map((n) => `, "${n}"`).join("")}]);`,
      `const { batch = 1, threads = 1 } = options;`,
      threads ? [`checkThreads(threads);`, `checkBatch(batch, (batch) => longest(batch, threads));`] : [`checkBatch(batch, longest);`, `checkOneThread(threads);`],
      `const file = weightBytes(options.weights)${inlineWeights ? " ?? decodeBase64(inlined)" : ""};`,
      parameters > 0 && !inlineWeights ? `if (!file) throw new RncError("weights", ${jsString(missing)});` : [],
      target.memory,
      parameters > 0 ? `const load = ${loader};` : `if (file) ${loader};`,
      parameters > 0 && !("streams" in target && target.streams) ? `load(${parameters});` : [],
      "make" in target ? lines(target.make, `}`) : this.#arrays(target),
    );
  }

  /** The rest of `create` where a net is arrays and functions, and what it calls. */
  #arrays({ threads, ...net }: NetText): string {
    return lines(
      net.prepare,
      threads?.start ?? [],
      `const signatures = signaturesOf(info.inputs);`,
      `let samples = batch;`,
      `let outputs«: Outputs | null» = ${net.view("batch", false)};`,
      threads ? this.#runInThreads() : this.#run(),
      `};`,
      `}`,
      "",
      net.views,
      threads ? ["", threads.worker] : [],
    );
  }

  #run(): string {
    const { held, load, run, view } = this.#target.net as NetText;
    return lines(
      `const runSync = (inputs«: Inputs»)«: Outputs» => {`,
      this.#begin(),
      load,
      run,
      `if (samples !== n) outputs = ${view("n", true)};`,
      `samples = n;`,
      `return outputs;`,
      `};`,
      `return {`,
      `run: async (inputs) => runSync(inputs),`,
      `runSync,`,
      `dispose: () => {`,
      `${held} = null;`,
      `outputs = null;`,
      `},`,
    );
  }

  #runInThreads(): string {
    const { held, load, run, view } = this.#target.net as NetText;
    return lines(
      `const start = (inputs«: Inputs»)«: number» => {`,
      this.#begin(),
      load,
      `return n;`,
      `};`,
      `const results = (n«: number»)«: Outputs» => {`,
      `if (!${held} || !outputs) throw new RncError("disposed", "the net was disposed of");`,
      `if (samples !== n) outputs = ${view("n", true)};`,
      `samples = n;`,
      `return outputs;`,
      `};`,
      `const runSync = (inputs«: Inputs»)«: Outputs» => {`,
      `if (crew) throw new RncError("threads", "a net of several threads has no runSync: await net.run(inputs)");`,
      `const n = start(inputs);`,
      run,
      `return results(n);`,
      `};`,
      `return {`,
      `run: async (inputs) => {`,
      `if (!crew) return runSync(inputs);`,
      `crew.check();`,
      `const n = start(inputs);`,
      `await crew.run(n);`,
      `return results(n);`,
      `},`,
      `runSync,`,
      `dispose: () => {`,
      `crew?.dispose();`,
      `${held} = null;`,
      `outputs = null;`,
      `},`,
    );
  }

  /** The start of each run: it declares n. */
  #begin(): string {
    return lines(
      `if (!${(this.#target.net as NetText).held} || !outputs) throw new RncError("disposed", "the net was disposed of");`,
      `const n = countSamples(inputs« as unknown as Record<string, unknown>», signatures, batch);`,
    );
  }

  /** `createTrainer`, with what it is made of. */
  #training(): string[] {
    const { training } = this.#options;
    const { trainer } = this.#target;
    if (!this.#trainer || !training || !trainer) return [];
    return [this.#trainer.types(), "", this.#trainer.info(), "", this.#trainer.create(trainer, parameterAdds(training.step, TrainerContract.initOf)), ""];
  }

  #parameters(): string {
    const { inlineWeights } = this.#options;
    return lines(
      `/** The parameters by their names in the weights file, and where they lie. */`,
      `function parameters()«: Parameter[]» {`,
      `const all«: Parameter[]» = [];`,
      this.#plan.parameters.length > 0 ? `const add = (name«: string», shape«: number[]», offset«: number»)«: number» => all.push({ name, shape, offset });` : [],
      parameterAdds(this.#plan),
      `return all;`,
      `}`,
      inlineWeights ? ["", `/** The weights that the module carries: a safetensors file in base64. */`, `const inlined =`, `"${base64(inlineWeights)}";`] : [],
    );
  }
}
