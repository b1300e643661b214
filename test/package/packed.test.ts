// The package as a stranger gets it: packed, installed in an empty folder, run, imported, type-checked.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rnlang-packed-"));
const run = (command: string, ...args: string[]): string => execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

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
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: { strict: true, target: "es2022", module: "nodenext", moduleResolution: "nodenext", noEmit: true, types: [] }, files: ["use.ts"] }));
  execFileSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], { encoding: "utf8" });
  writeFileSync(join(folder, "use.js"), transformSync(readFileSync(join(folder, "use.ts"), "utf8"), { loader: "ts", format: "esm" }).code);
  expect(JSON.parse(run(process.execPath, "-e", "import('./use.js').then((m) => console.log(m.seen))"))).toEqual({ names: ["mlp"], errors: 0, parameters: 17_290 });
});
