// A device that tells what is asked of it, and may be told to do something else instead; the real one does the rest and judges it.
import { usage } from "./compute.ts";

type Method = (...args: never[]) => unknown;
/** By name: what is called instead of a method, given the real one. */
export type Instead = Readonly<Record<string, (real: Method) => Method>>;

/** The object with some of its methods replaced. Native objects know only themselves as `this`. */
export function watched<T extends object>(real: T, instead: Instead): T {
  return new Proxy(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const bound = (value as Method).bind(target);
      return typeof name === "string" && Object.hasOwn(instead, name) ? instead[name]!(bound) : bound;
    },
  });
}

/** The device, and the groups of every dispatch in a row and in how many rows. */
export function counted(device: GPUDevice): { readonly device: GPUDevice; readonly dispatches: (readonly [number, number])[] } {
  const dispatches: (readonly [number, number])[] = [];
  const count = (dispatch: Method) => (x: number, y: number) => {
    dispatches.push([x, y]);
    return dispatch(...([x, y] as never[]));
  };
  const pass = (begin: Method) => () => watched(begin() as GPUComputePassEncoder, { dispatchWorkgroups: count });
  return { device: watched(device, { createCommandEncoder: (create) => () => watched(create() as GPUCommandEncoder, { beginComputePass: pass }) }), dispatches };
}

/** The device, which refuses a command buffer for each `true` in `refusals`, where each that is begun takes the first away. */
export function refusing(device: GPUDevice, refusals: boolean[]): GPUDevice {
  return watched(device, {
    createCommandEncoder: (create) => () => {
      const encoder = create() as GPUCommandEncoder;
      if (refusals.shift()) encoder.clearBuffer(device.createBuffer({ size: 4, usage: usage.storage })); // which takes a copyDst
      return encoder;
    },
  });
}
