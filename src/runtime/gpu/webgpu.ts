// The little of WebGPU that the host uses; programs without the DOM's types have no other.

export interface GpuBuffer {
  readonly size: number;
  destroy(): void;
  mapAsync(mode: number, offset: number, size: number): Promise<void>;
  getMappedRange(offset: number, size: number): ArrayBuffer;
  unmap(): void;
}
export interface GpuPass {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number): void;
  end(): void;
}
export interface GpuEncoder {
  beginComputePass(): GpuPass;
  copyBufferToBuffer(from: GpuBuffer, fromOffset: number, to: GpuBuffer, toOffset: number, size: number): void;
  finish(): object;
}
export interface Gpu {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  readonly features: { has(name: string): boolean };
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
export interface GpuAdapter {
  readonly features: Gpu["features"];
  readonly limits: Gpu["limits"];
  requestDevice(descriptor: object): Promise<Gpu>;
}

/** How a buffer is used, and the stage that a binding is for: WebGPU's own numbers, which are no globals everywhere. */
export const [MAP_READ, COPY_SRC, COPY_DST, UNIFORM, STORAGE] = [0x1, 0x4, 0x8, 0x40, 0x80];
export const COMPUTE = 4;

export function gpuBuffer(value: unknown): GpuBuffer | null {
  return typeof value === "object" && value !== null && (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "GPUBuffer" ? (value as GpuBuffer) : null;
}
