// `--target wasm`: one memory, and kernels in WebAssembly SIMD inlined as bytes. The programs are the same calls as those of the ts
// target, on addresses instead of arrays.
import type { Extent } from "../../ir/type.ts";
import { CompilerError } from "../../ir/problem.ts";
import type { Plan, Step } from "../../plan/plan.ts";
import { runtime } from "../../runtime/embedded.ts";
import { lines, product, sum, type Language } from "../code.ts";
import { emitContract, extentText, inputNames, takenNames, type EmittedModule, type ModuleOptions, type NetText, type TargetText } from "../module/contract.ts";
import { base64, property } from "../module/literals.ts";
import { description, labelOf, programText, type Calls } from "../module/steps.ts";
import { jsKey } from "../names.ts";
import { fusedBytes } from "./assembler/encode.ts";
import { WasmFunctions } from "./functions.ts";
import type { WasmSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";

export function emitWasmModule(plan: Plan, options: ModuleOptions): EmittedModule {
  return emitContract(plan, options, new WasmText(plan));
}

/** The functions of the plan's two programs. */
export function wasmFunctions(plan: Plan): WasmFunctions {
  const functions = new WasmFunctions();
  for (const step of [...plan.programs.prepare, ...plan.programs.run]) functionOf(step, functions);
  return functions;
}

const BYTES = 4;
/** Loads may run over the end of a tensor by three elements. */
const SLACK = 16;

class WasmText implements TargetText {
  readonly headline = "Kernels are WebAssembly SIMD; everything in memory is f32.";
  readonly functions: readonly string[] = [];
  readonly #plan: Plan;
  readonly #functions: WasmFunctions;
  /** What `run` calls the address of each input. */
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #prepare: string;
  readonly #run: string;
  /** Does a run still read the weights as the file had them? */
  readonly #keepsWeights: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#addresses = inputNames(plan, takenNames());
    this.#functions = new WasmFunctions();
    const calls: Calls = { functionOf: (step) => `kernels.${functionOf(step, this.#functions)}`, unit: BYTES, argument: (place, offset) => sum(place, offset) };
    this.#prepare = programText(plan.programs.prepare, this.#addresses, calls);
    this.#run = programText(plan.programs.run, this.#addresses, calls);
    this.#keepsWeights = plan.programs.run.some((s) => s.inputs.some((b) => b.region === "weights"));
  }

  get kernels(): number {
    return this.#functions.kernels;
  }

  runtime(language: Language): readonly string[] {
    return [runtime.base64[language], runtime.simd[language]];
  }

  /** Packed weights and scratch, then what a run computes; before the first run weights as the file has them lie in its place. */
  get memory(): string {
    const { regions, inputs } = this.#plan;
    const after = (name: string, before: string, size: Extent): string => `const ${name} = align(${sum(before, product(extentText(size, "batch"), BYTES))});`;
    const activations = this.#keepsWeights ? "weightsEnd" : "scratchEnd";
    const names = [...this.#addresses.values()];
    return lines(
      `/** Bytes of memory that a net for this batch holds. */`,
      `export function bytes(batch = 1)«: number» {`,
      `return place(batch).end;`,
      `}`,
      "",
      `/** Elements of the memory. */`,
      `function longest(batch«: number»)«: number» {`,
      `return place(batch).end / ${BYTES};`,
      `}`,
      "",
      `/** Where everything lies in memory, in bytes. */`,
      `function place(batch«: number») {`,
      `const align = (address«: number»)«: number» => Math.ceil(address / 64) * 64;`,
      after("scratch", "0", regions.packed),
      after("scratchEnd", "scratch", regions.scratch),
      after("weightsEnd", "scratchEnd", regions.weights),
      after("stagingEnd", "weightsEnd", regions.staging),
      `const activations = ${activations};`,
      inputs.map((i, k) => after(names[k]!, k === 0 ? "activations" : names[k - 1]!, k === 0 ? regions.activations : inputs[k - 1]!.buffer.size)),
      after("runEnd", names.at(-1) ?? "activations", inputs.at(-1)?.buffer.size ?? regions.activations),
      `const end = Math.max(stagingEnd, runEnd) + ${SLACK};`,
      `return { packed: 0, scratch, weights: scratchEnd, staging: weightsEnd, activations, ${names.map((n) => `${n}, `).join("")}end };`,
      `}`,
    );
  }

  get net(): NetText {
    const { inputs, outputs, regions } = this.#plan;
    const names = [...this.#addresses.values()];
    const views = outputs.map((o) => {
      const start = sum(`at.activations / ${BYTES}`, extentText(o.buffer.offset, "batch"));
      return `${jsKey(o.name)}: all.subarray(${start}, ${sum(start, extentText(o.buffer.size, "n"))}),`;
    });
    return {
      memory: [
        `const at = place(batch);`,
        `const memory = allocate(at.end);`,
        `const kernels = await instantiate(await (compiled ??= compileKernels(decodeBase64(code), decodeBase64(fused))), memory);`,
        `let all«: Float32Array | null» = new Float32Array(memory.buffer);`,
      ],
      weights: `all.subarray(at.weights / ${BYTES}, at.weights / ${BYTES} + ${extentText(regions.weights, "batch")})`,
      prepare: [`prepare(kernels, at.weights, at.packed, at.staging, at.scratch);`, ""],
      held: "all",
      run: [
        ...inputs.map((i, k) => `all.set(${property("inputs", i.name)}, at.${names[k]} / ${BYTES});`),
        `run(${["kernels", "n", "batch", ...names.map((n) => `at.${n}`), ...(this.#keepsWeights ? ["at.weights"] : []), "at.packed", "at.activations", "at.scratch"].join(", ")});`,
      ],
      view: (samples) => `view(all, at, batch, ${samples})`,
      views: lines(
        `/** The kernels, compiled once for all nets. */`,
        `let compiled«: Promise<object> | undefined»;`,
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

  get programs(): string {
    const { bytes, fused } = this.#code();
    const numbers = (names: readonly string[]): string[] => names.map((n) => `${n}«: number»`);
    return lines(
      `/** Computes once what depends on the weights alone. */`,
      `function prepare(kernels«: Kernels», ${numbers(["weights", "packed", "staging", "scratch"]).join(", ")})«: void» {`,
      this.#prepare,
      `}`,
      "",
      `/** Computes n samples in memory laid out for N. */`,
      `function run(kernels«: Kernels», ${numbers(["n", "N", ...this.#addresses.values(), ...(this.#keepsWeights ? ["weights"] : []), "packed", "activations", "scratch"]).join(", ")})«: void» {`,
      this.#run,
      `}`,
      "",
      `/** The kernels: a WebAssembly module in base64, and where its products and sums can be fused. */`,
      `const code =`,
      `"${base64(bytes)}";`,
      `const fused =`,
      `"${base64(fused)}";`,
    );
  }

  #code(): { readonly bytes: Uint8Array; readonly fused: Uint8Array } {
    const encoded = this.#functions.encode();
    return { bytes: encoded.bytes, fused: fusedBytes(encoded) };
  }
}

function functionOf(step: Step, functions: WasmFunctions): string {
  const { node, selection, pack } = step;
  const kernel = kernelOf(node);
  if (!kernel) throw new CompilerError("codegen", `the wasm target has no kernel for ${node.op.name}`);
  const key = pack ? `pack ${pack.signature}` : selection.signature;
  return functions.add(key, () => pack?.label ?? labelOf(selection.label, node), (name) => {
    const to = { name, doc: pack ? `${pack.label}: an operand as the kernel reads it` : description(node), selection: selection as WasmSelection, ...functions.services };
    return pack ? kernel.pack!(node as never, pack.operand, to) : kernel.emit(node as never, to);
  });
}
