// The package as npm packs it, unpacked into a project's node_modules; beside it, as links, what the project has installed itself.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A new folder with these packages; whoever asks for it removes it. */
export function project(...packages: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "rnlang-project-"));
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], { cwd: root, encoding: "utf8" })) as [{ filename: string }];
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", modules]);
  renameSync(join(modules, "package"), join(modules, "rnlang"));
  for (const name of packages) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "dir");
  }
  write(folder, { "package.json": '{ "private": true, "type": "module" }\n' });
  return folder;
}

/** Files of the project. */
export function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    if (!existsSync(dirname(join(folder, name)))) mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}
