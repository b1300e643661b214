// A device as one net uses it: given or opened here, memory on it, one call at a time, and the end of it all.
// Laws: what the device refuses (a shader, memory, the device itself lost) is an RncError of the call that waits for it, never zeros in a
// result; every promise settles.
import { RncError } from "../error.ts";
import type { Gpu, GpuAdapter, GpuBuffer } from "./webgpu.ts";

declare const navigator: { readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> } } | undefined;

/** Bytes of the largest buffer, and of the largest range of one that is bound. */
export interface GpuNeeds {
  readonly buffer: number;
  readonly binding: number;
}

/** The device given, or one of this engine's, with as much of its limits as is needed. */
async function openDevice(given: unknown, { buffer }: GpuNeeds): Promise<{ readonly device: Gpu; readonly own: boolean }> {
  if (given !== undefined) {
    if (typeof (given as Partial<Gpu> | null)?.createComputePipelineAsync !== "function") throw new RncError("device", "device is a GPUDevice");
    return { device: given as Gpu, own: false };
  }
  const gpu = typeof navigator === "undefined" ? undefined : navigator?.gpu;
  if (!gpu) throw new RncError("device", "this engine has no WebGPU (navigator.gpu): pass a GPUDevice to create({ device }), in Node of the package webgpu, or compile with --target wasm");
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new RncError("device", "there is no GPU adapter here: pass a GPUDevice to create({ device }), or compile with --target wasm");
  const wanted = (least: number, limit: number): number => Math.min(Math.max(least, buffer), limit);
  const requiredLimits = { maxBufferSize: wanted(2 ** 28, adapter.limits.maxBufferSize), maxStorageBufferBindingSize: wanted(2 ** 27, adapter.limits.maxStorageBufferBindingSize) };
  try {
    return { device: await adapter.requestDevice({ requiredLimits }), own: true };
  } catch (e) {
    throw new RncError("device", `the GPU adapter gives no device: ${e instanceof Error ? e.message : String(e)}`);
  }
}

/** Does the work under error scopes: what it made, or an RncError for what the device refused. */
async function underScopes<T>(device: Gpu, work: () => T | Promise<T>): Promise<T> {
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
  if (memory) throw new RncError("memory", `the GPU has not the memory for this net: make a smaller batch (${memory.message})`);
  if (invalid) throw new RncError("gpu", `the GPU refuses the net: ${invalid.message}`);
  if (result.error !== null) throw result.error instanceof RncError ? result.error : new RncError("gpu", `the GPU refuses the net: ${result.error instanceof Error ? result.error.message : String(result.error)}`);
  return result.value as T;
}

export class GpuSession {
  readonly device: Gpu;
  readonly #own: boolean;
  readonly #buffers: GpuBuffer[] = [];
  /** Rejects when the device is lost or the session closed. */
  readonly #end: Promise<never>;
  #ended: RncError | null = null;
  #finish!: (error: RncError) => void;
  #busy = false;

  private constructor(device: Gpu, own: boolean) {
    this.device = device;
    this.#own = own;
    this.#end = new Promise<never>((_, reject) => {
      this.#finish = (error) => {
        this.#ended ??= error;
        reject(this.#ended);
      };
    });
    this.#end.catch(() => undefined);
    void device.lost.then((info) => this.#finish(new RncError("device", `the GPU device was lost (${info.message || info.reason || "no reason given"}): create the net again`)));
  }

  /** What `make` makes on a device for nets of this batch; where that fails all is given back. */
  static async open<T>(given: unknown, batch: number, needs: GpuNeeds, make: (session: GpuSession) => Promise<T>): Promise<T> {
    const { device, own } = await openDevice(given, needs);
    const session = new GpuSession(device, own);
    try {
      session.#checkLimits(batch, needs);
      return await session.guarded(() => make(session));
    } catch (e) {
      session.close();
      throw e;
    }
  }

  #checkLimits(batch: number, { buffer, binding }: GpuNeeds): void {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    if (buffer > maxBufferSize) throw new RncError("batch", `batch ${batch} needs a buffer of ${buffer} bytes; the GPU device has at most ${maxBufferSize}`);
    if (binding > maxStorageBufferBindingSize) throw new RncError("batch", `batch ${batch} binds ${binding} bytes; the GPU device binds at most ${maxStorageBufferBindingSize}`);
  }

  /** Memory that lives until the session is closed. */
  buffer(bytes: number, usage: number): GpuBuffer {
    const buffer = this.device.createBuffer({ size: Math.max(256, Math.ceil(bytes / 4) * 4), usage });
    this.#buffers.push(buffer);
    return buffer;
  }

  /** What the work makes; or what the device refused of it, or the end. */
  guarded<T>(work: () => T | Promise<T>): Promise<T> {
    return Promise.race([this.#end, underScopes(this.device, work)]);
  }

  /** One call at a time: buffers are shared by all. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) throw this.#ended;
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

  /** Gives the memory back; a call that is going on, and every later one, throws. */
  close(): void {
    this.#finish(new RncError("disposed", "the net was disposed of"));
    for (const buffer of this.#buffers) buffer.destroy();
    if (this.#own) this.device.destroy();
  }
}
