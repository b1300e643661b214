// A device as one net or trainer uses it: given or opened here, memory on it, one call at a time, and the end of it all.
// Laws: what the device refuses (a shader, memory, the device itself lost) is an RncError of the call that waits for it, never zeros in a
// result; every promise settles.
import { RncError } from "../error.ts";
import type { Gpu, GpuAdapter, GpuBuffer, GpuEncoder } from "./webgpu.ts";

declare function setTimeout(work: () => void, milliseconds: number): unknown;
declare const navigator: { readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> } } | undefined;

/** How long a failure waits for the loss that may have caused it: another process than that of the page tells of it. */
const LOSS_IS_TOLD = 100;

/** Bytes of a buffer. */
export interface GpuRange {
  readonly buffer: GpuBuffer;
  readonly offset: number;
  readonly bytes: number;
}

/** What kernels may have variants for. */
export const FEATURES = ["subgroups", "shader-f16"];

/** The device given, or one of this engine's, with as much of its limits as a buffer of so many bytes needs. */
async function openDevice(given: unknown, largest: number): Promise<{ readonly device: Gpu; readonly own: boolean }> {
  if (given !== undefined) {
    if (typeof (given as Partial<Gpu> | null)?.createComputePipelineAsync !== "function") throw new RncError("device", "device must be a GPUDevice");
    return { device: given as Gpu, own: false };
  }
  const gpu = typeof navigator === "undefined" ? undefined : navigator?.gpu;
  if (!gpu) throw new RncError("device", "this engine has no WebGPU (navigator.gpu): pass a GPUDevice to create({ device }), in Node of the package webgpu, or compile with --target wasm");
  const refused = (e: unknown): never => {
    throw new RncError("device", `this engine gives no GPU device: ${e instanceof Error ? e.message : String(e)}`);
  };
  const adapter = await gpu.requestAdapter().catch(refused);
  if (!adapter) throw new RncError("device", "there is no GPU adapter here: pass a GPUDevice to create({ device }), or compile with --target wasm");
  const wanted = (least: number, limit: number): number => Math.min(Math.max(least, largest), limit);
  const requiredLimits = { maxBufferSize: wanted(2 ** 28, adapter.limits.maxBufferSize), maxStorageBufferBindingSize: wanted(2 ** 27, adapter.limits.maxStorageBufferBindingSize) };
  return { device: await adapter.requestDevice({ requiredLimits, requiredFeatures: FEATURES.filter((f) => adapter.features.has(f)) }).catch(refused), own: true };
}

/** Does the work under error scopes: what it made, or, once nothing of it is going on, what the device refused. */
async function underScopes<T>(device: Gpu, what: string, work: () => T | Promise<T>): Promise<T> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let made: T | Promise<T>;
  let scopes: Promise<({ readonly message: string } | null)[]>;
  try {
    made = work();
  } finally {
    scopes = Promise.all([device.popErrorScope(), device.popErrorScope()]);
  }
  const [result, errors] = await Promise.all([Promise.resolve(made).then((value) => ({ value, error: null }), (error: unknown) => ({ value: null, error })), scopes]);
  const [invalid, memory] = errors;
  if (memory) throw new RncError("memory", `the GPU has not the memory for this ${what}: make a smaller batch (${memory.message})`);
  if (invalid) throw new RncError("gpu", `the GPU refuses the ${what}: ${invalid.message}`);
  if (result.error !== null) throw result.error;
  return result.value as T;
}

export class GpuSession {
  readonly device: Gpu;
  /** "net" or "trainer": who uses it, in messages. */
  readonly #what: string;
  readonly #own: boolean;
  readonly #buffers = new Set<GpuBuffer>();
  /** Who is told when the device is lost or the session closed: no promise, which would keep every result that was ever raced with it. */
  readonly #waiting = new Set<(error: RncError) => void>();
  #ended: RncError | null = null;
  #busy = false;

  private constructor(what: string, device: Gpu, own: boolean) {
    this.#what = what;
    this.device = device;
    this.#own = own;
    void device.lost.then((info) => this.#finish(new RncError("device", `the GPU device was lost (${info.message || info.reason || "no reason given"}): create the ${what} again`)));
  }

  /** What `make` makes on a device, whose largest buffer has so many bytes; where that fails all is given back. */
  static async open<T>(what: string, given: unknown, batch: number, largest: number, make: (session: GpuSession) => Promise<T>): Promise<T> {
    const { device, own } = await openDevice(given, largest);
    const session = new GpuSession(what, device, own);
    try {
      const { maxBufferSize } = device.limits;
      if (largest > maxBufferSize) throw new RncError("batch", `batch ${batch} needs a buffer of ${largest} bytes; the GPU device has at most ${maxBufferSize}`);
      return await session.guarded(() => make(session));
    } catch (e) {
      session.close();
      throw e;
    }
  }

  has(feature: string): boolean {
    return this.device.features.has(feature);
  }

  /** Memory that lives until it is freed or the session closed. */
  buffer(bytes: number, usage: number): GpuBuffer {
    const buffer = this.device.createBuffer({ size: Math.max(4, bytes), usage });
    this.#buffers.add(buffer);
    return buffer;
  }

  free(buffer: GpuBuffer): void {
    this.#buffers.delete(buffer);
    buffer.destroy();
  }

  /** What the work makes; or what the device refused of it, or the end. */
  guarded<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.check();
      this.#waiting.add(reject);
      const done = underScopes(this.device, this.#what, work).then(resolve, async (error: unknown) => reject(error instanceof RncError ? error : await this.#explained(error)));
      void done.finally(() => this.#waiting.delete(reject));
    });
  }

  /** What the engine threw, unless the device turns out to be lost: whoever waits is told of that first. */
  async #explained(error: unknown): Promise<RncError> {
    await new Promise<void>((resolve) => setTimeout(resolve, LOSS_IS_TOLD));
    return new RncError("gpu", `the GPU refuses the ${this.#what}: ${error instanceof Error ? error.message : String(error)}`);
  }

  submit(commands: (encoder: GpuEncoder) => void): void {
    const encoder = this.device.createCommandEncoder();
    commands(encoder);
    this.device.queue.submit([encoder.finish()]);
  }

  /**
   * Takes what lies in the ranges, one behind the other, once the commands are done. Also where the device refuses them, since no later
   * run could submit a buffer that is still mapped.
   */
  read<T>(into: GpuBuffer, ranges: readonly GpuRange[], commands: (encoder: GpuEncoder) => void, take: (data: Float32Array) => T): Promise<T> {
    const all = ranges.reduce((sum, { bytes }) => sum + bytes, 0);
    return this.guarded(async () => {
      this.submit((encoder) => {
        commands(encoder);
        let at = 0;
        for (const { buffer, offset, bytes } of ranges) {
          encoder.copyBufferToBuffer(buffer, offset, into, at, bytes);
          at += bytes;
        }
      });
      await into.mapAsync(1, 0, all);
      try {
        return take(new Float32Array(into.getMappedRange(0, all)));
      } finally {
        into.unmap();
      }
    });
  }

  /** Throws where it has ended. */
  check(): void {
    if (this.#ended) throw this.#ended;
  }

  /** One call at a time: buffers are shared by all. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    if (this.#busy) throw new RncError("busy", "a run is going on: await it before the next");
    this.#busy = true;
    try {
      return await work();
    } catch (e) {
      throw this.#ended ?? e;
    } finally {
      this.#busy = false;
    }
  }

  #finish(error: RncError): void {
    this.#ended ??= error;
    for (const reject of this.#waiting) reject(this.#ended);
  }

  /** Gives the memory back; a call that is going on, and every later one, throws. */
  close(): void {
    this.#finish(new RncError("disposed", `the ${this.#what} was disposed of`));
    for (const buffer of this.#buffers) buffer.destroy();
    if (this.#own) this.device.destroy();
  }
}
