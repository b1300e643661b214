// What the bench and its child processes tell each other. One child measures one engine on one network at one batch and thread count;
// it computes only between a question and its answer, so that children can take turns.

export const engineNames = ["wasm", "ts", "ort-node", "ort-web", "tfjs-wasm", "tfjs-cpu"] as const;
export type EngineName = (typeof engineNames)[number];

/** Files are read by the child: what a user waits for begins with them. */
export interface Job {
  readonly engine: EngineName;
  /** A module, an ONNX file, or a tfjs program (its constants lie beside it, `.bin`). */
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
}

export type Question =
  | { readonly kind: "start"; readonly job: Job }
  /** Runs until the time is over, at least `runs` times. */
  | { readonly kind: "turn"; readonly milliseconds: number; readonly runs: number }
  | { readonly kind: "memory" };

export type Answer =
  | { readonly kind: "started"; readonly firstResult: number; readonly output: Float32Array }
  | { readonly kind: "times"; readonly times: readonly number[]; /** Of each run, its kernel calls in order. */ readonly kernels: readonly (readonly number[])[] }
  | { readonly kind: "memory"; readonly megabytes: number }
  | { readonly kind: "failed"; readonly message: string };
