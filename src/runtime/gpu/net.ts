// A net on a device: memory and dispatches are made once; a run is one command buffer, and results are read back or stay there.
import { RncError } from "../error.ts";
import { countSamples, type InputSignature } from "../check.ts";
import { GpuRecorder, type GpuCalls, type GpuDispatch, type GpuKernels, type GpuPrecision } from "./recorder.ts";
import { GpuSession, type GpuRange } from "./session.ts";
import { COPY_DST, COPY_SRC, gpuBuffer, MAP_READ, STORAGE, type GpuBuffer, type GpuEncoder } from "./webgpu.ts";

/** A module's network, for nets of one batch. All sizes and offsets are bytes. */
export interface GpuProgram extends GpuKernels {
  readonly regions: { readonly [region: string]: number };
  readonly inputs: readonly { readonly name: string; readonly bytes: number }[];
  readonly outputs: readonly { readonly name: string; readonly offset: number; readonly fixed: number; readonly perSample: number }[];
  prepare(call: GpuCalls, memory: { readonly [region: string]: GpuBuffer }): void;
  run(call: GpuCalls, memory: { readonly [region: string]: GpuBuffer }, inputs: readonly GpuBuffer[]): void;
}

export class GpuNet {
  readonly precision: GpuPrecision;
  readonly #session: GpuSession;
  readonly #program: GpuProgram;
  readonly #recorder: GpuRecorder;
  readonly #memory: { readonly [region: string]: GpuBuffer };
  readonly #inputs: readonly GpuBuffer[];
  readonly #read: GpuBuffer;
  readonly #arrays: readonly Float32Array[];
  #run: readonly GpuDispatch[] = [];
  #kept: { readonly n: number; readonly buffers: readonly GpuBuffer[] } = { n: 0, buffers: [] };

  private constructor(session: GpuSession, program: GpuProgram, precision: GpuPrecision) {
    this.precision = precision;
    const { regions, inputs, outputs, batch } = program;
    this.#session = session;
    this.#program = program;
    this.#recorder = new GpuRecorder(session, program, precision);
    this.#memory = Object.fromEntries(Object.entries(regions).map(([region, bytes]) => [region, session.buffer(bytes, STORAGE | COPY_SRC | COPY_DST)]));
    this.#inputs = inputs.map(({ bytes }) => session.buffer(bytes, STORAGE | COPY_DST));
    this.#read = session.buffer(outputs.reduce((sum, o) => sum + o.fixed + o.perSample * batch, 0), MAP_READ | COPY_DST);
    this.#arrays = outputs.map((o) => new Float32Array((o.fixed + o.perSample * batch) / 4));
  }

  /** The net with its weights, which are loaded before anything is made. `precision`: what is wanted; a device that has no f16 takes f32. */
  static async make(given: unknown, precision: unknown, program: GpuProgram, weights: Float32Array): Promise<GpuNet> {
    if (precision !== "f32" && precision !== "f16") throw new RncError("options", `precision is "f32" or "f16", not ${JSON.stringify(precision)}`);
    const largest = Math.max(...Object.values(program.regions), ...program.inputs.map((i) => i.bytes));
    return GpuSession.open("net", given, program.batch, largest, async (session) => {
      const net = new GpuNet(session, program, session.has("shader-f16") ? precision : "f32");
      await net.#prepare(weights);
      return net;
    });
  }

  async #prepare(weights: Float32Array): Promise<void> {
    const { device } = this.#session;
    if (weights.length > 0) device.queue.writeBuffer(this.#memory["weights"]!, 0, weights);
    const prepare = this.#recorder.record((call) => this.#program.prepare(call, this.#memory));
    this.#run = this.#recorder.record((call) => this.#program.run(call, this.#memory, this.#inputs));
    await this.#recorder.ready();
    await this.#session.guarded(() => this.#session.submit((encoder) => this.#recorder.encode(encoder, prepare, 0)));
    this.#memory["staging"]?.destroy();
  }

  /** Computes the samples, and reads the outputs: views of arrays that the next run writes to again. */
  async run(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): Promise<Record<string, Float32Array>> {
    return this.#session.alone(async () => {
      const n = this.#count(inputs, signatures);
      const results = this.#results(n);
      await this.#session.read(this.#read, results, (encoder) => this.#compute(encoder, n, inputs, signatures), (data) => {
        let at = 0;
        results.forEach(({ bytes }, k) => this.#arrays[k]!.set(data.subarray(at, (at += bytes / 4))));
      });
      return this.#named((k) => this.#arrays[k]!.subarray(0, results[k]!.bytes / 4));
    });
  }

  /** Computes the samples, and leaves the outputs on the device: buffers that the next such run writes to again, or gives back. */
  async runToBuffers(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): Promise<Record<string, GpuBuffer>> {
    return this.#session.alone(async () => {
      const n = this.#count(inputs, signatures);
      const results = this.#results(n);
      await this.#keep(n, results, (buffers) => this.#session.submit((encoder) => {
        this.#compute(encoder, n, inputs, signatures);
        results.forEach(({ buffer, offset, bytes }, k) => encoder.copyBufferToBuffer(buffer, offset, buffers[k]!, 0, bytes));
      }));
      return this.#named((k) => this.#kept.buffers[k]!);
    });
  }

  /** Buffers for the results of n samples and for nothing else: the next net counts samples by their size. Refused, all is as before. */
  async #keep(n: number, results: readonly GpuRange[], work: (buffers: readonly GpuBuffer[]) => void): Promise<void> {
    const old = this.#kept;
    if (old.n === n) return this.#session.guarded(() => work(old.buffers));
    const made: GpuBuffer[] = [];
    let surplus: readonly GpuBuffer[] = made;
    try {
      await this.#session.guarded(() => {
        for (const { bytes } of results) made.push(this.#session.buffer(bytes, STORAGE | COPY_SRC | COPY_DST));
        work(made);
      });
      this.#kept = { n, buffers: made };
      surplus = old.buffers;
    } finally {
      for (const buffer of surplus) this.#session.free(buffer);
    }
  }

  /** Where the outputs of n samples lie. */
  #results(n: number): GpuRange[] {
    return this.#program.outputs.map(({ offset, fixed, perSample }) => ({ buffer: this.#memory["activations"]!, offset, bytes: fixed + perSample * n }));
  }

  #named<T>(output: (k: number) => T): Record<string, T> {
    return Object.fromEntries(this.#program.outputs.map(({ name }, k) => [name, output(k)]));
  }

  #compute(encoder: GpuEncoder, n: number, inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): void {
    signatures.forEach(({ name, size }, k) => {
      const buffer = gpuBuffer(inputs[name]);
      if (buffer) encoder.copyBufferToBuffer(buffer, 0, this.#inputs[k]!, 0, 4 * size * n);
      else this.#session.device.queue.writeBuffer(this.#inputs[k]!, 0, inputs[name] as Float32Array);
    });
    this.#recorder.encode(encoder, this.#run, n);
  }

  /** How many samples there are: arrays are checked as on every target, a buffer holds as many as fit. */
  #count(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): number {
    const { batch } = this.#program;
    const held = signatures.filter(({ name }) => typeof inputs === "object" && inputs !== null && Object.hasOwn(inputs, name) && gpuBuffer(inputs[name]));
    if (held.length === 0) return countSamples(inputs, signatures, batch);
    const counts = held.map(({ name, size }) => {
      const count = gpuBuffer(inputs[name])!.size / (4 * size);
      if (!Number.isInteger(count) || count < 1) throw new RncError("input", `input ${JSON.stringify(name)} is a buffer of ${4 * size * count} bytes, which is no multiple of ${4 * size}`);
      if (count > batch) throw new RncError("batch", `input ${JSON.stringify(name)} holds ${count} samples; the net was created for a batch of ${batch}`);
      return count;
    });
    const others = signatures.filter((s) => !held.includes(s));
    const rest = Object.fromEntries(Object.entries(inputs).filter(([name]) => !held.some((s) => s.name === name)));
    if (others.length > 0 || Object.keys(rest).length > 0) counts.push(others.length > 0 ? countSamples(rest, others, batch) : countSamples(rest, [], batch) || counts[0]!);
    if (counts.some((c) => c !== counts[0])) throw new RncError("input", `inputs hold ${counts.join(" and ")} samples`);
    return counts[0]!;
  }

  /** Gives the memory back; a run that is going on, and every later one, throws. */
  dispose(): void {
    this.#session.close();
  }
}
