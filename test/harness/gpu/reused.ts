// A device that makes the pipeline of a text once: for tests of many nets, whose kernels are few. What is bound follows from the text.
import { watched } from "./watched.ts";

const known = new WeakMap<GPUDevice, GPUDevice>();

export function reusing(device: GPUDevice): GPUDevice {
  const reused = known.get(device) ?? make(device);
  known.set(device, reused);
  return reused;
}

function make(device: GPUDevice): GPUDevice {
  const modules = new Map<string, GPUShaderModule>();
  const pipelines = new Map<GPUShaderModule, Promise<GPUComputePipeline>>();
  const once = <K, V>(map: Map<K, V>, key: K, made: () => V): V => map.get(key) ?? map.set(key, made()).get(key)!;
  return watched(device, {
    createShaderModule: () => (asked: GPUShaderModuleDescriptor) => once(modules, asked.code, () => device.createShaderModule(asked)),
    createComputePipelineAsync: () => (asked: GPUComputePipelineDescriptor) => once(pipelines, asked.compute.module, () => device.createComputePipelineAsync(asked)),
  });
}
