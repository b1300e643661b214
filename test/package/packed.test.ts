// The package as a stranger gets it: packed, installed in an empty folder, run, imported, type-checked.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";
import { encode } from "fast-png";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rnlang-packed-"));
const run = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** The command as npm linked it: what npx runs, without half a second of npx. */
const rnc = (...args: string[]): string => run(join(folder, "node_modules", ".bin", "rnc"), ...args);

beforeAll(() => {
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], { cwd: root, encoding: "utf8" })) as [{ filename: string }];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", join(folder, packed.filename));
  cpSync(join(root, "examples", "cifar.rn"), join(folder, "cifar.rn"));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("holds what it runs on and nothing else", () => {
  const files = readdirSync(join(folder, "node_modules", "rnlang"), { recursive: true, encoding: "utf8" });
  expect(files).toContain(join("dist", "rnc.js"));
  expect(files).toContain("LICENSE");
  expect(files.filter((f) => /(^|\/)(test|examples|node_modules)(\/|$)|\.rn$/.test(f))).toEqual([]);
});

test("needs nothing else: every package that it uses is inside", () => {
  const { dependencies } = JSON.parse(readFileSync(join(folder, "node_modules", "rnlang", "package.json"), "utf8")) as { readonly dependencies?: object };
  expect(dependencies).toBeUndefined();
  expect(readdirSync(join(folder, "node_modules")).filter((f) => !f.startsWith("."))).toEqual(["rnlang"]);
});

test("every command runs, those too that draw, read images, show progress and watch", async () => {
  const program = join(folder, "small.rn");
  writeFileSync(program, "model net {\n  input x: [1, 8, 8]\n  flatten -> dense(2)\n  output y\n}\n");
  for (const args of [["check", program], ["fmt", "--check", program], ["inspect", program], ["graph", program, "-o", "net.svg"], ["explain", "RN301"], ["completion", "bash"]]) rnc(...args);
  writeFileSync(join(folder, "use-write.js"), `import { writeSafetensors } from "rnlang"; import { writeFileSync } from "node:fs";
const zeros = (...shape) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) });
writeFileSync("net.safetensors", writeSafetensors([["1.weight", zeros(2, 64)], ["1.bias", zeros(2)]]));
writeFileSync("data.csv", "0," + Array(64).fill(1).join() + "\\n");`);
  run(process.execPath, "use-write.js");
  const png = encode({ width: 8, height: 8, data: new Uint8Array(64), channels: 1, depth: 8 });
  writeFileSync(join(folder, "image.png"), png);
  expect(rnc("run", program, "--weights", "net.safetensors", "--input", "image.png")).toContain("probability");
  expect(rnc("run", program, "--weights", "net.safetensors", "--data", "csv:data.csv")).toMatch(/1/);
  const watching = spawn(process.execPath, [join(folder, "node_modules", "rnlang", "dist", "rnc.js"), "compile", program, "--watch"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  for await (const text of watching.stderr.setEncoding("utf8") as AsyncIterable<string>) if ((said += text).includes("watching")) break;
  watching.kill("SIGINT");
  expect(said).toContain("watching 1 file");
}, 120_000);

test("npx rnc compiles an example, and the module runs", async () => {
  const out = run("npx", "rnc", "compile", "cifar.rn", "--only", "resnet20", "--js", "-o", "out");
  expect(out + readdirSync(join(folder, "out")).join()).toContain("resnet20.js");
  const module = (await import(pathToFileURL(join(folder, "out", "resnet20.js")).href)) as { info: { parameters: number } };
  expect(module.info.parameters).toBe(269_722);
});

test("the library compiles, with the types it ships", () => {
  writeFileSync(join(folder, "use.ts"), `import { compile } from "rnlang";
const text: string = ${JSON.stringify(readFileSync(join(root, "examples", "mlp.rn"), "utf8"))};
const { modules, diagnostics } = compile(text, { js: true });
const names: readonly string[] = modules.map((m) => m.name);
const errors: number = diagnostics.length;
export const seen = JSON.stringify({ names, errors, parameters: modules[0]?.summary.parameters });
`);
  writeFileSync(join(folder, "view.ts"), `import { GraphView, type GraphViewOptions } from "rnlang/graph.view.js";
import "rnlang/lsp.worker.js";
export function shown(element: HTMLElement, options: GraphViewOptions): void {
  const view = new GraphView(element, options);
  view.show({ version: 1, stale: false, exports: [], export: null, scene: null, problem: null, diff: null });
  view.follow({ line: 1, character: 0 });
}
`);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { strict: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext", noEmit: true, types: [], skipDefaultLibCheck: true }, files: ["use.ts", "view.ts"] }));
  execFileSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], { encoding: "utf8" });
  writeFileSync(join(folder, "use.js"), transformSync(readFileSync(join(folder, "use.ts"), "utf8"), { loader: "ts", format: "esm" }).code);
  expect(JSON.parse(run(process.execPath, "-e", "import('./use.js').then((m) => console.log(m.seen))"))).toEqual({ names: ["mlp"], errors: 0, parameters: 17_290 });
});
