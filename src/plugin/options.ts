// What `rnlang(options)` takes in every host.
import type { CompileOptions } from "../compiler/options.ts";
import { checkOptionNames } from "../compiler/options.ts";

/** The options of the compiler, for every program that is imported; `?target=`, `?threads`, `?train` and `?only=` of an import go before them. */
export interface PluginOptions extends Pick<CompileOptions, "target" | "plain" | "defines" | "strictMath" | "threads" | "train" | "steps" | "batch" | "memory" | "limits" | "maxBatch"> {
  /** Weights that the program names (`export … from "file.safetensors"`) go into the module: at most 65,536 bytes of each export. */
  readonly inlineWeights?: boolean;
  /** Write `cifar.d.rn.ts` beside `cifar.rn`, from which TypeScript knows what is imported; true where nothing is said. */
  readonly declarations?: boolean;
}

const names: { readonly [K in keyof Required<PluginOptions>]: true } = {
  target: true, plain: true, defines: true, strictMath: true, threads: true, train: true, steps: true, batch: true, memory: true, limits: true, maxBatch: true,
  inlineWeights: true, declarations: true,
};

/** Throws a RangeError where a configuration, whose types nobody checks, has what the plugin does not know. */
export function checkPluginOptions(options: PluginOptions): void {
  checkOptionNames(options, Object.keys(names));
}
