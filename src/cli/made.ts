// A network as `create` makes it, and how long that takes. Weights are random: time does not depend on them.
import type { ExportCompilation } from "../compiler/compilation.ts";
import { uniform } from "../ir/random.ts";
import { writeSafetensors } from "../runtime/safetensors-file.ts";
import { importModule } from "./generated.ts";
import type { Device } from "./gpu.ts";

type Inputs = Readonly<Record<string, Float32Array>>;

interface Module {
  readonly create: (options: { readonly weights: Uint8Array; readonly batch: number; readonly device?: object }) => Promise<Net>;
}
interface Net {
  readonly run: (inputs: Inputs) => Promise<unknown>;
  /** Of targets that compute in the caller's thread. */
  readonly runSync?: (inputs: Inputs) => unknown;
  readonly dispose: () => void;
}

export interface Made {
  readonly net: Net;
  /** When the import began, by `performance.now`, and how long it took from there until the net was made. */
  readonly start: number;
  readonly milliseconds: number;
}

/** Of an export that was compiled as JavaScript. */
export async function makeNet(e: ExportCompilation, batch: number, device: Device): Promise<Made> {
  const weights = randomWeights(e);
  void e.module; // made before the clock starts
  const start = performance.now();
  const { module } = await importModule<Module>(e, false);
  const net = await module.create({ weights, batch, ...device.given });
  return { net, start, milliseconds: performance.now() - start };
}

/** He-like weights, and statistics that keep numbers in range. */
function randomWeights(e: ExportCompilation): Uint8Array {
  return writeSafetensors(e.graph.parameters.map((p, site) => {
    const { name, shape } = p.attrs as unknown as { readonly name: string; readonly shape: readonly number[] };
    const size = shape.reduce((a, b) => a * b, 1);
    const spread = shape.length > 1 ? Math.sqrt((12 * (shape[0] ?? 1)) / size) : 0;
    return [name, { shape, data: Float32Array.from({ length: size }, (_, i) => (shape.length > 1 ? spread * (uniform(i, site, 0, 1) - 0.5) : 0.75 + 0.5 * uniform(i, site, 0, 1))) }] as const;
  }));
}

/** Numbers between −½ and ½. */
export function numbers(length: number, site: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => uniform(i, site, 1, 1) - 0.5);
}
