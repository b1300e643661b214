// `--target wasm`: one memory, and kernels in WebAssembly SIMD inlined as bytes. The programs are the same calls as those of the ts
// target, on addresses instead of arrays.
import type { Extent } from "../../ir/type.ts";
import { CompilerError } from "../../ir/problem.ts";
import type { Plan, Step } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { extentText, format, lines, product, sum, type Language } from "../code.ts";
import { emitContract, type EmittedModule, type ModuleOptions } from "../module/contract.ts";
import { inputNames, takenNames } from "../module/taken.ts";
import type { NetText, TargetText, ThreadText } from "../module/text.ts";
import { base64, property } from "../module/literals.ts";
import { description, labelOf, programText, type Calls } from "../module/steps.ts";
import { comment, jsKey, jsString } from "../names.ts";
import { fusedBytes, type Encoded } from "./assembler/encode.ts";
import { WasmFunctions } from "./functions.ts";
import type { WasmSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";
import { BYTES, MEET, meetings, numbers, SLACK, WasmTrainer } from "./trainer.ts";
import type { TrainerText } from "../module/trainer.ts";

export function emitWasmModule(plan: Plan, options: ModuleOptions): EmittedModule {
  const text = new WasmText(plan, options);
  const module = emitContract(plan, options, text);
  return options.threads ? { ...module, files: [...module.files, { name: workerFile(plan), text: text.worker }] } : module;
}

/** The functions of the plans' programs. */
export function wasmFunctions(plans: readonly Plan[], threads: boolean): WasmFunctions {
  const functions = new WasmFunctions(threads);
  for (const step of plans.flatMap((p) => [...p.programs.prepare, ...p.programs.run])) functionOf(step, functions);
  return functions;
}

function workerFile({ name }: Plan): string {
  return `${name}.worker.js`;
}

class WasmText implements TargetText {
  readonly headline = "Kernels are WebAssembly SIMD; everything in memory is f32.";
  readonly functions: readonly string[] = [];
  readonly #plan: Plan;
  readonly #options: ModuleOptions;
  readonly #functions: WasmFunctions;
  #encoded: Encoded | undefined;
  /** What `run` calls the address of each input. */
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #prepare: string;
  readonly #run: string;
  /** Does a run still read the weights as the file had them? */
  readonly #keepsWeights: boolean;
  readonly #trainer: WasmTrainer | null;

  constructor(plan: Plan, options: ModuleOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#addresses = inputNames(plan, takenNames());
    this.#functions = new WasmFunctions(options.threads);
    const calls: Calls = { functionOf: (step) => `kernels.${functionOf(step, this.#functions)}`, unit: BYTES, argument: (place, offset) => sum(place, offset) };
    this.#trainer = options.training ? new WasmTrainer(options.training, options.threads, calls, this.#instance) : null;
    const loaded = new Map<number, number>();
    for (const { before } of plan.parameters) loaded.set(before, (loaded.get(before) ?? 0) + 1);
    this.#prepare = programText(plan.programs.prepare, this.#addresses, calls, (t) => (loaded.has(t) ? `load(${loaded.get(t)});` : null));
    this.#run = programText(plan.programs.run, this.#addresses, calls, options.threads ? meetings(plan.programs.run) : undefined);
    this.#keepsWeights = plan.programs.run.some((s) => s.inputs.some((b) => b.region === "weights"));
  }

  get kernels(): number {
    return this.#functions.kernels;
  }

  runtime(language: Language): readonly string[] {
    const threads = this.#options.threads ? [runtime.threads[language], runtime.sync[language]] : [];
    return [...threads, ...(this.#trainer ? [runtime.inMemory[language]] : []), runtime.base64[language], runtime.simd[language]];
  }

  /** Packed weights and scratch, the parameters that a run reads, then what it computes; before the first run the others pass through that place. */
  get memory(): string {
    const { regions, inputs } = this.#plan;
    const { threads } = this.#options;
    const [given, passed, declared] = threads ? ["batch = 1, threads = 1", "batch, threads", "batch«: number», threads«: number»"] : ["batch = 1", "batch", "batch«: number»"];
    const after = (name: string, before: string, size: Extent): string => `const ${name} = align(${sum(before, product(extentText(size, "batch"), BYTES))});`;
    const names = [...this.#addresses.values()];
    return lines(
      `/** Bytes of memory that a net for this batch${threads ? " and so many threads" : ""} holds. */`,
      `export function bytes(${given})«: number» {`,
      `return place(${passed}).end;`,
      `}`,
      "",
      `/** Elements of the memory. */`,
      `function longest(${declared})«: number» {`,
      `return place(${passed}).end / ${BYTES};`,
      `}`,
      "",
      `/** Where everything lies in memory, in bytes${threads ? "; each thread has scratch of its own" : ""}. */`,
      `function place(${declared}) {`,
      `const align = (address«: number»)«: number» => Math.ceil(address / 64) * 64;`,
      after("scratch", "0", regions.packed),
      ...(threads ? [after("scratchSize", "0", regions.scratch), `const scratchEnd = scratch + threads * scratchSize;`] : [after("scratchEnd", "scratch", regions.scratch)]),
      after("weightsEnd", "scratchEnd", regions.weights),
      after("stagingEnd", "weightsEnd", regions.staging),
      `const activations = weightsEnd;`,
      inputs.map((i, k) => after(names[k]!, k === 0 ? "activations" : names[k - 1]!, k === 0 ? regions.activations : inputs[k - 1]!.buffer.size)),
      after("runEnd", names.at(-1) ?? "activations", inputs.at(-1)?.buffer.size ?? regions.activations),
      `const end = Math.max(stagingEnd, runEnd) + ${SLACK};`,
      `return { packed: 0, scratch, ${threads ? "scratchSize, " : ""}weights: scratchEnd, staging: weightsEnd, activations, ${names.map((n) => `${n}, `).join("")}end };`,
      `}`,
    );
  }

  get net(): NetText {
    const { inputs, outputs } = this.#plan;
    const { threads } = this.#options;
    const names = [...this.#addresses.values()];
    const views = outputs.map((o) => {
      const start = sum(`at.activations / ${BYTES}`, extentText(o.buffer.offset, "batch"));
      return `${jsKey(o.name)}: all.subarray(${start}, ${sum(start, extentText(o.buffer.size, "n"))}),`;
    });
    return {
      memory: [
        `const at = place(batch${threads ? ", threads" : ""});`,
        `const memory = allocate(at.end${threads ? ", threads > 1" : ""});`,
        ...this.#instance(),
        `let all«: Float32Array | null» = new Float32Array(memory.buffer);`,
      ],
      weights: `all.subarray(at.weights / ${BYTES})`,
      streams: true,
      prepare: [`prepare(kernels, ${this.#loads}at.weights, at.packed, at.staging, at.scratch);`, ""],
      held: "all",
      load: inputs.map((i, k) => `all.set(${property("inputs", i.name)}, at.${names[k]} / ${BYTES});`),
      run: [`run(${["kernels", ...(threads ? ["alone"] : []), "n", "batch", ...this.#places.map((p) => `at.${p}`)].join(", ")});`],
      threads: threads ? this.#threads : null,
      view: (samples) => `view(all, at, batch, ${samples})`,
      views: lines(
        `/** The kernels, compiled once for all nets${threads ? " of one thread, and for all of several" : ""}. */`,
        threads ? `const compiled«: (Promise<object> | undefined)[]» = [];` : `let compiled«: Promise<object> | undefined»;`,
        "",
        `/** The outputs of a run of n samples. */`,
        `function view(all«: Float32Array», at«: ReturnType<typeof place>», batch«: number», n«: number»)«: Outputs» {`,
        `return {`,
        views,
        `};`,
        `}`,
      ),
    };
  }

  get trainer(): TrainerText | null {
    return this.#trainer;
  }

  /** Statements that make `kernels` in `memory`. */
  readonly #instance = (): string[] => {
    const { threads } = this.#options;
    const code = threads ? `threads > 1 ? forThreads(decodeBase64(code), ${this.#code().limits}) : decodeBase64(code)` : "decodeBase64(code)";
    return [`const module = await (compiled${threads ? "[threads > 1 ? 1 : 0]" : ""} ??= compileKernels(${code}, decodeBase64(fused)));`, `const kernels = await instantiate(module, memory);`];
  };

  /** What `prepare` gets where there are parameters. */
  get #loads(): string {
    return this.#plan.parameters.length > 0 ? "load, " : "";
  }

  /** What `run` gets after the kernels, n and the batch. */
  get #places(): readonly string[] {
    return [...this.#addresses.values(), ...(this.#keepsWeights ? ["weights"] : []), "packed", "activations", "scratch"];
  }

  get #threads(): ThreadText {
    const places = this.#places.map((p) => (p === "scratch" ? "at.scratch + part * at.scratchSize" : `at.${p}`));
    return {
      start: [`const crew = threads > 1 ? await startThreads(threads, options.worker ?? startWorker, { module, memory, batch, places: (part) => [${places.join(", ")}] }) : null;`],
      worker: lines(
        `«declare const Worker: (new (url: object, options: { type: "module" }) => object) | undefined;»`,
        `«declare const URL: new (path: string, base: string) => object;»`,
        `«declare const process: { getBuiltinModule?(name: string): unknown } | undefined;»`,
        "",
        `/** A thread: a worker of a browser, which bundlers find by this very expression, or of Node. */`,
        `function startWorker()«: object» {`,
        `if (typeof Worker === "function") return new Worker(new URL(${jsString(`./${workerFile(this.#plan)}`)}, «(»import.meta« as unknown as { url: string })».url), { type: "module" });`,
        `const file = ${jsString(`./${workerFile(this.#plan)}`)};`,
        `const here = «(»import.meta« as unknown as { url: string })».url;`,
        `const node = (typeof process === "undefined" ? undefined : process?.getBuiltinModule?.("node:worker_threads"))« as { Worker: new (url: object) => object } | undefined»;`,
        `if (!node) throw new RncError("threads", "this engine has no workers: create the net with threads: 1, or pass worker");`,
        `return new node.Worker(new URL(file, here));`,
        `}`,
      ),
    };
  }

  /** The module of one thread. */
  get worker(): string {
    const { version, source } = this.#options;
    const own = format(
      lines(
        `// @generated by rnc ${comment(version)} from ${comment(source)}: change that and compile again.`,
        `// One thread of ${comment(this.#plan.name)}: its module starts as many as it is asked for. Imports nothing.`,
        "",
        this.#runText,
        "",
        this.#trainer ? [this.#trainer.programs, ""] : [],
        `serve([run${this.#trainer ? ", trainStep, evaluateStep" : ""}]);`,
      ),
      "js",
    );
    return [own, ...[runtime.worker.js, runtime.sync.js, runtime.simd.js, runtime.error.js].map((text) => `${text}\n`)].join("\n");
  }

  get programs(): string {
    const { bytes, fused } = this.#code();
    return lines(
      `/** Computes once what depends on the weights alone${this.#loads && ", as they are loaded"}. */`,
      `function prepare(kernels«: Kernels», ${this.#loads && `load«: (count: number) => void», `}${numbers("weights", "packed", "staging", "scratch")})«: void» {`,
      this.#prepare,
      `}`,
      "",
      this.#runText,
      "",
      `/** The kernels: a WebAssembly module in base64, and where its products and sums can be fused. */`,
      `const code =`,
      `"${base64(bytes)}";`,
      `const fused =`,
      `"${base64(fused)}";`,
    );
  }

  get #runText(): string {
    return lines(`/** Computes n samples in memory laid out for N. */`, `function run(kernels«: Kernels», ${this.#options.threads ? MEET : ""}${numbers("n", "N", ...this.#places)})«: void» {`, this.#run, `}`);
  }

  #code(): { readonly bytes: Uint8Array; readonly fused: Uint8Array; readonly limits: number } {
    const encoded = (this.#encoded ??= this.#functions.encode());
    return { bytes: encoded.bytes, fused: fusedBytes(encoded), limits: encoded.limits };
  }
}

function functionOf(step: Step, functions: WasmFunctions): string {
  const { node, selection, pack } = step;
  const kernel = kernelOf(node);
  if (!kernel) throw new CompilerError("codegen", `the wasm target has no kernel for ${node.op.name}`);
  const to = { selection: selection as WasmSelection, ...functions.services };
  if (pack) return functions.addPacking(pack.signature, pack.label, (name) => kernel.pack!(node as never, pack.operand, { ...to, name, doc: `${pack.label}: an operand as the kernel reads it` }));
  return functions.add(selection.signature, () => labelOf(selection.label, node), (name) => kernel.emit(node as never, { ...to, name, doc: description(node) }));
}
