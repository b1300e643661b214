// The host of modules of --target wgsl: buffers, pipelines, bind groups made once; one command buffer per run.
// Laws: what the device refuses (a shader, memory, the device itself lost) is an RncError of the call that waits for it, never zeros in a
// result; every promise settles; a range that is bound begins at a multiple of 256 bytes.
import { RncError } from "./error.ts";
import { countSamples, type InputSignature } from "./check.ts";

/** The little of WebGPU that is used here; programs without the DOM's types have no other. */
interface GpuBuffer {
  readonly size: number;
  destroy(): void;
  mapAsync(mode: number, offset: number, size: number): Promise<void>;
  getMappedRange(offset: number, size: number): ArrayBuffer;
  unmap(): void;
}
interface GpuPass {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number): void;
  end(): void;
}
interface GpuEncoder {
  beginComputePass(): GpuPass;
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): object;
}
interface Gpu {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  readonly limits: { readonly maxBufferSize: number; readonly maxStorageBufferBindingSize: number };
  readonly queue: { writeBuffer(buffer: GpuBuffer, offset: number, data: object): void; submit(commands: readonly object[]): void };
  createBuffer(descriptor: { size: number; usage: number }): GpuBuffer;
  createShaderModule(descriptor: { code: string }): object;
  createBindGroupLayout(descriptor: object): object;
  createPipelineLayout(descriptor: object): object;
  createBindGroup(descriptor: object): object;
  createComputePipelineAsync(descriptor: object): Promise<object>;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: string): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}
interface GpuAdapter {
  readonly limits: Gpu["limits"];
  requestDevice(descriptor: object): Promise<Gpu>;
}

declare const navigator: { readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> } } | undefined;

const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [0x1, 0x4, 0x8, 0x40, 0x80];
const COMPUTE = 4;
const MOST_GROUPS = 65_535;

/** One dispatch of a kernel. */
interface GpuStage {
  /** Which of the shaders. */
  readonly shader: number;
  /** The kernel's arguments bound at 0, 1, …, and what is done with each: "r" read, "w" written too; then "n" for n, "c" for numbers. */
  readonly arguments: readonly number[];
  readonly access: string;
  readonly numbers: readonly number[];
  /** ⌈(fixed + perSample · n) / per⌉ · times workgroups. */
  readonly groups: readonly number[];
}

interface GpuKernel {
  /** Bytes of each argument: fixed, and per sample of the net's batch. */
  readonly sizes: readonly (readonly number[])[];
  readonly stages: readonly GpuStage[];
}

/** Records the dispatches of a kernel: for each argument the buffer, and where it begins there in bytes. */
type GpuCalls = { readonly [kernel: string]: (...places: readonly (GpuBuffer | number)[]) => void };

/** A module's network, for nets of one batch. All sizes and offsets are bytes. */
export interface GpuProgram {
  readonly shaders: readonly string[];
  readonly kernels: { readonly [name: string]: GpuKernel };
  readonly batch: number;
  readonly regions: { readonly [region: string]: number };
  readonly inputs: readonly { readonly name: string; readonly bytes: number }[];
  readonly outputs: readonly { readonly name: string; readonly offset: number; readonly fixed: number; readonly perSample: number }[];
  prepare(call: GpuCalls, memory: { readonly [region: string]: GpuBuffer }): void;
  run(call: GpuCalls, memory: { readonly [region: string]: GpuBuffer }, inputs: readonly GpuBuffer[]): void;
}

interface Dispatch {
  readonly pipeline: number;
  readonly group: object;
  readonly groups: readonly number[];
}

function gpuBuffer(value: unknown): GpuBuffer | null {
  return typeof value === "object" && value !== null && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "GPUBuffer" ? (value as GpuBuffer) : null;
}

/** The device given, or one of this engine's, with as much of its limits as the net wants. */
async function openDevice(given: unknown, { regions, inputs }: GpuProgram): Promise<{ readonly device: Gpu; readonly own: boolean }> {
  if (given !== undefined) {
    if (typeof (given as Partial<Gpu> | null)?.createComputePipelineAsync !== "function") throw new RncError("device", "device is a GPUDevice");
    return { device: given as Gpu, own: false };
  }
  const gpu = typeof navigator === "undefined" ? undefined : navigator?.gpu;
  if (!gpu) throw new RncError("device", "this engine has no WebGPU (navigator.gpu): pass a GPUDevice to create({ device }), in Node of the package webgpu, or compile with --target wasm");
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new RncError("device", "there is no GPU adapter here: pass a GPUDevice to create({ device }), or compile with --target wasm");
  const most = Math.max(...Object.values(regions), ...inputs.map((i) => i.bytes));
  const wanted = (least: number, limit: number): number => Math.min(Math.max(least, most), limit);
  const requiredLimits = { maxBufferSize: wanted(2 ** 28, adapter.limits.maxBufferSize), maxStorageBufferBindingSize: wanted(2 ** 27, adapter.limits.maxStorageBufferBindingSize) };
  try {
    return { device: await adapter.requestDevice({ requiredLimits }), own: true };
  } catch (e) {
    throw new RncError("device", `the GPU adapter gives no device: ${e instanceof Error ? e.message : String(e)}`);
  }
}

/** Does the work under error scopes: what it made, or an RncError for what the device refused. */
async function underScopes<T>(device: Gpu, work: () => T): Promise<Awaited<T>> {
  device.pushErrorScope("out-of-memory");
  device.pushErrorScope("validation");
  let made: T;
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
  return result.value as Awaited<T>;
}

/** A net on a device. */
export class GpuNet {
  readonly #device: Gpu;
  readonly #own: boolean;
  readonly #program: GpuProgram;
  readonly #buffers: GpuBuffer[] = [];
  readonly #memory: { [region: string]: GpuBuffer } = {};
  readonly #inputs: GpuBuffer[] = [];
  #samples = 0;
  #n!: GpuBuffer;
  #read!: GpuBuffer;
  #numbers!: GpuBuffer;
  readonly #numbersAt = new Map<GpuStage, number>();
  readonly #layouts = new Map<string, object>();
  readonly #pipelines = new Map<string, { readonly index: number; readonly made: Promise<object> }>();
  #run: readonly Dispatch[] = [];
  #made: readonly object[] = [];
  #arrays: Float32Array[] = [];
  #kept: GpuBuffer[] | null = null;
  /** Rejects when the device is lost or the net disposed of. */
  readonly #end: Promise<never>;
  #ended: RncError | null = null;
  #dispose!: (error: RncError) => void;
  #busy = false;

  private constructor(device: Gpu, own: boolean, program: GpuProgram) {
    this.#device = device;
    this.#own = own;
    this.#program = program;
    this.#end = new Promise<never>((_, reject) => {
      this.#dispose = (error) => {
        this.#ended ??= error;
        reject(this.#ended);
      };
    });
    this.#end.catch(() => undefined);
    void device.lost.then((info) => this.#dispose(new RncError("device", `the GPU device was lost (${info.message || info.reason || "no reason given"}): create the net again`)));
  }

  /** The net with its weights, which are loaded before anything is made. */
  static async make(given: unknown, program: GpuProgram, weights: Float32Array): Promise<GpuNet> {
    const { device, own } = await openDevice(given, program);
    const net = new GpuNet(device, own, program);
    try {
      net.#checkLimits();
      await Promise.race([underScopes(device, () => net.#prepare(weights)), net.#end]);
    } catch (e) {
      net.dispose();
      throw e;
    }
    return net;
  }

  /** How many pipelines were made. */
  get pipelines(): number {
    return this.#pipelines.size;
  }

  #checkLimits(): void {
    const { regions, inputs, kernels, batch } = this.#program;
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const buffer = Math.max(...Object.values(regions), ...inputs.map((i) => i.bytes));
    const binding = Math.max(0, ...Object.values(kernels).flatMap((k) => k.sizes.map(([fixed, perSample]) => fixed! + perSample! * batch)));
    if (buffer > maxBufferSize) throw new RncError("batch", `batch ${batch} needs a buffer of ${buffer} bytes; the GPU device has at most ${maxBufferSize}`);
    if (binding > maxStorageBufferBindingSize) throw new RncError("batch", `batch ${batch} binds ${binding} bytes; the GPU device binds at most ${maxStorageBufferBindingSize}`);
  }

  async #prepare(weights: Float32Array): Promise<void> {
    const { regions, inputs, outputs, batch } = this.#program;
    for (const [region, bytes] of Object.entries(regions)) this.#memory[region] = this.#buffer(bytes, STORAGE | COPY_SRC | COPY_DST);
    for (const { bytes } of inputs) this.#inputs.push(this.#buffer(bytes, STORAGE | COPY_DST));
    this.#n = this.#buffer(16, UNIFORM | COPY_DST);
    this.#read = this.#buffer(outputs.reduce((sum, o) => sum + o.fixed + o.perSample * batch, 0), MAP_READ | COPY_DST);
    this.#arrays = outputs.map((o) => new Float32Array((o.fixed + o.perSample * batch) / 4));
    this.#writeNumbers();
    if (weights.length > 0) this.#device.queue.writeBuffer(this.#memory["weights"]!, 0, weights);
    const prepare = this.#record((call) => this.#program.prepare(call, this.#memory));
    this.#run = this.#record((call) => this.#program.run(call, this.#memory, this.#inputs));
    this.#made = await Promise.all([...this.#pipelines.values()].map((p) => p.made));
    const encoder = this.#device.createCommandEncoder();
    this.#encode(encoder, prepare, 0);
    this.#device.queue.submit([encoder.finish()]);
    this.#memory["staging"]?.destroy();
  }

  #buffer(bytes: number, usage: number): GpuBuffer {
    const buffer = this.#device.createBuffer({ size: Math.max(256, Math.ceil(bytes / 4) * 4), usage });
    this.#buffers.push(buffer);
    return buffer;
  }

  /** The numbers of all stages in one buffer, each at a place that can be bound. */
  #writeNumbers(): void {
    const stages = Object.values(this.#program.kernels).flatMap((k) => k.stages).filter((s) => s.numbers.length > 0);
    const all = new Uint32Array(64 * Math.max(1, stages.length));
    stages.forEach((s, k) => {
      all.set(s.numbers, 64 * k);
      this.#numbersAt.set(s, 256 * k);
    });
    this.#numbers = this.#buffer(4 * all.length, UNIFORM | COPY_DST);
    this.#device.queue.writeBuffer(this.#numbers, 0, all);
  }

  /** The dispatches of a program. */
  #record(program: (call: GpuCalls) => void): Dispatch[] {
    const dispatches: Dispatch[] = [];
    const call = Object.fromEntries(Object.entries(this.#program.kernels).map(([name, kernel]) => [name, (...places: readonly (GpuBuffer | number)[]) => {
      for (const stage of kernel.stages) dispatches.push(this.#dispatch(kernel, stage, places));
    }]));
    program(call);
    return dispatches;
  }

  #dispatch(kernel: GpuKernel, stage: GpuStage, places: readonly (GpuBuffer | number)[]): Dispatch {
    const resource = (kind: string, k: number): object => {
      if (kind === "n") return { buffer: this.#n, size: 16 };
      if (kind === "c") return { buffer: this.#numbers, offset: this.#numbersAt.get(stage)!, size: 16 * Math.ceil(stage.numbers.length / 4) };
      const argument = stage.arguments[k]!;
      const [fixed, perSample] = kernel.sizes[argument]!;
      return { buffer: places[2 * argument], offset: places[2 * argument + 1], size: fixed! + perSample! * this.#program.batch };
    };
    const entries = [...stage.access].map((kind, binding) => ({ binding, resource: resource(kind, binding) }));
    const layout = this.#layout(stage.access);
    return { pipeline: this.#pipeline(stage, layout), group: this.#device.createBindGroup({ layout, entries }), groups: stage.groups };
  }

  #layout(access: string): object {
    const known = this.#layouts.get(access);
    if (known) return known;
    const types: { readonly [kind: string]: string } = { r: "read-only-storage", w: "storage", n: "uniform", c: "uniform" };
    const layout = this.#device.createBindGroupLayout({ entries: [...access].map((kind, binding) => ({ binding, visibility: COMPUTE, buffer: { type: types[kind] } })) });
    this.#layouts.set(access, layout);
    return layout;
  }

  #pipeline({ shader, access }: GpuStage, layout: object): number {
    const key = `${shader} ${access}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      const device = this.#device;
      const made = device.createComputePipelineAsync({ layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }), compute: { module: device.createShaderModule({ code: this.#program.shaders[shader]! }), entryPoint: "main" } });
      made.catch(() => undefined); // whoever waits for all of them hears of it
      this.#pipelines.set(key, (pipeline = { index: this.#pipelines.size, made }));
    }
    return pipeline.index;
  }

  #encode(encoder: GpuEncoder, dispatches: readonly Dispatch[], n: number): void {
    const pass = encoder.beginComputePass();
    let current = -1;
    for (const { pipeline, group, groups: [fixed, perSample, per, times] } of dispatches) {
      if (pipeline !== current) pass.setPipeline(this.#made[(current = pipeline)]!);
      pass.setBindGroup(0, group);
      const count = Math.ceil((fixed! + perSample! * n) / per!) * times!;
      const rows = Math.ceil(count / MOST_GROUPS);
      pass.dispatchWorkgroups(rows > 1 ? Math.ceil(count / rows) : count, rows);
    }
    pass.end();
  }

  /** Computes the samples, and reads the outputs: views of arrays that the next run writes to again. */
  async run(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): Promise<Record<string, Float32Array>> {
    const { outputs } = this.#program;
    return this.#alone(async () => {
      const n = this.#count(inputs, signatures);
      const bytes = outputs.map((o) => o.fixed + o.perSample * n);
      const all = bytes.reduce((a, b) => a + b, 0);
      await Promise.race([this.#end, underScopes(this.#device, () => {
        let at = 0;
        this.#submit(n, inputs, signatures, (encoder) => outputs.forEach((o, k) => {
          encoder.copyBufferToBuffer(this.#memory["activations"]!, o.offset, this.#read, at, bytes[k]!);
          at += bytes[k]!;
        }));
        return this.#read.mapAsync(1, 0, all);
      })]);
      const data = new Float32Array(this.#read.getMappedRange(0, all));
      let at = 0;
      const views = outputs.map((o, k) => {
        const length = bytes[k]! / 4;
        this.#arrays[k]!.set(data.subarray(at, at + length));
        at += length;
        return [o.name, this.#arrays[k]!.subarray(0, length)] as const;
      });
      this.#read.unmap();
      return Object.fromEntries(views);
    });
  }

  /** Computes the samples, and leaves the outputs on the device: buffers that the next such run writes to again. */
  async runToBuffers(inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[]): Promise<Record<string, GpuBuffer>> {
    const { outputs, batch } = this.#program;
    return this.#alone(async () => {
      const n = this.#count(inputs, signatures);
      await Promise.race([this.#end, underScopes(this.#device, () => {
        const kept = (this.#kept ??= outputs.map((o) => this.#buffer(o.fixed + o.perSample * batch, STORAGE | COPY_SRC | COPY_DST)));
        this.#submit(n, inputs, signatures, (encoder) => outputs.forEach((o, k) => encoder.copyBufferToBuffer(this.#memory["activations"]!, o.offset, kept[k]!, 0, o.fixed + o.perSample * n)));
      })]);
      return Object.fromEntries(outputs.map((o, k) => [o.name, this.#kept![k]!]));
    });
  }

  /** One run at a time: buffers are the net's. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
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

  #submit(n: number, inputs: Readonly<Record<string, unknown>>, signatures: readonly InputSignature[], copies: (encoder: GpuEncoder) => void): void {
    const { queue } = this.#device;
    const encoder = this.#device.createCommandEncoder();
    if (n !== this.#samples) queue.writeBuffer(this.#n, 0, Uint32Array.of(n));
    this.#samples = n;
    signatures.forEach(({ name, size }, k) => {
      const buffer = gpuBuffer(inputs[name]);
      if (buffer) encoder.copyBufferToBuffer(buffer, 0, this.#inputs[k]!, 0, 4 * size * n);
      else queue.writeBuffer(this.#inputs[k]!, 0, inputs[name] as Float32Array);
    });
    this.#encode(encoder, this.#run, n);
    copies(encoder);
    queue.submit([encoder.finish()]);
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
    this.#dispose(new RncError("disposed", "the net was disposed of"));
    for (const buffer of this.#buffers) buffer.destroy();
    if (this.#own) this.#device.destroy();
  }
}



