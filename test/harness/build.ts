// Global set-up: what the tests run is what users run, so dist/ is built once from the sources as they stand.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Both projects of the configuration ask for it. */
const done = "RNC_TESTS_BUILT";

export default function setup(): void {
  if (process.env[done] === String(process.pid)) return;
  process.env[done] = String(process.pid);
  execFileSync("npm", ["run", "--silent", "build"], { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: ["ignore", "ignore", "inherit"] });
}
