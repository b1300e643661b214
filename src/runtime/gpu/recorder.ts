// Programs on a device: the dispatches of a program are recorded once, with their bind groups, and encoded for every run. A pipeline is
// made for each shader and what is bound to it. Law: a range that is bound begins at a multiple of 256 bytes.
import { RncError } from "../error.ts";
import type { GpuSession } from "./session.ts";
import { COMPUTE, COPY_DST, UNIFORM, type GpuBuffer, type GpuEncoder } from "./webgpu.ts";

/** One dispatch of a kernel. */
export interface GpuStage {
  /** Which of the shaders. */
  readonly shader: number;
  /** The kernel's arguments bound at 0, 1, …, and what is done with each: "r" read, "w" written too; then "n" for n, "c" for numbers. */
  readonly arguments: readonly number[];
  readonly access: string;
  readonly numbers: readonly number[];
  /** ⌈(fixed + perSample · n) / per⌉ · times workgroups. */
  readonly groups: readonly number[];
  /** What is done instead on devices that have subgroups. */
  readonly subgroups?: GpuStage;
}

export interface GpuKernel {
  /** Bytes of each argument: fixed, and per sample of the net's batch. */
  readonly sizes: readonly (readonly number[])[];
  readonly stages: readonly GpuStage[];
}

/** A module's kernels, for nets of one batch. */
export interface GpuKernels {
  readonly shaders: readonly string[];
  readonly kernels: { readonly [name: string]: GpuKernel };
  readonly batch: number;
}

/** Records the dispatches of a kernel: for each argument the buffer, and where it begins there in bytes. */
export type GpuCalls = { readonly [kernel: string]: (...places: readonly (GpuBuffer | number)[]) => void };

export interface GpuDispatch {
  readonly pipeline: number;
  readonly group: object;
  readonly groups: readonly number[];
}

/** How packed weights are stored: the line of a shader that says so, and what it is where they are stored in half of the bytes. */
export const SINGLE = "alias Packed = f32; const packed_most = 3.4028234663852886e38f;";
const HALF = "alias Packed = f16; const packed_most = 65504f;";

export type GpuPrecision = "f32" | "f16";

/** The shader for packed weights of that precision. */
export function inPrecision(code: string, precision: GpuPrecision): string {
  return precision === "f16" && code.includes(SINGLE) ? `enable f16;\n${code.replace(SINGLE, HALF)}` : code;
}

/** Workgroups of a row of a dispatch: what every device has. */
export const MOST_GROUPS = 65_535;

export class GpuRecorder {
  readonly #session: GpuSession;
  readonly #program: GpuKernels;
  readonly #precision: GpuPrecision;
  /** Those that the device can do best. */
  readonly #kernels: readonly (readonly [name: string, kernel: GpuKernel])[];
  readonly #n: GpuBuffer;
  readonly #numbers: GpuBuffer;
  readonly #numbersAt = new Map<GpuStage, number>();
  readonly #layouts = new Map<string, object>();
  readonly #pipelines = new Map<string, { readonly index: number; readonly made: Promise<object> }>();
  #made: readonly object[] = [];
  #samples = 0;

  constructor(session: GpuSession, program: GpuKernels, precision: GpuPrecision) {
    this.#session = session;
    this.#program = program;
    this.#precision = precision;
    const chosen = (s: GpuStage): GpuStage => (session.has("subgroups") ? (s.subgroups ?? s) : s);
    this.#kernels = Object.entries(program.kernels).map(([name, { sizes, stages }]) => [name, { sizes, stages: stages.map(chosen) }]);
    this.#n = session.buffer(16, UNIFORM | COPY_DST);
    this.#numbers = this.#writeNumbers();
  }

  /** The numbers of all stages in one buffer, each at a place that can be bound. */
  #writeNumbers(): GpuBuffer {
    const stages = this.#kernels.flatMap(([, k]) => k.stages).filter((s) => s.numbers.length > 0);
    const room = (s: GpuStage): number => 64 * Math.ceil(s.numbers.length / 64);
    const all = new Uint32Array(Math.max(64, stages.reduce((sum, s) => sum + room(s), 0)));
    let at = 0;
    for (const s of stages) {
      all.set(s.numbers, at);
      this.#numbersAt.set(s, 4 * at);
      at += room(s);
    }
    const buffer = this.#session.buffer(4 * all.length, UNIFORM | COPY_DST);
    this.#session.device.queue.writeBuffer(buffer, 0, all);
    return buffer;
  }

  /** The dispatches of a program. */
  record(program: (call: GpuCalls) => void): GpuDispatch[] {
    const dispatches: GpuDispatch[] = [];
    const call = Object.fromEntries(this.#kernels.map(([name, kernel]) => [name, (...places: readonly (GpuBuffer | number)[]) => {
      for (const stage of kernel.stages) dispatches.push(this.#dispatch(kernel, stage, places));
    }]));
    program(call);
    return dispatches;
  }

  #dispatch(kernel: GpuKernel, stage: GpuStage, places: readonly (GpuBuffer | number)[]): GpuDispatch {
    const resource = (kind: string, k: number): object => {
      if (kind === "n") return { buffer: this.#n, size: 16 };
      if (kind === "c") return { buffer: this.#numbers, offset: this.#numbersAt.get(stage)!, size: 16 * Math.ceil(stage.numbers.length / 4) };
      const argument = stage.arguments[k]!;
      const [fixed, perSample] = kernel.sizes[argument]!;
      return { buffer: places[2 * argument], offset: places[2 * argument + 1], size: this.#bound(fixed! + perSample! * this.#program.batch) };
    };
    const entries = [...stage.access].map((kind, binding) => ({ binding, resource: resource(kind, binding) }));
    const layout = this.#layout(stage.access);
    return { pipeline: this.#pipeline(stage, layout), group: this.#session.device.createBindGroup({ layout, entries }), groups: stage.groups };
  }

  /** So many bytes, if the device binds as many. */
  #bound(bytes: number): number {
    const { maxStorageBufferBindingSize } = this.#session.device.limits;
    if (bytes > maxStorageBufferBindingSize) throw new RncError("batch", `batch ${this.#program.batch} binds ${bytes} bytes; the GPU device binds at most ${maxStorageBufferBindingSize}`);
    return bytes;
  }

  #layout(access: string): object {
    const known = this.#layouts.get(access);
    if (known) return known;
    const types: { readonly [kind: string]: string } = { r: "read-only-storage", w: "storage", n: "uniform", c: "uniform" };
    const layout = this.#session.device.createBindGroupLayout({ entries: [...access].map((kind, binding) => ({ binding, visibility: COMPUTE, buffer: { type: types[kind] } })) });
    this.#layouts.set(access, layout);
    return layout;
  }

  #pipeline({ shader, access }: GpuStage, layout: object): number {
    const key = `${shader} ${access}`;
    let pipeline = this.#pipelines.get(key);
    if (!pipeline) {
      const { device } = this.#session;
      const made = device.createComputePipelineAsync({ layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }), compute: { module: device.createShaderModule({ code: inPrecision(this.#program.shaders[shader]!, this.#precision) }), entryPoint: "main" } });
      made.catch(() => undefined); // whoever waits for all of them hears of it
      this.#pipelines.set(key, (pipeline = { index: this.#pipelines.size, made }));
    }
    return pipeline.index;
  }

  /** Waits for the pipelines of all that was recorded: then it can be encoded. */
  async ready(): Promise<void> {
    this.#made = await Promise.all([...this.#pipelines.values()].map((p) => p.made));
  }

  /** One pass, for n samples: of all that is submitted together. */
  encode(encoder: GpuEncoder, dispatches: readonly GpuDispatch[], n: number): void {
    if (n !== this.#samples) this.#session.device.queue.writeBuffer(this.#n, 0, Uint32Array.of(n));
    this.#samples = n;
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
}
