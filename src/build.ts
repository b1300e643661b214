// `npm run build`: dist/rnc.js, the command (its rarer parts in dist/rnc/, loaded when needed); dist/index.js, the library for Node
// and browsers, everything inlined; dist/lsp.worker.js, the language server for a web worker; dist/graph.view.js, which draws its graphs in a page; dist/types, its declarations; dist/LICENSES.txt, of what is inlined.
// Law: dist/ is replaced in one step, so that whoever runs it meanwhile sees the old or the new one. Types are not checked here
// (`npm run check` does that).
import { existsSync, renameSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Metafile } from "esbuild";
import ts from "typescript";
import { licences } from "./licences.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "node_modules", `.dist-${process.pid}`);

const common = {
  absWorkingDir: root, outdir: out, bundle: true, format: "esm", target: "es2022", minify: true, legalComments: "none", metafile: true, logLevel: "warning",
} as const satisfies BuildOptions;

async function bundle(): Promise<readonly Metafile[]> {
  const command = build({
    ...common,
    entryPoints: { rnc: "src/cli/main.ts" },
    platform: "node",
    splitting: true,
    chunkNames: "rnc/[name]-[hash]",
    // CommonJS packages ask for Node's modules through `require`.
    banner: { js: `#!/usr/bin/env node\nimport { createRequire as rncRequire } from "node:module"; const require = rncRequire(import.meta.url);` },
  });
  const library = build({ ...common, entryPoints: { index: "src/index.ts", "lsp.worker": "src/lsp/worker.ts", "graph.view": "src/view/view.ts" }, platform: "browser" });
  return (await Promise.all([command, library])).map((r) => r.metafile);
}

function declarations(): void {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), { noCheck: true, noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: root, outDir: join(out, "types") }, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (d) => { throw new Error(String(d.messageText)); } })!;
  ts.createProgram([join(root, "src", "index.ts")], config.options).emit();
}

try {
  const bundles = await bundle();
  writeFileSync(join(out, "LICENSES.txt"), licences(bundles));
  declarations();
  chmodSync(join(out, "rnc.js"), 0o755);
  const dist = join(root, "dist");
  if (existsSync(dist)) renameSync(dist, `${out}-old`);
  renameSync(out, dist);
} finally {
  rmSync(out, { recursive: true, force: true });
  rmSync(`${out}-old`, { recursive: true, force: true });
}
