// What a checkpoint tells of its run besides tensors: as metadata, texts by name.
import { createHash } from "node:crypto";
import type { ExportCompilation } from "../../compiler/compilation.ts";
import { version } from "../../compiler/version.ts";
import type { Normalisation } from "../../data/dataset.ts";
import { RncError } from "../../runtime/error.ts";
import { printGraph } from "../../ir/print.ts";
import { readSafetensors, writeSafetensors } from "../../runtime/safetensors-file.ts";
import { failure, usageError } from "../exit.ts";
import type { TrainOptions } from "./options.ts";

/** What must be the same for a resumed run to be the uninterrupted one. */
export interface RunFacts {
  /** The export's name. */
  readonly name: string;
  /** As the data set is called. */
  readonly data: string;
  readonly batch: number;
  readonly seed: number;
  /** What the schedule is made for. */
  readonly steps: number;
  /** How often it is measured: where nothing else is said, the log goes on as it began. */
  readonly evalEvery: number;
  /** What every value of a csv was multiplied by. */
  readonly scale: number;
  readonly normalisation: Normalisation | null;
  readonly program: ProgramFacts;
}

/** What the program and the compiler's options say, in words. */
export interface ProgramFacts {
  readonly optimizer: string;
  /** With what stands before it. */
  readonly schedule: string;
  readonly augment: string;
  /** A hash of what a step computes. */
  readonly network: string;
  readonly target: string;
}

export function programFacts({ elaborated, training }: ExportCompilation, options: TrainOptions): ProgramFacts {
  const { optimizer, warmup, schedule, augment } = elaborated.train!;
  return {
    optimizer: words([optimizer]),
    schedule: words([...(warmup ? [warmup] : []), schedule]),
    augment: words(augment),
    network: createHash("sha256").update(printGraph(training!.step)).digest("hex").slice(0, 16),
    target: `${options.target ?? "ts"}${options.strictMath ? ", strict" : ""}`,
  };
}

/** As the language writes it: `warmup(steps = 400, lr = 0.01) -> cosine(to = 0)`. */
function words(uses: readonly { readonly kind: string }[]): string {
  const written = uses.map(({ kind, ...args }) => `${kind}(${Object.entries(args).map(([name, value]) => `${name} = ${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`).join(", ")})`);
  return written.join(" -> ") || "none";
}

export type Metadata = Readonly<Record<string, string>>;

/** `rnc run` reads `normalisation`; `generator` says that the file is rnc's. */
export function metadataOf(facts: RunFacts, step: number): Metadata {
  const { name, program, data, batch, seed, steps, evalEvery, scale, normalisation } = facts;
  return {
    generator: `rnc ${version}`, program: name, ...program, data, step: String(step), steps: String(steps), evalEvery: String(evalEvery), batch: String(batch), seed: String(seed),
    ...(scale === 1 ? {} : { scale: String(scale) }), ...(normalisation ? { normalisation: JSON.stringify(normalisation) } : {}),
  };
}

/** What a checkpoint says; `name` is for messages. */
export function factsOf(checkpoint: Uint8Array, name: string): Metadata {
  try {
    return Object.fromEntries(readSafetensors(checkpoint).metadata);
  } catch (e) {
    if (e instanceof RncError) throw failure(`${name} is ${e.message}`);
    throw e;
  }
}

/** An integer of the metadata; null where it is not told. */
export function told(metadata: Metadata | null, key: "batch" | "seed" | "step" | "steps" | "evalEvery"): number | null {
  const text = metadata?.[key];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** What must be the same, with where it is said. */
const sayings = {
  program: "--only", data: "--data", batch: "--batch", seed: "--seed", scale: "--scale", normalisation: "--mean, --std", target: "--target, --strict-math",
  optimizer: "optimizer in the program", schedule: "schedule in the program", augment: "augment in the program", network: "the network and its loss in the program",
} as const;

/** Whoever goes on must do so with the same program, data, batch and seed: else it would be another run. */
export function checkSame(before: Metadata, now: RunFacts, name: string): void {
  const wanted = metadataOf(now, 0);
  for (const [key, where] of Object.entries(sayings)) {
    if ((before[key] ?? "") !== (wanted[key] ?? "")) throw usageError(`${name} is of a run with ${key} ${before[key] ?? "none"}, not ${wanted[key] ?? "none"}`, `${where} must be the same to go on; another run wants another folder (--out), and may begin with these weights (--weights)`);
  }
}

/** The model's weights out of a checkpoint, for `create` and `rnc run`. */
export function weightsOnly(checkpoint: Uint8Array): Uint8Array {
  const { tensors, metadata } = readSafetensors(checkpoint);
  return writeSafetensors([...tensors].filter(([name]) => !name.startsWith("optimizer.")), metadata);
}
