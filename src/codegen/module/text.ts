// What a target adds to the contract, as texts.
import type { Language } from "../code.ts";
import type { TrainerText } from "./trainer.ts";

/** What a target adds to the contract. */
export interface TargetText {
  /** "Kernels compute in f64 and round where they store." */
  readonly headline: string;
  /** Distinct kernel and packing functions. */
  readonly kernels: number;
  /** `bytes`, and what `create` needs to know of memory. */
  readonly memory: string;
  readonly net: NetText | DeviceText;
  /** `prepare`, `run` and the functions that they call. */
  readonly programs: string;
  readonly functions: readonly string[];
  /** Where the options say what to train. */
  readonly trainer: TrainerText | null;
  /** Runtime texts, in order, that kernels and `create` use beyond those of every module. */
  runtime(language: Language): readonly string[];
}

/** What differs where nets compute on a device of their own, which is waited for: types, and how `create` makes a net. */
export interface DeviceText {
  readonly types: readonly string[];
  /** What an input may be. */
  readonly input: string;
  /** Fields of Options, and their names. */
  readonly options: readonly string[];
  readonly names: readonly string[];
  /** The same of those that trainers do not have. */
  readonly netOptions: readonly string[];
  readonly netNames: readonly string[];
  /** Methods of Net beside `run` and `dispose`. */
  readonly methods: readonly string[];
  /** Statements that make the array where the weights are loaded to, and its name. */
  readonly memory: readonly string[];
  readonly weights: string;
  /** Statements that make the net and return it. */
  readonly make: readonly string[];
}

/** What `create` does in a target's own way. */
export interface NetText {
  /** Statements that make the memory. */
  readonly memory: readonly string[];
  /** Where the parameters are loaded to, a Float32Array: region `weights`, and right behind it `staging` where the target streams. */
  readonly weights: string;
  /** Does `prepare` call `load(count)` for parameters as it needs them? Else all are loaded before. */
  readonly streams: boolean;
  /** Statements that prepare, and declare the variable that holds the memory until the net is disposed of. */
  readonly prepare: readonly string[];
  readonly held: string;
  /** Statements that bring the inputs of n samples to where they are read, where they are not read as they are. */
  readonly load: readonly string[];
  /** Statements that compute n samples. */
  readonly run: readonly string[];
  /** What several threads need; null where one computes. */
  readonly threads: ThreadText | null;
  /** The outputs of that many samples, right after the memory was made and later. */
  view(samples: string, later: boolean): string;
  /** The function `view`. */
  readonly views: string;
}

/** What a module with threads has besides. */
export interface ThreadText {
  /** Statements that declare `crew`: the threads, or null where one is enough. */
  readonly start: readonly string[];
  /** The function that starts a thread. */
  readonly worker: string;
}
