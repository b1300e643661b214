// `npm run build`: dist/rnc.js, the command, and the plugins of bundlers and of Node (their common and rarer parts in dist/rnc/, loaded when
// needed); dist/index.js, the library for Node and browsers, everything inlined; dist/lsp.worker.js, the language server for a web worker;
// dist/graph.view.js, which draws its graphs in a page; dist/types, their declarations; dist/LICENSES.txt, of what is inlined.
// Law: dist/ is replaced in one step, so that whoever runs it meanwhile sees the old or the new one. Types are not checked here
// (`npm run check` does that).
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import ts from "typescript";
import { licences } from "./licences.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "node_modules", `.dist-${process.pid}`);

const common = {
  absWorkingDir: root, outdir: out, bundle: true, format: "esm", target: "es2022", minify: true, legalComments: "none", metafile: true, logLevel: "warning",
} as const satisfies BuildOptions;

/** Of src/plugin: what a host imports. */
const plugins = ["vite", "rollup", "esbuild", "webpack", "register"] as const;
/** Where unplugin's part inside of webpack goes. */
const LOADER = "rnc/webpack-loader";

/** unplugin asks Node for a package, and webpack for a file beside its own; here both are bundled. */
const unplugin: Plugin = {
  name: "unplugin",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]unplugin[\\/]dist[\\/]index\.mjs$/ }, ({ path }) => {
      const replaced = [['__require("webpack-virtual-modules")', 'require("webpack-virtual-modules")'], ['resolve(import.meta.dirname, "webpack/loaders/load.mjs")', `resolve(import.meta.dirname, "../${LOADER}.js")`]] as const;
      const text = replaced.reduce((before, [from, to]) => {
        if (before.split(from).length !== 2) throw new Error(`unplugin has ${from} no more: see src/build.ts`);
        return before.replace(from, to);
      }, readFileSync(path, "utf8"));
      return { contents: text, loader: "js" };
    });
  },
};

async function bundle(): Promise<readonly Metafile[]> {
  const command = build({
    ...common,
    entryPoints: {
      rnc: "src/cli/main.ts",
      ...Object.fromEntries([...plugins, "register-hooks"].map((name) => [name, `src/plugin/${name}.ts`])),
      [LOADER]: "unplugin/webpack/loaders/load",
    },
    external: ["webpack"],
    plugins: [unplugin],
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
  const entries = ["index.ts", "lsp/worker.ts", "view/view.ts", ...plugins.map((name) => `plugin/${name}.ts`)];
  ts.createProgram(entries.map((e) => join(root, "src", e)), config.options).emit();
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
