// A GPU out of npm packages alone: SwiftShader and the Vulkan loader, which lie inside a packaged Chromium, beside a copy of `webgpu`, because
// its library looks for the loader in its own folder. Unpacked once per machine, user and versions, into a cache folder.
// Law: the folder appears whole, by one rename, so processes that start together never see half of it.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const modules = fileURLToPath(new URL("../../../node_modules/", import.meta.url));

export const packages = { dawn: join(modules, "webgpu"), chromium: join(modules, "@sparticuz/chromium") } as const;

function version(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
}

/** Why this machine cannot unpack a software GPU, or null. */
export function whyNotUnpack(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64") return `no npm package carries a software GPU for ${process.platform}-${process.arch}`;
  for (const folder of Object.values(packages)) if (!existsSync(folder)) return `${folder} is not installed`;
  return null;
}

/** The folder that `fill` has filled, now or earlier. Another user's folder of that name is refused: native code is loaded from it. */
export function cached(name: string, fill: (folder: string) => void, parent = tmpdir()): string {
  const user = process.getuid?.() ?? 0;
  const folder = join(parent, `rnlang-${name}-${user}`);
  if (!existsSync(folder)) {
    mkdirSync(parent, { recursive: true });
    const half = mkdtempSync(`${folder}-`); // only this user may read it
    try {
      fill(half);
      renameSync(half, folder);
    } catch (e) {
      rmSync(half, { recursive: true, force: true });
      if (!existsSync(folder)) throw e; // otherwise another process was faster
    }
  }
  const { uid } = lstatSync(folder);
  if (process.getuid && uid !== user) throw new Error(`${folder} belongs to user ${uid}`);
  return folder;
}

/** Where `webgpu` lies with SwiftShader and the loader beside its library. */
export function unpacked(parent?: string): { readonly dawn: string; readonly icd: string } {
  const folder = cached(`gpu-${version(packages.dawn)}-${version(packages.chromium)}`, fill, parent);
  return { dawn: join(folder, "node_modules/webgpu"), icd: join(folder, libraries, "vk_swiftshader_icd.json") };
}

const libraries = "node_modules/webgpu/dist/linux-x64";

function fill(folder: string): void {
  const dawn = join(folder, "node_modules/webgpu"); // a path that every loader leaves alone
  for (const file of ["index.js", "package.json", "dist/linux-x64/dawn.node"]) {
    mkdirSync(dirname(join(dawn, file)), { recursive: true });
    cpSync(join(packages.dawn, file), join(dawn, file));
  }
  const archive = brotliDecompressSync(readFileSync(join(packages.chromium, "bin/swiftshader.tar.br")));
  execFileSync("tar", ["-xf", "-", "--no-same-owner", "-C", join(folder, libraries), "libvk_swiftshader.so", "libvulkan.so.1", "vk_swiftshader_icd.json"], { input: archive });
}
