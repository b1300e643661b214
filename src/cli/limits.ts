// `--limits` and `--max-batch`: which devices a module is for, and for how many samples that is proven.
import type { CompileOptions } from "../compiler/options.ts";
import { problemOfLimits, profiles } from "../compiler/limits.ts";
import { thereAre } from "../source/words.ts";
import { CommandError, usageError } from "./exit.ts";
import { decode, limits, readTrusted } from "./files.ts";
import { count } from "./numbers.ts";

export interface LimitOptions {
  readonly limits?: string;
  readonly maxBatch?: string;
}

type Limits = NonNullable<CompileOptions["limits"]>;

/** What they say, for the compiler. */
export function limitsAsked(options: LimitOptions, target: string | undefined): Pick<CompileOptions, "limits" | "maxBatch"> {
  if ((options.limits ?? options.maxBatch) === undefined) return {};
  if (target !== "wgsl") throw usageError("--limits and --max-batch are about GPUs", "add --target wgsl");
  return {
    ...(options.limits === undefined ? {} : { limits: profile(options.limits) }),
    ...(options.maxBatch === undefined ? {} : { maxBatch: count("--max-batch", options.maxBatch) }),
  };
}

function profile(asked: string): Limits {
  if (Object.hasOwn(profiles, asked)) return profiles[asked as keyof typeof profiles];
  const limits = parsed(asked);
  const wrong = problemOfLimits(limits);
  if (wrong !== null) throw problem(`${asked} is no profile: ${wrong}`);
  return limits as Limits;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(decode(readTrusted(path, limits.program)) ?? "");
  } catch (e) {
    throw problem(e instanceof CommandError ? e.message : `${path} is not JSON`);
  }
}

function problem(what: string): CommandError {
  return usageError(`--limits: ${what}`, `write { "maxBufferSize": 1073741824, … }, or name a profile: ${thereAre(Object.keys(profiles))}`);
}
