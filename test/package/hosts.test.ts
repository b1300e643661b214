// `.rn` files imported where applications are built, with the package as it is packed: Vite, Rollup, esbuild and webpack make a bundle that
// gives what the command's module gives; a mistake in the program is the host's own error, with its place; Node imports them itself.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Compilation, writeSafetensors } from "../../src/index.ts";
import type { Module } from "../harness/module.ts";
import { project, write } from "../harness/packed.ts";

const library = `block project(to) {
  if in.shape != to { conv(to.c, 1, in.h / to.h) -> bn }
}
`;
const program = `import { project } from "./blocks.rn"

/// A small network.
model net(c = 4) {
  input image: [3, 8, 8]
  conv(c, 3) -> relu
  skip(project) { conv(2 * c, 3, 2) -> relu }
  gap -> dense(5)
  output logits: [5]
}

export tiny = net()
export class = net(c = 2)
export unused = net(c = 3)
`;
/** One application for all hosts: a network on two targets. */
const application = `import { tiny, class as other } from "./net.rn";
import { tiny as wasm } from "./net.rn?target=wasm&threads";
import { weights, image } from "./data.js";

async function logits(network) {
  const net = await network.create({ weights });
  return [...(await net.run({ image })).logits];
}

globalThis.app = async () => ({ ts: await logits(tiny), wasm: await logits(wasm), parameters: other.info.parameters, targets: [tiny.info.target, wasm.info.target] });
`;

const image = Float32Array.from({ length: 192 }, (_, i) => Math.sin(i));
const compiled = new Compilation(program, { load: () => ({ source: { name: "blocks.rn", text: library } }) }).exports;
const weights = writeSafetensors(compiled[0]!.graph.parameters.map((p, k) => {
  const { name, shape } = p.attrs as unknown as { name: string; shape: readonly number[] };
  return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => 1.5 + Math.cos(i * (k + 1))) }];
}));

/** As their manuals say it; all in one process. `app` is built into `out/<host>/app.js`. */
const build = `import { rmSync, writeFileSync } from "node:fs";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { build as vite } from "vite";
import webpack from "webpack";
import rnlangEsbuild from "rnlang/esbuild";
import rnlangRollup from "rnlang/rollup";
import rnlangVite from "rnlang/vite";
import rnlangWebpack from "rnlang/webpack";

const said = [];
const hosts = {
  vite: (entry, out) => vite({ configFile: false, logLevel: "silent", plugins: [rnlangVite()], build: { lib: { entry, formats: ["es"], fileName: (_, name) => name + ".js" }, outDir: out, minify: false } }),
  rollup: async (entry, out) => (await rollup({ input: entry, plugins: [rnlangRollup()], onwarn: (w) => said.push(w.message) })).write({ dir: out, entryFileNames: "[name].js" }),
  esbuild: (entry, out) => esbuild({ entryPoints: entry, bundle: true, format: "esm", outdir: out, plugins: [rnlangEsbuild()], logLevel: "silent" }),
  webpack: (entry, out) => new Promise((resolve, reject) => webpack({
    mode: "production", target: "node", entry: Object.fromEntries(Object.entries(entry).map(([name, file]) => [name, "./" + file])), optimization: { minimize: false }, experiments: { outputModule: true }, output: { path: process.cwd() + "/" + out, filename: "[name].js" }, plugins: [rnlangWebpack()],
  }, (e, stats) => (e ? reject(e) : stats.hasErrors() ? reject(stats.toJson().errors[0]) : resolve()))),
};

const results = {};
for (const [name, build] of Object.entries(hosts)) {
  const started = process.cpuUsage();
  const made = await build({ app: "app.js", ...(name === "esbuild" ? { "tiny.worker": "./net.rn?target=wasm&threads&thread=tiny" } : {}) }, "out/" + name);
  const mistakeIn = (file) => build({ bad: file }, "out/bad").then(() => null, (e) => {
    const { message, text, frame, loc, location, moduleTrace } = e.errors?.[0] ?? e;
    return { message: message ?? text, frame: frame ?? "", loc: loc && typeof loc === "object" ? loc : (location ?? null), by: moduleTrace?.[0].originName ?? null };
  });
  if (name === "esbuild") results.alone = { warnings: (await build({ app: "app.js" }, "out/bad")).warnings.map((w) => w.text), warningsWithEntry: made.warnings };
  results[name] = { mistake: await mistakeIn("bad.js"), query: await mistakeIn("query.js"), cpu: process.cpuUsage(started) };
}
console.log(JSON.stringify({ results, said }));
`;

interface Mistake {
  readonly message: string;
  readonly frame: string;
  readonly loc: { readonly file: string; readonly line: number; readonly column: number } | null;
  /** The importer, as webpack knows it. */
  readonly by: string | null;
}

let folder: string;
const node = (...args: readonly string[]): string => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
let built: { readonly results: Readonly<Record<string, { readonly mistake: Mistake; readonly query: Mistake }>> & { readonly alone: { readonly warnings: readonly string[]; readonly warningsWithEntry: readonly { readonly text: string }[] } }; readonly said: readonly string[] };
let expected: { readonly ts: readonly number[]; readonly wasm: readonly number[] };

beforeAll(async () => {
  folder = project("vite", "rollup", "esbuild", "webpack");
  write(folder, {
    "net.rn": program, "blocks.rn": library, "app.js": application, "build.js": build,
    "data.js": `export const weights = new Uint8Array([${[...weights].join()}]);\nexport const image = new Float32Array([${[...image].join()}]);\n`,
    "bad.rn": program.replace("dense", "dens"), "bad.js": `import { tiny } from "./bad.rn";\nconsole.log(tiny);\n`,
    "query.js": `// A comment.\nimport { tiny } from "./net.rn?threads=maybe";\nconsole.log(tiny);\n`,
  });
  built = JSON.parse(node("build.js")) as typeof built;
  const commanded = async (target: string): Promise<number[]> => {
    node(join("node_modules", "rnlang", "dist", "rnc.js"), "compile", "net.rn", "--only", "tiny", "--target", target, "--js", "-o", `out/${target}`);
    const { create } = (await import(pathToFileURL(join(folder, "out", target, "tiny.js")).href)) as Module;
    return [...(await (await create({ weights })).run({ image }))["logits"]!];
  };
  expected = { ts: await commanded("ts"), wasm: await commanded("wasm") };
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ["vite", "rollup", "esbuild", "webpack"] as const;

test.each(names)("%s: the bundle gives what the command's modules give, and holds no network that nobody uses", async (host) => {
  const file = join(folder, "out", host, "app.js");
  await import(pathToFileURL(file).href);
  expect(new Set(expected.ts).size).toBe(5);
  expect(await (globalThis as unknown as { app(): Promise<object> }).app()).toEqual({ ...expected, parameters: compiled[1]!.summary.parameters, targets: ["ts", "wasm"] });
  expect(readFileSync(file, "utf8")).not.toMatch(/name: "unused"/);
});

test.each(names)("%s: the threads of a network have a file of their own", (host) => {
  const out = join(folder, "out", host);
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".js") && f !== "app.js");
  expect(files.filter((f) => readFileSync(join(out, f), "utf8").includes("serve([run])")).length).toBeGreaterThan(0);
});

test.each(names)("%s: a mistake in the program is its own error, with file, line, column and the text", (host) => {
  const { message, frame, loc } = built.results[host]!.mistake;
  expect(message + frame).toMatch(/error\[RN\d+\]: there is no `dens` here/);
  expect(message + frame).toMatch(/8 │   gap -> dens\(5\)[^]*\^\^\^\^[^]*help: did you mean `dense`\?/);
  if (host !== "webpack") expect(loc).toMatchObject({ file: expect.stringMatching(/bad\.rn$/), line: 8, column: 9 });
});

test.each(names)("%s: a query that means nothing is told, with who imports so", (host) => {
  const { message, loc, by } = built.results[host]!.query;
  expect(message).toContain("write ?threads, ?threads=true or ?threads=false, not ?threads=maybe");
  if (host === "vite") expect(message).toMatch(/imported by .*query\.js:2:22/);
  if (host === "rollup") expect(message).toContain("imported by query.js");
  if (host === "esbuild") expect(loc).toMatchObject({ file: "query.js", line: 2, column: 21 });
  if (host === "webpack") expect(by).toBe("./query.js");
});

test("esbuild: threads without an entry that makes their file are warned of, each with its entry", () => {
  const { warnings, warningsWithEntry } = built.results.alone;
  const entry = (name: string): string => `"${name}.worker": "./net.rn?target=wasm&threads&thread=${name}"`;
  expect(warnings).toEqual([expect.stringContaining(`add entryPoints: { ${["tiny", "class", "unused"].map(entry).join(", ")} }`)]);
  expect(warningsWithEntry.map((w) => w.text)).toEqual([expect.stringContaining(`add entryPoints: { ${["class", "unused"].map(entry).join(", ")} }`)]);
});

const registered = (file: string): ReturnType<typeof spawnSync> => spawnSync(process.execPath, ["--import", "rnlang/register", file], { cwd: folder, encoding: "utf8" });

test("Node imports programs itself: the same numbers, in one thread and in two", () => {
  write(folder, { "main.js": `import "./app.js";
import { tiny } from "./net.rn?target=wasm&threads";
import { weights, image } from "./data.js";
const net = await tiny.create({ weights, threads: 2 });
const two = [...(await net.run({ image })).logits];
net.dispose();
console.log(JSON.stringify({ ...await app(), two }));
` });
  const { stdout, stderr } = registered("main.js");
  expect(stderr).toBe("");
  expect(JSON.parse(String(stdout))).toMatchObject({ ...expected, two: expected.wasm });
});

test("in Node a mistake in the program is shown as the command shows it, with its place", () => {
  const { status, stderr } = registered("bad.js");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error\[RN\d+\]: there is no `dens` here\n.*bad\.rn:8:10\n8 │   gap -> dens\(5\)[^]*help: did you mean `dense`\?\n {4}at \S*bad\.rn:8:10/m);
});

test("in Node a query that means nothing is told, with who imports so", () => {
  const { status, stderr } = registered("query.js");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^write \?threads, \?threads=true or \?threads=false, not \?threads=maybe\n {4}at \S*query\.js:2:22$/m);
});
