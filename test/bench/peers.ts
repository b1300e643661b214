// Installs the pinned peers into a cache folder of their own (never into the project), and says what users of each download.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const cacheFolder = fileURLToPath(new URL("../../node_modules/.cache/rnlang-bench/", import.meta.url));

/** The peers and the versions that the README's table names. */
export const versions = {
  "onnxruntime-node": "1.30.0",
  "onnxruntime-web": "1.30.0",
  "@tensorflow/tfjs-core": "4.22.0",
  "@tensorflow/tfjs-backend-cpu": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
  "@tensorflow/tfjs-backend-webgpu": "4.22.0",
  "@jax-js/jax": "0.1.25",
} as const;

export function installPeers(): void {
  mkdirSync(cacheFolder, { recursive: true });
  const manifest = JSON.stringify({ private: true, dependencies: versions });
  const path = join(cacheFolder, "package.json");
  const installed = existsSync(path) && readFileSync(path, "utf8") === manifest && existsSync(join(cacheFolder, "node_modules"));
  if (installed) return;
  process.stderr.write("installing the pinned peers …\n");
  writeFileSync(path, JSON.stringify({ private: true }));
  // Their install scripts only fetch GPU libraries: the packages carry what is measured here.
  const pinned = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...pinned], { cwd: cacheFolder, stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(path, manifest);
}

/** What runs in one thread, as a browser (or Node, for native code) loads it; JavaScript in the packages' own minified bundles. */
const downloads = {
  "ort-node": { what: "native library and binding", files: [`onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime.so.1`, `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`] },
  "ort-web": { what: "wasm and JavaScript", files: ["onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", "onnxruntime-web/dist/ort-wasm-simd-threaded.mjs", "onnxruntime-web/dist/ort.wasm.min.mjs"] },
  "tfjs-wasm": { what: "wasm and JavaScript", files: ["@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm", "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js", "@tensorflow/tfjs-core/dist/tf-core.min.js"] },
  "tfjs-cpu": { what: "JavaScript", files: ["@tensorflow/tfjs-backend-cpu/dist/tf-backend-cpu.min.js", "@tensorflow/tfjs-core/dist/tf-core.min.js"] },
} as const;
export type Peer = keyof typeof downloads;

export function downloadOf(peer: Peer): { readonly what: string; readonly bytes: number; readonly gzipped: number } | null {
  const paths = downloads[peer].files.map((f) => join(cacheFolder, "node_modules", f));
  if (!paths.every((p) => existsSync(p))) return null;
  const files = paths.map((p) => readFileSync(p));
  return { what: downloads[peer].what, bytes: files.reduce((sum, f) => sum + f.length, 0), gzipped: files.reduce((sum, f) => sum + gzipSync(f).length, 0) };
}
