// The options of `rnc train`.
import type { GpuOptions } from "../gpu.ts";
import type { BuildOptions } from "../program.ts";

export interface TrainOptions extends BuildOptions, GpuOptions {
  readonly data?: string;
  readonly eval?: string;
  readonly steps?: string;
  readonly batch?: string;
  readonly seed?: string;
  readonly threads: string;
  readonly memory?: string;
  readonly out: string;
  readonly resume?: boolean;
  readonly weights?: string;
  readonly evalEvery?: string;
  readonly saveEvery?: string;
  readonly scale?: string;
  readonly mean?: string;
  readonly std?: string;
  readonly json?: boolean;
}

/** What the options say, checked. */
export interface Given {
  readonly steps: number | null;
  readonly batch: number | null;
  readonly seed: number | null;
  readonly threads: number;
  readonly memory: number | "least" | null;
  readonly evalEvery: number | null;
  readonly saveEvery: number | null;
  readonly scale: number | null;
}
