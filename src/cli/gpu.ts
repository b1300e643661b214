// The GPU that `--target wgsl` computes on: Dawn's, through the package webgpu, which whoever wants it installs beside rnc. It is looked for in the
// project where the command runs, then beside the command.
// Laws: Dawn's instance is kept for as long as the process lives, since the process crashes where it is collected before its devices; a device is
// closed before the command ends.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FEATURES } from "../runtime/gpu/session.ts";
import { usageError } from "./exit.ts";
import type { BuildOptions } from "./program.ts";

export interface GpuOptions extends Pick<BuildOptions, "target"> {
  readonly adapter?: string;
}

/** What a command computes on. */
export interface Device {
  /** For `create` of a module: nothing, where it computes on the CPU. */
  readonly given: { readonly device?: object };
  /** What the GPU calls itself; null where there is none. */
  readonly name: string | null;
  readonly close: () => void;
}

/** The little of WebGPU that is used here. */
interface Gpu {
  requestAdapter(options: { readonly forceFallbackAdapter: boolean }): Promise<Adapter | null>;
}
interface Adapter {
  readonly info: { readonly vendor: string; readonly description: string; readonly isFallbackAdapter: boolean };
  readonly limits: Readonly<Record<string, number>>;
  readonly features: { has(name: string): boolean };
  requestDevice(descriptor: object): Promise<{ destroy(): void }>;
}
interface Dawn {
  create(options: readonly string[]): Gpu;
}

export const adapters = ["default", "swiftshader"] as const;
const PACKAGE = "webgpu";
const INSTALL = `npm install ${PACKAGE}`;

/** The device of `--target wgsl`. Nothing to be opened of other targets. */
export async function openDevice({ target, adapter = "default" }: GpuOptions): Promise<Device> {
  if (target !== "wgsl") {
    if (adapter !== "default") throw usageError(`--adapter is about GPUs; --target ${target ?? "ts"} computes on the CPU`, "add --target wgsl");
    return { given: {}, name: null, close: () => undefined };
  }
  const gpu = await dawn();
  const found = await adapterOf(gpu, adapter === "swiftshader");
  // As much as there is: which limits a network wants shows when it is created.
  const requiredLimits = Object.fromEntries(["maxBufferSize", "maxStorageBufferBindingSize"].map((name) => [name, found.limits[name]]));
  const device = await found.requestDevice({ requiredLimits, requiredFeatures: FEATURES.filter((f) => found.features.has(f)) }).catch((e: unknown) => {
    throw usageError(`the GPU adapter gives no device: ${told(e)}`);
  });
  return { given: { device }, name: found.info.description || found.info.vendor, close: () => device.destroy() };
}

const kept = globalThis as { rncGpu?: Gpu };

async function dawn(): Promise<Gpu> {
  const path = installed();
  if (path === null) throw usageError(`--target wgsl computes through the package ${PACKAGE}, which is not installed`, `${INSTALL}, in the folder where rnc runs`);
  try {
    const { create } = (await import(pathToFileURL(path).href)) as Dawn;
    return (kept.rncGpu ??= create([]));
  } catch (e) {
    throw usageError(`the package ${PACKAGE} does not load here: ${told(e)}`, `${INSTALL}@0.6.2 is the version that rnc is tested with`);
  }
}

function installed(): string | null {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(from).resolve(PACKAGE);
    } catch {
      // the next place
    }
  }
  return null;
}

async function adapterOf(gpu: Gpu, software: boolean): Promise<Adapter> {
  const adapter = await gpu.requestAdapter({ forceFallbackAdapter: software });
  if (adapter && (!software || adapter.info.isFallbackAdapter)) return adapter;
  const help = "one in software is enough: VK_DRIVER_FILES names the ICD file of a Vulkan driver, as of SwiftShader or Mesa's lavapipe";
  throw usageError(software ? "Dawn finds no adapter in software here" : "Dawn finds no GPU adapter here", `${help}; or take --target wasm`);
}

function told(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}
