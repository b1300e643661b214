// Real weights, images and reference outputs, which are never committed: `../shared/data` beside the checkout, or RNC_DATA.
// Law: where they are absent a test says that it is skipped; in CI their absence is a failure.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

export const dataFolder = process.env["RNC_DATA"] ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));
export const haveData = existsSync(join(dataFolder, "resnet20-cifar10.safetensors"));

if (!haveData) {
  if (process.env["CI"]) throw new Error(`the reference data is absent from ${dataFolder}; CI must not skip its tests`);
  console.warn(`reference data is absent from ${dataFolder}: tests that need it are skipped (set RNC_DATA)`);
}

export function dataFile(...path: string[]): string {
  return join(dataFolder, ...path);
}

export function readData(...path: string[]): Uint8Array {
  return new Uint8Array(readFileSync(dataFile(...path)));
}
