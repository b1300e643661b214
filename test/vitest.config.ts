// One configuration for both tiers: `npm test` (small counts) and `npm run verify` (the full ones, RNC_VERIFY=1).
// Two processes work at a time. Most files share them one after another (`together`), since loading the compiler and warming it up takes
// a second of each new one; what is about processes, threads, memory, browsers or a GPU has a process per file (`alone`).
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./harness/order.ts";

const alone = ["cli", "package", "browser", "runtime", "hostile", "lsp", "real", "gpu", "wgsl", "vscode"].map((folder) => `test/${folder}/**/*.test.ts`).concat("test/codegen/allocation.test.ts", "test/train/threads.test.ts");

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    globalSetup: ["test/harness/build.ts", "test/harness/gpu/fetch.ts"],
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    retry: 0,
    testTimeout: process.env["RNC_VERIFY"] === "1" ? 3_600_000 : 60_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "alone", include: alone } },
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: alone, isolate: false } },
    ],
  },
});
