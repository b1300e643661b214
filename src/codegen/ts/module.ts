// A plan as a module that imports nothing: what it exports, the programs, the kernels, the runtime it inlines.
// Law: the same plan and options give the same bytes; names of a program appear only through `names.ts`.
import { elementsPerSample, N, type Dim, type Extent } from "../../ir/type.ts";
import type { parameter } from "../../ir/leaf.ts";
import type { Node } from "../../ir/op.ts";
import type { Plan } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { format, lines, product, sum, type Language } from "../code.ts";
import { comment, ident, jsKey, jsString } from "../names.ts";
import { Functions } from "./functions.ts";
import { arrayType, type Element, type TsSelection } from "./kernel.ts";
import { base64, literal, property, templateOf, typed, typeOf } from "./literals.ts";
import { rolledText, termText } from "./rolled.ts";
import { programText, splitNumbers } from "./steps.ts";

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
  /** A safetensors file to carry inside the module. */
  readonly inlineWeights?: Uint8Array;
  /** How inputs were normalised when the weights were trained, where known. */
  readonly normalisation?: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
}

export interface EmittedModule {
  /** `name.ts`, or `name.js` and `name.d.ts`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Distinct kernel and packing functions. */
  readonly kernels: number;
}

export function emitModule(plan: Plan, options: ModuleOptions): EmittedModule {
  const module = new ModuleText(plan, options);
  const files = options.js
    ? [{ name: `${plan.name}.js`, text: module.code("js") }, { name: `${plan.name}.d.ts`, text: module.declarations() }]
    : [{ name: `${plan.name}.ts`, text: module.code("ts") }];
  return { files, kernels: module.kernels };
}

/** Names of the module's own text, which no kernel may take. */
const own = (
  "Inputs Outputs Options Net info bytes create prepare run parameters inlined n N i j k l m weights packed staging activations scratch options batch threads " +
  "add file memory inputs outputs samples shape signatures view all"
).split(" ");

const regions = ["weights", "packed", "staging", "activations", "scratch"] as const;

class ModuleText {
  readonly kernels: number;
  readonly #plan: Plan;
  readonly #options: ModuleOptions;
  readonly #functions: Functions;
  /** The name of each input's array in `run`. */
  readonly #arrays: ReadonlyMap<string, string>;
  readonly #prepare: string;
  readonly #run: string;
  /** Does a run still read the weights as the file had them? */
  readonly #keepsWeights: boolean;

  constructor(plan: Plan, options: ModuleOptions) {
    this.#plan = plan;
    this.#options = options;
    const taken = new Set([...own, ...Object.values(runtime).flatMap((r) => [...r.ts.matchAll(/^(?:export )?(?:function|class|const|interface) (\w+)/gm)].map((m) => m[1]!))]);
    const arrays = new Map<string, string>();
    for (const { name } of plan.inputs) {
      let array = ident(name);
      while (taken.has(array)) array = `${array}_`;
      taken.add(array);
      arrays.set(name, array);
    }
    this.#arrays = arrays;
    this.#functions = new Functions(taken);
    this.#prepare = programText(plan.programs.prepare, plan, this.#functions, arrays);
    this.#run = programText(plan.programs.run, plan, this.#functions, arrays);
    this.kernels = this.#functions.kernels;
    this.#keepsWeights = plan.programs.run.some((s) => s.inputs.some((b) => b.region === "weights"));
  }

  /** The module in one of the two languages. */
  code(language: Language): string {
    const own = format(lines(this.#header(), "", this.#types(), "", this.#info(), "", this.#memory(), "", this.#create(), "", this.#programs(), "", this.#parameters(), "", ...this.#functions.texts.map((t) => `${t}\n`)), language);
    const parts = [...this.#mathematics(language), ...(this.#options.inlineWeights ? [runtime.base64[language]] : []), runtime.check[language], runtime.weights[language], runtime.safetensors[language], runtime.error[language]];
    return [own, ...parts.map((text) => `${text}\n`)].join("\n");
  }

  /** The functions that kernels call. With strict mathematics erf, too, is made of our own exp. */
  #mathematics(language: Language): string[] {
    const used = this.#functions.runtime;
    const strict = this.#plan.programs.run.some((s) => (s.selection as TsSelection).strictMath);
    const erf = strict ? runtime.erf[language].replaceAll("Math.exp(", "exp(") : runtime.erf[language];
    const own = used.has("exp") || used.has("log") || used.has("tanh") || (strict && used.has("erf"));
    return [...(used.has("erf") ? [erf] : []), ...(own ? [runtime.math[language]] : [])];
  }

  /** What a `.d.ts` beside the JavaScript says. */
  declarations(): string {
    return format(
      lines(
        this.#header(),
        "",
        this.#types(),
        "",
        `/** What the module computes. Shapes are without the batch. */`,
        `export declare const info: ${typeOf(this.#infoValue())};`,
        "",
        `/** Bytes of memory that a net for this batch holds. */`,
        `export declare function bytes(batch?: number): number;`,
        "",
        `/** Makes a net: memory for \`batch\` samples, and what is computed from the weights once. */`,
        `export declare function create(options?: Options): Promise<Net>;`,
        "",
        `/** Everything that \`create\` and \`run\` throw: a code for programs, a sentence for people. */`,
        `export declare class RncError extends Error {`,
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
      `// ${comment(this.#plan.name)}, --target ts. Imports nothing. Kernels compute in f64 and round where they store.`,
      (doc ?? "").split("\n").filter((line) => line.trim() !== "").map((line) => `// ${comment(line.trim())}`),
    );
  }

  #types(): string {
    const field = (name: string, dims: readonly Dim[]): string => `/** ${dims.map((d) => (d === N ? "k" : d)).join(" × ") || "one number"} */\nreadonly ${jsKey(name)}: Float32Array;`;
    return typed(
      lines(
        `/** What a run reads: k samples, at most the batch of the net. */`,
        `export interface Inputs {`,
        this.#plan.inputs.map((i) => field(i.name, i.buffer.type!.shape)),
        `}`,
        "",
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
        `/** This target computes in one. */`,
        `readonly threads?: number;`,
        `}`,
        "",
        `export interface Net {`,
        `run(inputs: Inputs): Promise<Outputs>;`,
        `runSync(inputs: Inputs): Outputs;`,
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
      target: "ts",
      inputs: this.#plan.inputs.map((i) => ({ name: i.name, shape: sample(i.buffer.type!.shape) })),
      outputs: this.#plan.outputs.map((o) => ({ name: o.name, shape: sample(o.type.shape) })),
      parameters: learned.reduce((total, { node }) => total + elementsPerSample(node.type.shape), 0),
      macs,
      kernels: this.kernels,
      normalisation: normalisation ?? null,
    };
  }

  #info(): string {
    return lines(`/** What the module computes. Shapes are without the batch. */`, `export const info = ${literal(this.#infoValue())}« as const»;`);
  }

  #memory(): string {
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

  #create(): string {
    const { inputs, outputs, regions: sizes, memory, parameters } = this.#plan;
    const make = (r: (typeof regions)[number]): string => `const ${r} = new ${arrayType[memory[r]]}(${extentText(sizes[r], "batch")});`;
    const kept = regions.filter((r) => r !== "staging" && (r !== "weights" || this.#keepsWeights));
    const missing = `this module needs weights: pass the bytes of ${this.#options.weightsFile} to create({ weights })`;
    const file = this.#options.inlineWeights ? "weightBytes(options.weights) ?? decodeBase64(inlined)" : "weightBytes(options.weights)";
    const views = outputs.map((o) => {
      const place = extentText(o.buffer.offset, "batch");
      return `${jsKey(o.name)}: activations.subarray(${place}, ${sum(place, extentText(o.buffer.size, "n"))}),`;
    });
    return lines(
      `/** Makes a net: memory for \`batch\` samples, and what is computed from the weights once. */`,
      `export async function create(options«: Options» = {})«: Promise<Net>» {`,
      `const { batch = 1, threads = 1 } = options;`,
      `checkOptions(batch, threads, longest);`,
      `const file = ${file};`,
      parameters.length > 0 && !this.#options.inlineWeights ? `if (!file) throw new RncError("weights", ${jsString(missing)});` : [],
      regions.map(make),
      parameters.length > 0 ? `loadWeights(file, parameters(), weights);` : `if (file) loadWeights(file, parameters(), weights);`,
      `prepare(weights, packed, staging, scratch);`,
      "",
      `let memory«: { ${kept.map((r) => `readonly ${r}: ${arrayType[memory[r]]}`).join("; ")} } | null» = { ${kept.join(", ")} };`,
      `const signatures = signaturesOf(info.inputs);`,
      `let samples = batch;`,
      `let outputs«: Outputs | null» = view(activations, batch, batch);`,
      `const runSync = (inputs«: Inputs»)«: Outputs» => {`,
      `if (!memory || !outputs) throw new RncError("disposed", "the net was disposed of");`,
      `const n = countSamples(inputs« as unknown as Record<string, unknown>», signatures, batch);`,
      `run(${["n", "batch", ...inputs.map((i) => property("inputs", i.name)), ...kept.map((r) => `memory.${r}`)].join(", ")});`,
      `if (samples !== n) outputs = view(memory.activations, batch, n);`,
      `samples = n;`,
      `return outputs;`,
      `};`,
      `return {`,
      `run: async (inputs) => runSync(inputs),`,
      `runSync,`,
      `dispose: () => {`,
      `memory = null;`,
      `outputs = null;`,
      `},`,
      `};`,
      `}`,
      "",
      `/** The outputs of a run of n samples. */`,
      `function view(activations«: Float32Array», batch«: number», n«: number»)«: Outputs» {`,
      `return {`,
      views,
      `};`,
      `}`,
    );
  }

  #programs(): string {
    const { memory, inputs } = this.#plan;
    const parametersOf = (names: readonly (typeof regions)[number][]): string[] => names.map((r) => `${r}«: ${arrayType[memory[r]]}»`);
    const run = [`n«: number»`, `N«: number»`, ...inputs.map((i) => `${this.#arrays.get(i.name)}«: Float32Array»`), ...parametersOf([...(this.#keepsWeights ? (["weights"] as const) : []), "packed", "activations", "scratch"])];
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

  #parameters(): string {
    const rows = this.#plan.parameters.map(({ node, buffer }) => {
      const { text, numbers } = splitNumbers((node as Node<typeof parameter>).attrs.name);
      return { key: JSON.stringify({ text, shape: node.type.shape }), numbers: [buffer.offset.fixed, ...numbers] };
    });
    const adds = rolledText(rows, (key, [offset, ...numbers]) => {
      const { text, shape } = JSON.parse(key) as { text: string[]; shape: number[] };
      const growing = numbers.some((t) => t.steps.length > 0);
      const name = growing ? templateOf(text, numbers.map((t) => (t.steps.length > 0 ? termText(t) : t.base))) : jsString(text.map((t, i) => t + (numbers[i]?.base ?? "")).join(""));
      return `add(${name}, [${shape.join(", ")}], ${termText(offset!)});`;
    });
    const { inlineWeights } = this.#options;
    return lines(
      `/** The parameters by their names in the weights file, and where they lie. */`,
      `function parameters()«: Parameter[]» {`,
      `const all«: Parameter[]» = [];`,
      this.#plan.parameters.length > 0 ? `const add = (name«: string», shape«: number[]», offset«: number»)«: number» => all.push({ name, shape, offset });` : [],
      adds,
      `return all;`,
      `}`,
      inlineWeights ? ["", `/** The weights that the module carries: a safetensors file in base64. */`, `const inlined =`, `"${base64(inlineWeights)}";`] : [],
    );
  }
}

function width(element: Element): number {
  return element === "f32" ? 4 : 8;
}

function extentText(e: Extent, batch: string): string {
  return sum(e.fixed, product(batch, e.perSample));
}
