// The targets that train here: on the GPU too, where there is one.
import { haveGpu } from "./gpu.ts";

export const trainingTargets: readonly ("ts" | "wasm" | "wgsl")[] = ["ts", "wasm", ...(haveGpu ? (["wgsl"] as const) : [])];
