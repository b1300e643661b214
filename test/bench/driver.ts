// A software GPU in a child process of the bench. Law: the loader of the same package for all, caches of shaders on disk off: what a first
// run takes is measured.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load } from "../harness/gpu/lavapipe.ts";
import { countPipelines } from "./pipelines.ts";
import type { Driver } from "./protocol.ts";

export function useDriver({ icd, libraries }: Driver): void {
  process.env["VK_DRIVER_FILES"] = icd;
  process.env["MESA_SHADER_CACHE_DISABLE"] = "true";
  load(libraries);
}

/** Kept, as Dawn wants it. */
const kept: object[] = [];

export async function deviceOn(driver: Driver): Promise<GPUDevice> {
  useDriver(driver);
  const { create } = (await import(pathToFileURL(join(driver.dawn, "index.js")).href)) as { create(options: readonly string[]): GPU };
  const gpu = create([]);
  const device = await (await gpu.requestAdapter())!.requestDevice();
  kept.push(gpu, device);
  countPipelines(Object.getPrototypeOf(device) as GPUDevice);
  return device;
}
