// One configuration for both tiers: `npm test` (small counts) and `npm run verify` (the full ones, RNC_VERIFY=1).
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/harness/build.ts", "test/harness/gpu/fetch.ts"],
    pool: "forks",
    maxWorkers: 2,
    retry: 0,
    testTimeout: process.env["RNC_VERIFY"] === "1" ? 3_600_000 : 60_000,
    hookTimeout: 120_000,
  },
});
