// Counts the compute pipelines that are made through WebGPU's interface, and for how long somebody waited for them: until the last of
// those that were asked for together was there.
import type { Pipelines } from "./protocol.ts";

let [count, milliseconds] = [0, 0];
let [waiting, since] = [0, 0];

/** Of an engine whose library makes its own device, nothing is known: null. */
export function pipelines(): Pipelines | null {
  return count > 0 ? { count, milliseconds } : null;
}

/** Of devices with this prototype. */
export function countPipelines(prototype: GPUDevice): void {
  const { createComputePipeline, createComputePipelineAsync } = prototype;
  prototype.createComputePipeline = function (descriptor) {
    count++;
    const begin = performance.now();
    const pipeline = createComputePipeline.call(this, descriptor);
    milliseconds += performance.now() - begin;
    return pipeline;
  };
  prototype.createComputePipelineAsync = function (descriptor) {
    count++;
    if (waiting++ === 0) since = performance.now();
    return createComputePipelineAsync.call(this, descriptor).finally(() => {
      if (--waiting === 0) milliseconds += performance.now() - since;
    });
  };
}
