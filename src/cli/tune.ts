// One convolution by each of its algorithms, timed with cold weights: several sets that do not fit the caches together, as in a network.
import type { Alternative, Alternatives } from "../codegen/wasm/alternatives.ts";
import { relaxedSimd } from "../runtime/simd.ts";
import { uniform } from "../ir/random.ts";

export const PEAK_NOTE = "* is what the model chooses; GFLOP/s count the convolution's own products, so Winograd may pass what a core can do. Weights are cold.";

export interface Measured extends Pick<Alternatives, "label" | "calls" | "macs"> {
  readonly choices: readonly {
    readonly algorithm: string;
    readonly predicted: number;
    readonly chosen: boolean;
    readonly nanoseconds: number;
    /** Is it the fastest? */
    readonly best: boolean;
  }[];
}

/** Bytes of weights that go round. */
const COLD = 96e6;
const MOST_SETS = 64;
const SAMPLES = 15;

export function measure(a: Alternatives): Measured {
  const times = a.choices.map((c) => timeOf(a, c));
  const least = Math.min(...times);
  return { label: a.label, calls: a.calls, macs: a.macs, choices: a.choices.map(({ algorithm, predicted, chosen }, k) => ({ algorithm, predicted, chosen, nanoseconds: times[k]!, best: times[k] === least })) };
}

function timeOf({ operands, result, batched }: Alternatives, { code, fused, packed, scratch }: Alternative): number {
  const sets = Math.max(2, Math.min(MOST_SETS, Math.ceil(COLD / (4 * packed))));
  let end = 64;
  const place = (elements: number): number => {
    const start = end;
    end += 64 * Math.ceil((4 * elements + 16) / 64);
    return start;
  };
  const at = operands.map(place);
  const [y, s] = [place(result), place(scratch)];
  const weights = Array.from({ length: sets }, () => place(packed));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / 65_536) + 1 });
  const numbers = new Float32Array(memory.buffer);
  operands.forEach((size, k) => {
    for (let i = 0; i < size; i++) numbers[at[k]! / 4 + i] = uniform(i, k, 0, 2) - 0.5;
  });
  const relaxed = relaxedSimd(code, fused) as Uint8Array<ArrayBuffer>;
  const bytes = WebAssembly.validate(relaxed) ? relaxed : (code as Uint8Array<ArrayBuffer>);
  const { pack, kernel } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory } }).exports as { readonly [name: string]: (...numbers: number[]) => void };
  for (const w of weights) pack!(at[1]!, w);
  let set = 0;
  const run = (): void => kernel!(...(batched ? [1] : []), at[0]!, weights[set++ % sets]!, ...at.slice(2), y, ...(scratch > 0 ? [s] : []));
  return timed(run);
}

/** Nanoseconds of one call: the median of samples of two milliseconds or more. */
function timed(run: () => void): number {
  run();
  let times = 1;
  while (milliseconds(run, times) < 2) times *= 2;
  const samples = Array.from({ length: SAMPLES }, () => (milliseconds(run, times) / times) * 1e6).sort((a, b) => a - b);
  return samples[SAMPLES >> 1]!;
}

function milliseconds(run: () => void, times: number): number {
  const from = performance.now();
  for (let i = 0; i < times; i++) run();
  return performance.now() - from;
}
