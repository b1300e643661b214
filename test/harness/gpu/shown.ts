// A device that shows what dispatches write: between two of them ranges of buffers are copied, so that each is seen as it was then. It has
// what generated modules use of a device, and does the rest by the device that it stands for.

/** What is copied after a dispatch: a range of the k-th buffer that kernels and the host both read and write. In bytes. */
export interface Shown {
  readonly buffer: number;
  readonly offset: number;
  readonly size: number;
}

const STORED = 0x80 | 0x4 | 0x8; // storage, copied from and to
const [MAP_READ, READ] = [1, 0x1 | 0x8];
const used = ["createShaderModule", "createBindGroupLayout", "createPipelineLayout", "createBindGroup", "createComputePipelineAsync", "pushErrorScope", "popErrorScope", "destroy"] as const;

export interface Watching {
  /** To be given to `createTrainer`. */
  readonly device: object;
  /** From now on: `shown` after each dispatch of a pass, where there is something to see. */
  watch(shown: readonly (Shown | null)[]): void;
  /** What was shown since, in order; nothing is watched any more. */
  seen(): Promise<readonly Float32Array[]>;
}

export function watching(device: GPUDevice): Watching {
  const buffers: GPUBuffer[] = [];
  let watched: { readonly shown: readonly (Shown | null)[]; readonly copies: GPUBuffer } | null = null;
  const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const buffer = device.createBuffer(descriptor);
    if (descriptor.usage === STORED) buffers.push(buffer);
    return buffer;
  };
  const createCommandEncoder = (): object => {
    const encoder = device.createCommandEncoder();
    return {
      beginComputePass: () => (watched ? watchedPass(encoder, buffers, watched) : encoder.beginComputePass()),
      copyBufferToBuffer: encoder.copyBufferToBuffer.bind(encoder),
      finish: () => encoder.finish(),
    };
  };
  const same = Object.fromEntries(used.map((name) => [name, (device[name] as (...args: unknown[]) => unknown).bind(device)]));
  return {
    device: { ...same, lost: device.lost, features: device.features, limits: device.limits, queue: device.queue, createBuffer, createCommandEncoder },
    watch: (shown) => {
      watched = { shown, copies: device.createBuffer({ size: Math.max(4, total(shown)), usage: READ }) };
    },
    seen: async () => {
      const { shown, copies } = watched!;
      watched = null;
      await copies.mapAsync(MAP_READ);
      const all = new Float32Array(copies.getMappedRange()).slice();
      copies.destroy();
      let at = 0;
      return shown.flatMap((s) => (s ? [all.subarray(at, (at += s.size / 4))] : []));
    },
  };
}

function total(shown: readonly (Shown | null)[]): number {
  return shown.reduce((sum, s) => sum + (s?.size ?? 0), 0);
}

/** A pass that ends where something is to be seen, and begins anew. */
function watchedPass(encoder: GPUCommandEncoder, buffers: readonly GPUBuffer[], { shown, copies }: { readonly shown: readonly (Shown | null)[]; readonly copies: GPUBuffer }): object {
  let pass = encoder.beginComputePass();
  let pipeline: GPUComputePipeline;
  let [dispatch, at] = [0, 0];
  return {
    setPipeline: (p: GPUComputePipeline) => pass.setPipeline((pipeline = p)),
    setBindGroup: (index: number, group: GPUBindGroup) => pass.setBindGroup(index, group),
    dispatchWorkgroups: (x: number, y: number) => {
      pass.dispatchWorkgroups(x, y);
      const show = shown[dispatch++];
      if (!show) return;
      pass.end();
      encoder.copyBufferToBuffer(buffers[show.buffer]!, show.offset, copies, at, show.size);
      at += show.size;
      pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
    },
    end: () => pass.end(),
  };
}
