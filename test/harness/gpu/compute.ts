// One dispatch of one kernel, for tests of single kernels. Law: an error of the device is thrown, never a result of zeros.

/** A binding of group 0, in the order of bindings: what it holds at first, or how large it is; `read` gives it back. */
export type Binding = { readonly data: Float32Array | Uint32Array; readonly uniform?: boolean; readonly read?: boolean } | { readonly bytes: number; readonly uniform?: boolean; readonly read?: boolean };

/** WebGPU's own numbers: in Node they are no globals. */
export const usage = { mapRead: 1, copySrc: 4, copyDst: 8, uniform: 64, storage: 128 } as const;
const MAP_READ = 1;

export async function compute(device: GPUDevice, wgsl: string, dispatch: readonly number[], bindings: readonly Binding[], entryPoint = "main"): Promise<ArrayBuffer[]> {
  for (const kind of ["internal", "out-of-memory", "validation"] as const) device.pushErrorScope(kind);
  const module = device.createShaderModule({ code: wgsl });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module, entryPoint } });
  const buffers = bindings.map((b) => bufferOf(device, b));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })) }));
  pass.dispatchWorkgroups(dispatch[0] ?? 1, dispatch[1] ?? 1, dispatch[2] ?? 1);
  pass.end();
  const read = buffers.filter((_, i) => bindings[i]!.read).map((b) => copyOf(device, encoder, b));
  device.queue.submit([encoder.finish()]);
  const errors = await Promise.all([0, 1, 2].map(() => device.popErrorScope()));
  const error = errors.find((e) => e !== null);
  if (error) throw new Error(error.message);
  await device.queue.onSubmittedWorkDone();
  return Promise.all(read.map(contents));
}

function bufferOf(device: GPUDevice, binding: Binding): GPUBuffer {
  const size = "data" in binding ? binding.data.byteLength : binding.bytes;
  const buffer = device.createBuffer({ size, usage: usage.copySrc | usage.copyDst | (binding.uniform ? usage.uniform : usage.storage) });
  if ("data" in binding) device.queue.writeBuffer(buffer, 0, binding.data as Float32Array<ArrayBuffer>);
  return buffer;
}

function copyOf(device: GPUDevice, encoder: GPUCommandEncoder, from: GPUBuffer): GPUBuffer {
  const to = device.createBuffer({ size: from.size, usage: usage.mapRead | usage.copyDst });
  encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
  return to;
}

async function contents(buffer: GPUBuffer): Promise<ArrayBuffer> {
  await buffer.mapAsync(MAP_READ);
  const copy = buffer.getMappedRange().slice(0);
  buffer.destroy();
  return copy;
}
