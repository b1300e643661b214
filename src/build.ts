// `npm run build`: dist/rnc.js, the command (its rarer parts in dist/rnc/, loaded when needed); dist/index.js, the library for Node
// and browsers, everything inlined; dist/types, its declarations. Types are not checked here: `npm run check` does that.
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
};

rmSync(join(root, "dist"), { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: { rnc: "src/cli/main.ts" },
    outdir: "dist",
    chunkNames: "rnc/[name]-[hash]",
    splitting: true,
    platform: "node",
    // CommonJS packages ask for Node's modules through `require`.
    banner: { js: `#!/usr/bin/env node\nimport { createRequire as rncRequire } from "node:module"; const require = rncRequire(import.meta.url);` },
  }),
  build({ ...common, entryPoints: { index: "src/index.ts" }, outdir: "dist", platform: "browser" }),
]);
chmodSync(join(root, "dist", "rnc.js"), 0o755);
execFileSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", root, "--noCheck", "--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--rootDir", root, "--outDir", join(root, "dist", "types")], { stdio: "inherit" });
