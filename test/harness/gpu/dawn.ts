// Dawn in Node. Law: what `create` returns is kept in a global for the life of the process: if it is collected while a device lives, the process
// crashes. And every device is destroyed before the process ends: work left on one crashes it on lavapipe.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packages, unpacked, whyNotUnpack } from "./unpack.ts";

interface Dawn {
  create(options: readonly string[]): GPU;
}
interface Kept {
  readonly instances: Map<string, GPU>;
  readonly devices: Set<GPUDevice>;
}

const key = Symbol.for("rnlang.gpu");
const holder = globalThis as unknown as { [key]?: Kept };
const kept = (holder[key] ??= start());

function start(): Kept {
  const made: Kept = { instances: new Map(), devices: new Set() };
  process.on("exit", () => made.devices.forEach((d) => d.destroy()));
  return made;
}

/** Where Dawn's package lies: the copy with a Vulkan loader beside it, or the installed one where none can be had. */
async function load(): Promise<Dawn> {
  const folder = whyNotUnpack() === null ? unpacked().dawn : packages.dawn;
  if (!existsSync(folder)) throw new Error(`${folder} is not installed`);
  return (await import(/* @vite-ignore */ pathToFileURL(join(folder, "index.js")).href)) as Dawn;
}

/** `navigator.gpu`, as Dawn's options ask for it: one for each set of options in a process. */
export async function instance(options: readonly string[]): Promise<GPU> {
  const name = options.join(" ");
  const { create } = await load(); // its `globals` stay out of globalThis: nobody who hands a device over has to put them there
  const gpu = kept.instances.get(name) ?? create(options);
  kept.instances.set(name, gpu);
  return gpu;
}

/** A device that is destroyed at the latest when the process ends. Each takes an adapter of its own: an adapter makes one device. */
export async function deviceOf(gpu: GPU, descriptor: (adapter: GPUAdapter) => GPUDeviceDescriptor): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error("no adapter");
  const device = await adapter.requestDevice(descriptor(adapter));
  kept.devices.add(device);
  void device.lost.then(() => kept.devices.delete(device));
  return device;
}
