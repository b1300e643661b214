// Global set-up: what the tests run is what users run, so dist/ is built from the sources as they stand; not again where neither they nor
// dist/ have changed since, byte for byte.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const stamp = join(root, "node_modules", ".rnlang-built");
/** Both projects of the configuration ask for it. */
const done = "RNC_TESTS_BUILT";

export default function setup(): void {
  if (process.env[done] === String(process.pid)) return;
  process.env[done] = String(process.pid);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === state()) return;
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(stamp, state());
}

/** A hash of what the build reads and of what it has written. */
function state(): string {
  const hash = createHash("sha256");
  for (const path of ["src", "grammar", "dist", "package.json", "package-lock.json", "tsconfig.json"].flatMap(files)) hash.update(`${path}\0${statSync(path).size}\0`).update(readFileSync(path));
  return hash.digest("hex");
}

function files(path: string): string[] {
  const at = join(root, path);
  if (!existsSync(at)) return [];
  if (statSync(at).isFile()) return [at];
  return readdirSync(at, { recursive: true, encoding: "utf8" }).map((f) => join(at, f)).filter((f) => statSync(f).isFile()).sort();
}
