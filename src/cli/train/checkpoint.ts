// What a checkpoint tells of its run besides tensors: as metadata, texts by name.
import { createHash } from "node:crypto";
import type { ExportCompilation } from "../../compiler/compilation.ts";
import { version } from "../../compiler/version.ts";
import type { DataSet, Normalisation } from "../../data/dataset.ts";
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
  /** How many there are of which shape, and a hash of their labels and some values: two files may have one name. */
  readonly samples: string;
  /** What it is measured on, as `data` and `samples`; "none". */
  readonly eval: string;
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
  /** With what its numbers depend on besides. */
  readonly target: string;
}

export function programFacts({ elaborated, training }: ExportCompilation, options: TrainOptions): ProgramFacts {
  const { optimizer, warmup, schedule, augment } = elaborated.train!;
  return {
    optimizer: words([optimizer]),
    schedule: words([...(warmup ? [warmup] : []), schedule]),
    augment: words(augment),
    network: createHash("sha256").update(printGraph(training!.step)).digest("hex").slice(0, 16),
    target: [options.target ?? "ts", ...(options.strictMath ? ["--strict-math"] : []), ...(options.noPass ?? []).toSorted().map((p) => `--no-pass ${p}`)].join(" "),
  };
}

const LOOKED_AT = 64;

/** Of data that are the same, the same text. */
export function samplesFact({ count, shape, labels, values }: DataSet): string {
  const hash = createHash("sha256").update(bytesOf(labels));
  for (let k = 0; k < Math.min(count, LOOKED_AT); k++) hash.update(bytesOf(values(Math.floor((k * count) / Math.min(count, LOOKED_AT)))));
  return `${count} of [${shape.join(", ")}], ${hash.digest("hex").slice(0, 16)}`;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** As the language writes it: `warmup(steps = 400, lr = 0.01) -> cosine(to = 0)`. */
function words(uses: readonly { readonly kind: string }[]): string {
  const written = uses.map(({ kind, ...args }) => `${kind}(${Object.entries(args).map(([name, value]) => `${name} = ${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`).join(", ")})`);
  return written.join(" -> ") || "none";
}

export type Metadata = Readonly<Record<string, string>>;

/** `rnc run` reads `normalisation`; `generator` says that the file is rnc's. */
export function metadataOf(facts: RunFacts, step: number): Metadata {
  const { name, program, data, samples, eval: unseen, batch, seed, steps, evalEvery, scale, normalisation } = facts;
  return {
    generator: `rnc ${version}`, program: name, ...program, data, samples, eval: unseen, step: String(step), steps: String(steps), evalEvery: String(evalEvery), batch: String(batch), seed: String(seed),
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
  program: "--only", data: "--data", samples: "what --data names", eval: "--eval", batch: "--batch", seed: "--seed", scale: "--scale", normalisation: "--mean, --std",
  target: "--target, --strict-math, --no-pass", optimizer: "optimizer in the program", schedule: "schedule in the program", augment: "augment in the program", network: "the network and its loss in the program",
} as const;

/** What is not told where it is nothing out of the ordinary. */
const absent: ReadonlySet<string> = new Set(["scale", "normalisation"]);

/** Whoever goes on must do so with the same program, data, batch and seed: else it would be another run. */
export function checkSame(before: Metadata, now: RunFacts, name: string): void {
  const wanted = metadataOf(now, 0);
  for (const [key, where] of Object.entries(sayings)) {
    if (!Object.hasOwn(before, key) && !absent.has(key)) continue; // an earlier rnc did not say
    if ((before[key] ?? "") === (wanted[key] ?? "")) continue;
    const maker = key === "network" && before["generator"] !== wanted["generator"] ? `; ${before["generator"] ?? "another program"} made it, and this is ${wanted["generator"]}` : "";
    throw usageError(`${name} is of a run with ${key} ${before[key] ?? "none"}, not ${wanted[key] ?? "none"}${maker}`, `${where} must be the same to go on; another run wants another folder (--out), and may begin with these weights (--weights)`);
  }
}

/** The model's weights out of a checkpoint, for `create` and `rnc run`. */
export function weightsOnly(checkpoint: Uint8Array): Uint8Array {
  const { tensors, metadata } = readSafetensors(checkpoint);
  return writeSafetensors([...tensors].filter(([name]) => !name.startsWith("optimizer.")), metadata);
}
