// What `rnlang(options)` takes in every host.
import type { CompileOptions } from "../compiler/compilation.ts";

/** The options of the compiler, for every program that is imported; `?target=`, `?threads`, `?train` and `?only=` of an import go before them. */
export interface PluginOptions extends Pick<CompileOptions, "target" | "plain" | "defines" | "strictMath" | "threads" | "train" | "steps" | "batch" | "memory" | "limits" | "maxBatch"> {
  /** Weights that the program names (`export … from "file.safetensors"`) go into the module: at most 65,536 bytes of each export. */
  readonly inlineWeights?: boolean;
  /** Write `cifar.d.rn.ts` beside `cifar.rn`, from which TypeScript knows what is imported; true where nothing is said. */
  readonly declarations?: boolean;
}
