// What `compile` can be told; and the names of options, for callers whose types nobody checks.
import type { Limits } from "../codegen/wgsl/limits.ts";
import type { Load } from "../language/resolve.ts";
import { suggest } from "../language/suggest.ts";
import type { PipelineOptions } from "../passes/pipeline.ts";
import { thereAre } from "../source/words.ts";
import type { targets } from "./targets.ts";

export interface CompileOptions {
  /** What messages and generated comments call the text; "model.rn" where nothing is said. */
  readonly name?: string;
  /** Compile this export alone. */
  readonly only?: string;
  readonly target?: keyof typeof targets;
  /** Every skip is `skip(none)`: the plain network of the same layers. */
  readonly plain?: boolean;
  /** Model parameters from outside, as expressions of the language: `{ n: "9" }`. */
  readonly defines?: Readonly<Record<string, string>>;
  /** Optional passes to leave out, by name (`optionalPasses`). */
  readonly disabledPasses?: readonly string[];
  /** Results equal on every engine: no Winograd. */
  readonly strictMath?: boolean;
  /** Modules whose nets can compute in several threads, each with its `<export>.worker.js`; of `--target wasm`. */
  readonly threads?: boolean;
  /** Modules with `createTrainer`, of exports that a `train` declaration is about. */
  readonly train?: boolean;
  /** How many steps their schedule is made for, instead of what the declaration says. */
  readonly steps?: number;
  /** How many samples a step takes, instead of what the declaration says. */
  readonly batch?: number;
  /** Bytes that what a step computes may take, "least" for as few as can be: some of it is computed twice then. The losses stay the same to the bit. */
  readonly memory?: number | "least";
  /** Of the devices that modules of `--target wgsl` are for, by WebGPU's names; what is not said is what every device has. */
  readonly limits?: Partial<Limits>;
  /** The largest batch that is proven to be within the limits; where nothing is said as many as fit, up to 64. `create` takes larger ones where the device it is given can. */
  readonly maxBatch?: number;
  /** `.js` and `.d.ts` instead of `.ts`. */
  readonly js?: boolean;
  /** Weights to put into the module as base64 (at most 65,536 bytes), by export: a safetensors file of exactly its parameters. */
  readonly inlineWeights?: Readonly<Record<string, Uint8Array>>;
  /** How inputs were normalised when the weights were trained, by export: what `info.normalisation` says. */
  readonly normalisation?: Readonly<Record<string, { readonly mean: readonly number[]; readonly std: readonly number[] }>>;
  /** Gives the texts of imported files; the standard library is always there. Without it a program is one file. */
  readonly load?: Load;
  /** Sees the graph before and after every pass of every export. */
  readonly observe?: NonNullable<PipelineOptions["observe"]>;
}

const compileOptions: { readonly [K in keyof Required<CompileOptions>]: true } = {
  name: true, only: true, target: true, plain: true, defines: true, disabledPasses: true, strictMath: true, threads: true, train: true, steps: true, batch: true, memory: true,
  limits: true, maxBatch: true, js: true, inlineWeights: true, normalisation: true, load: true, observe: true,
};

/** Throws a RangeError where `options` has what the compiler does not know. */
export function checkOptions(options: object): void {
  checkOptionNames(options, Object.keys(compileOptions));
}

export function checkOptionNames(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new RangeError(`options are an object, { target: "wasm" }, not ${JSON.stringify(options)}`);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = suggest(name, known);
    throw new RangeError(`there is no option ${JSON.stringify(name)}${meant === null ? `; ${thereAre(known)}` : `: did you mean ${meant}?`}`);
  }
}
