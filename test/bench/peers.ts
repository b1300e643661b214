// Installs a pinned peer into a cache folder of its own (never into the project) and imports it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache/rnlang-bench/", import.meta.url));

/** The peers and the versions that the README's table names. */
export const versions = {
  "@tensorflow/tfjs-core": "4.22.0",
  "@tensorflow/tfjs-backend-cpu": "4.22.0",
} as const;
export type Peer = keyof typeof versions;

export function installPeers(): void {
  mkdirSync(cacheFolder, { recursive: true });
  const manifest = JSON.stringify({ private: true, dependencies: versions });
  const path = join(cacheFolder, "package.json");
  const installed = existsSync(path) && readFileSync(path, "utf8") === manifest && existsSync(join(cacheFolder, "node_modules"));
  if (installed) return;
  writeFileSync(path, manifest);
  process.stderr.write("installing the pinned peers …\n");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], { cwd: cacheFolder, stdio: ["ignore", "ignore", "inherit"] });
}

export function importPeer(name: Peer): Promise<unknown> {
  return import(pathToFileURL(createRequire(join(cacheFolder, "package.json")).resolve(name)).href);
}
