// What the bench and its child processes tell each other. One child measures one engine on one network at one batch and thread count;
// it computes only between a question and its answer, so that children can take turns.

export const engineNames = ["wasm", "ts", "ort-node", "ort-web", "tfjs-wasm", "tfjs-cpu"] as const;
export type CpuEngine = (typeof engineNames)[number];
/** On a software GPU: in Node, and on pages of a browser. */
export const gpuEngineNames = ["wgsl", "ort-webgpu", "wgsl-page", "tfjs-page", "jax-page"] as const;
export type EngineName = CpuEngine | (typeof gpuEngineNames)[number];
export type PageEngine = Extract<EngineName, `${string}-page`>;

/** A software GPU for processes of Node. */
export interface Driver {
  readonly name: "swiftshader" | "lavapipe";
  /** The file that the Vulkan loader is told. */
  readonly icd: string;
  /** Libraries that are loaded first: the loader, and what the driver needs. */
  readonly libraries: readonly string[];
  /** Where the npm package `webgpu` lies. */
  readonly dawn: string;
}

/** Files are read by the child: what a user waits for begins with them. */
export interface Job {
  readonly engine: EngineName;
  /** A module, an ONNX file, or a program for tfjs or jax-js (its constants lie beside it, `.bin`). */
  readonly model: string;
  /** Of a module of ours. */
  readonly weights: string | null;
  /** As the engine wants it: channels last for tfjs. */
  readonly image: string;
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
  readonly batch: number;
  readonly threads: number;
  /** Count the time of each kernel call (ours alone). */
  readonly kernels: boolean;
  /** Of engines for GPUs in Node. */
  readonly driver: Driver | null;
}

/** Those that an engine made through WebGPU's own interface, and how long it waited for them. */
export interface Pipelines {
  readonly count: number;
  readonly milliseconds: number;
}

export type Question =
  | { readonly kind: "start"; readonly job: Job }
  /** Runs until the time is over, at least `runs` times. */
  | { readonly kind: "turn"; readonly milliseconds: number; readonly runs: number }
  | { readonly kind: "memory" };

export type Answer =
  | { readonly kind: "started"; readonly firstResult: number; readonly output: Float32Array; readonly pipelines: Pipelines | null }
  | { readonly kind: "times"; readonly times: readonly number[]; /** Of each run, its kernel calls in order. */ readonly kernels: readonly (readonly number[])[] }
  | { readonly kind: "memory"; readonly megabytes: number }
  | { readonly kind: "failed"; readonly message: string };
