// A device as one net or trainer uses it: given or opened here, memory on it, one call at a time, and the end of it all.
// Laws: what the device refuses (a shader, memory, the device itself lost) is an RncError of the call that waits for it, never zeros in a
// result; every promise settles.
import { RncError } from "../error.ts";
import type { Gpu, GpuAdapter, GpuBuffer } from "./webgpu.ts";

declare const navigator: { readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> } } | undefined;

/** The device given, or one of this engine's, with as much of its limits as a buffer of so many bytes needs. */
async function openDevice(given: unknown, largest: number): Promise<{ readonly device: Gpu; readonly own: boolean }> {
  if (given !== undefined) {
    if (typeof (given as Partial<Gpu> | null)?.createComputePipelineAsync !== "function") throw new RncError("device", "device is a GPUDevice");
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
  return { device: await adapter.requestDevice({ requiredLimits }).catch(refused), own: true };
}

/** Does the work under error scopes: what it made, or an RncError for what the device refused. */
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
  if (result.error !== null) throw result.error instanceof RncError ? result.error : new RncError("gpu", `the GPU refuses the ${what}: ${result.error instanceof Error ? result.error.message : String(result.error)}`);
  return result.value as T;
}

export class GpuSession {
  readonly device: Gpu;
  /** "net" or "trainer": who uses it, in messages. */
  readonly #what: string;
  readonly #own: boolean;
  readonly #buffers: GpuBuffer[] = [];
  /** Rejects when the device is lost or the session closed. */
  readonly #end: Promise<never>;
  #ended: RncError | null = null;
  #finish!: (error: RncError) => void;
  #busy = false;

  private constructor(what: string, device: Gpu, own: boolean) {
    this.#what = what;
    this.device = device;
    this.#own = own;
    this.#end = new Promise<never>((_, reject) => {
      this.#finish = (error) => {
        this.#ended ??= error;
        reject(this.#ended);
      };
    });
    this.#end.catch(() => undefined);
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

  /** Memory that lives until the session is closed. */
  buffer(bytes: number, usage: number): GpuBuffer {
    const buffer = this.device.createBuffer({ size: Math.max(256, Math.ceil(bytes / 4) * 4), usage });
    this.#buffers.push(buffer);
    return buffer;
  }

  /** What the work makes; or what the device refused of it, or the end. */
  guarded<T>(work: () => T | Promise<T>): Promise<T> {
    return Promise.race([this.#end, underScopes(this.device, this.#what, work)]);
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

  /** Gives the memory back; a call that is going on, and every later one, throws. */
  close(): void {
    this.#finish(new RncError("disposed", `the ${this.#what} was disposed of`));
    for (const buffer of this.#buffers) buffer.destroy();
    if (this.#own) this.device.destroy();
  }
}
