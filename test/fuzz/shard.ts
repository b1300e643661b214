// A share of the random graphs: each is generated, compiled, run and checked; what fails is made small and shown as text that can be
// kept in corpus/. Afterwards: were there enough, and of everything?
import { expect, test } from "vitest";
import { optionalPasses } from "../../src/passes/pipeline.ts";
import { check, Tally } from "../harness/execute-check.ts";
import { compileCase, execute, type Mutation, type TargetName } from "../harness/execute.ts";
import { numbersOf } from "../harness/generate-data.ts";
import { featuresOf } from "../harness/generate-features.ts";
import { generate, printCase, type Case } from "../harness/generate.ts";
import { shrink } from "../harness/shrink.ts";
import { count } from "../harness/tier.ts";

/** What is wrong with the case, in words, a throw included; null where nothing is. */
export async function judge(c: Case, mutation: Mutation = {}, tally: Tally = new Tally(), target: TargetName = "ts"): Promise<string | null> {
  try {
    const compiled = compileCase(c, mutation, target);
    const numbers = numbersOf(c);
    return check(c, compiled, await execute(compiled, c, numbers), numbers, tally);
  } catch (e) {
    return e instanceof Error ? `${e.name}: ${e.message}` : String(e);
  }
}

export function caseOf(seed: number): Case {
  return generate(seed, optionalPasses);
}

/** How many of 1,000 cases must have had each feature: two thirds of what there are, or less. */
const least: readonly (readonly [number, readonly string[]])[] = [
  [350, ["several outputs", "used 3 times", "skip", "bn", "conv", "relu", "map", "1×1 pixels"]],
  [200, ["passes left out", "stride", "output that is read", "dense", "add", "several inputs", "cat", "one row of pixels", "reduce", "kernel not square", "mul", "reshape", "batch 1"]],
  [120, ["concatenation of duplicates", "pad of k or more", "kernel of 5 or more", "epilogue", "unused input", "broadcast over channels", "dilation", "window", "permute", "softmax"]],
  [90, ["broadcast of one number per sample", "maxpool", "view", "conv2d", "ln", "epilogue with extras", "broadcast over pixels", "ceil", "matmul", "gelu", "pad", "zeropad", "depthwise", "upconv", "stride 4", "samples below batch", "slice"]],
  [60, ["broadcast of a scalar", "pad of its own on each side", "gap", "conv read by bn and others", "avgpool", "pool", "groups 2", "conv2d_transpose", "dropout", "flatten", "constant", "transpose", "concatenation of six"]],
  [30, ["special zeros", "special nan", "special negative", "input that is an output", "subsample", "pad2d", "unused parameter", "conv read by several bn", "used 8 times", "size chain"]],
  [15, ["special huge", "special denormal", "special tiny", "concat", "one value, two outputs"]],
  [5, ["size crowd"]],
  [3, ["maximum of negative numbers"]],
  [2, ["batch 9", "batch 13", "batch 16", "batch 17"]],
];

const TOGETHER = 100; // graphs in one test

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

interface Sharing {
  /** How many graphs there are in all: in `npm test`, in `npm run verify`. */
  readonly graphs: readonly [number, number];
  readonly target: TargetName;
  /** The median RMS error of an op in units of the last place: sums in f64 round once, sums in f32 as often as √n says. */
  readonly rms: number;
}

const scalar: Sharing = { graphs: [2_000, 20_000], target: "ts", rms: 0.45 };

/** The seeds k, k + of, k + 2·of, … */
export function shard(k: number, of: number, { graphs, target, rms }: Sharing = scalar): void {
  const total = count(...graphs) / of;
  const tally = new Tally();
  const features = new Map<string, number>();

  test.each(Array.from({ length: total / TOGETHER }, (_, part) => part))(`part %i: ${TOGETHER} random graphs, each tensor within its bounds`, async (part) => {
    for (let i = part * TOGETHER; i < (part + 1) * TOGETHER; i++) {
      const c = caseOf(k + i * of);
      for (const f of featuresOf(c)) features.set(f, (features.get(f) ?? 0) + 1);
      const wrong = await judge(c, {}, tally, target);
      if (wrong === null) continue;
      const small = await shrink(c, async (smaller) => (await judge(smaller, {}, new Tally(), target)) !== null);
      expect.fail(`seed ${c.seed}: ${wrong}\n\nshrunk (${await judge(small, {}, new Tally(), target)}); keep it in test/fuzz/corpus:\n\n${printCase(small)}`);
    }
  });

  test("there were enough, and of everything", () => {
    expect(tally.cases).toBe(total);
    expect(tally.tensors).toBeGreaterThan(40 * total);
    expect(tally.elements).toBeGreaterThan(2_000 * total);
    expect(tally.unknown).toBeLessThan(0.02 * tally.elements);
    expect(tally.agreeing).toBeGreaterThan(0.85 * total);
    if (target === "ts") expect(tally.winograd).toBeGreaterThan(0.05 * total); // few images are large enough for the others
    const many = [...tally.rms].filter(([, errors]) => errors.length >= 50);
    for (const [op, errors] of many) expect(median(errors), `RMS error of ${op} in units of the last place`).toBeLessThan(rms);
    expect(many.length).toBeGreaterThanOrEqual(5);
    const few = least.flatMap(([n, names]) => names.map((name) => ({ name, found: features.get(name) ?? 0, wanted: (n * total) / 1000 }))).filter((f) => f.found < f.wanted);
    expect(few).toEqual([]);
  });
}
