// A GPU for the tests: Dawn in Node on a software driver, which needs npm packages alone; in the full tier on Mesa's faster one, where that could be
// fetched. RNC_GPU picks: `swiftshader`, `lavapipe` (fetched if need be), `default` (the machine's own drivers) or a path, the ICD file of any driver.
// Law: where there is none a test says that it is skipped; with RNC_REQUIRE_GPU=1 that is a failure.
import { existsSync } from "node:fs";
import { tellAbsent } from "./gpu/absent.ts";
import { deviceOf, instance } from "./gpu/dawn.ts";
import { haveLavapipe, lavapipe } from "./gpu/lavapipe.ts";
import { unpacked, whyNotUnpack } from "./gpu/unpack.ts";
import { full } from "./tier.ts";

export interface Gpu {
  /** What a page calls `navigator.gpu`. */
  readonly gpu: GPU;
  /** For its features and limits: it makes no device of its own, which would be its only one. */
  readonly adapter: Pick<GPUAdapter, "features" | "info" | "limits">;
  /** The driver's own name for itself. */
  readonly name: string;
  /** A new device with the specification's least limits, unless the descriptor asks for more; destroyed when the process ends. */
  device(descriptor?: GPUDeviceDescriptor): Promise<GPUDevice>;
}

const choice = process.env["RNC_GPU"] ?? (full && haveLavapipe() ? "lavapipe" : whyNotUnpack() === null ? "swiftshader" : "default");

/** The ICD file that the choice means; null for the machine's own drivers. */
function driver(): string | null {
  if (choice === "default") return null;
  if (choice === "lavapipe") return lavapipe();
  if (choice !== "swiftshader" && !existsSync(choice)) throw new Error(`RNC_GPU is neither swiftshader, lavapipe, default nor a file: ${choice}`);
  const why = whyNotUnpack();
  if (choice === "swiftshader" && why !== null) throw new Error(why);
  return choice === "swiftshader" ? unpacked().icd : choice;
}

async function open(): Promise<Gpu> {
  const icd = driver();
  if (icd !== null) process.env["VK_DRIVER_FILES"] = icd; // the loader reads it when the first adapter is asked for
  const gpu = await instance(["disable-dawn-features=timestamp_quantization"]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error(`no adapter (RNC_GPU: ${choice})`);
  return { gpu, adapter, name: adapter.info.description || adapter.info.device, device: (descriptor = {}) => deviceOf(gpu, () => descriptor) };
}

let opened: Promise<Gpu> | undefined;

export function gpu(): Promise<Gpu> {
  return (opened ??= open());
}

const devices = new Map<string, Promise<GPUDevice>>();

/** One device for all tests of a file, for each set of features. */
export function testDevice(...features: readonly GPUFeatureName[]): Promise<GPUDevice> {
  const key = features.join();
  const device = devices.get(key) ?? gpu().then((g) => g.device({ requiredFeatures: [...features] }));
  devices.set(key, device);
  return device;
}

/** Can the GPU do that? */
export async function hasFeature(feature: GPUFeatureName): Promise<boolean> {
  return haveGpu && (await gpu()).adapter.features.has(feature);
}

/** Why there is no GPU here, in words; null where there is one. */
export const whyNoGpu: string | null = await gpu().then(() => null, (e: unknown) => (e instanceof Error ? e.message : String(e)));
export const haveGpu = whyNoGpu === null;

if (whyNoGpu !== null) tellAbsent("no GPU", whyNoGpu);
