// The documents say what is: their programs compile, their commands exist, their links lead somewhere, their picture is current.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compile, renderText, version, writeSafetensors } from "../../src/index.ts";
import { keys, settings } from "../../src/lower/vocabulary.ts";
import { importText } from "../harness/module.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const readme = read("README.md");
const fences = (language: string): string[] => [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))].map((m) => m[1]!);

test("the version is the package's", () => {
  expect((JSON.parse(read("package.json")) as { version: string }).version).toBe(version);
});

test("the README's program becomes a module with the names that its JavaScript uses", async () => {
  const [program] = fences("rn");
  const { modules, diagnostics } = compile(program!, { name: "digits.rn", js: true });
  expect(diagnostics.map((d) => renderText(d))).toEqual([]);
  expect(modules.map((m) => m.name)).toEqual(["digits"]);
  const [javascript] = fences("js");
  expect(javascript).toContain('import { create, info } from "./out/digits.js"');
  const module = await importText(modules[0]!.files[0]!.text);
  const layer = (n: number, o: number): [string, readonly number[]][] => [[`${n}.0.weight`, [64, 64]], [`${n}.0.bias`, [64]], [`${n}.2.weight`, [64, 64]], [`${n}.2.bias`, [o]]];
  const names: [string, readonly number[]][] = [...layer(1, 64), ...layer(2, 64), ["3.weight", [10, 64]], ["3.bias", [10]]];
  const weights = writeSafetensors(names.map(([name, shape]) => [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.01) }]));
  const net = await module.create({ weights, batch: 1 });
  expect((await net.run({ image: new Float32Array(64).fill(1) }))["logits"]).toHaveLength(10);
});

test("what the README runs on the trained example runs as it stands", () => {
  const folder = mkdtempSync(join(tmpdir(), "rnlang-readme-"));
  const command = /npx rnc (compile examples\/glyphs\.rn.*?) *#/.exec(readme)![1]!.split(" ");
  cpSync(join(root, "examples"), join(folder, "examples"), { recursive: true });
  execFileSync(process.execPath, [join(root, "dist", "rnc.js"), ...command], { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "glyphs.mjs"), fences("js").find((t) => t.startsWith("// glyphs.mjs"))!);
  const said = execFileSync(process.execPath, ["glyphs.mjs"], { cwd: folder, encoding: "utf8" });
  rmSync(folder, { recursive: true });
  expect(said).toMatch(/^Float32Array\(10\) \[/);
});

test("the language reference tells what is taken for a key of train that is left out", () => {
  const rows = new Map([...read("grammar/README.md").matchAll(/^\| `(\w+)` \| .* \| (.+) \|$/gm)].map((m) => [m[1]!, m[2]!]));
  for (const [key, setting] of Object.entries(settings)) expect(rows.get(key), key).toBe("default" in setting ? String(setting.default) : "none");
  expect(keys.filter((k) => rows.get(k) === "an error")).toEqual(["loss", "optimizer"]);
});

test("the README's page is examples/vite's, and imports of its plugin are exports of the package", () => {
  const [config, page] = fences("js").filter((t) => /^\/\/ (vite\.config|page)\.js\n/.test(t));
  expect(config!.split("\n").slice(1).join("\n")).toBe(read("examples/vite/vite.config.js"));
  const lines = page!.split("\n").filter((l) => /^(import|const)/.test(l)).map((l) => l.replace(/ \/\/.*/, "").replace('"./glyphs', '"../glyphs'));
  expect(lines.length).toBe(4);
  for (const line of lines) expect(read("examples/vite/page.js")).toContain(line);
  const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, unknown> };
  const named = [...readme.matchAll(/\brnlang\/(\w+)(?![\w.])/g)].map((m) => `./${m[1]!}`);
  expect(new Set(named).size).toBeGreaterThan(4);
  expect(named.filter((n) => !(n in exports))).toEqual([]);
});

test.each(["README.md", "src/README.md", "src/lsp/README.md", "src/vscode/README.md", "grammar/README.md", "CHANGELOG.md"])("links and npm scripts in %s exist", (file) => {
  const text = read(file);
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)|<img src="([^"]+)"/g)].map((m) => m[1] ?? m[2]!);
  expect(links.filter((l) => !existsSync(join(root, dirname(file), l)))).toEqual([]);
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const named = [...text.matchAll(/npm run ([a-z:]+)/g)].map((m) => m[1]!);
  expect(named.filter((s) => !(s in scripts))).toEqual([]);
});

test("every folder that the architecture names exists, and it names every folder", () => {
  const named = [...read("src/README.md").matchAll(/^\| \S+ \| `([a-z]+)\/` \|/gm)].map((m) => m[1]!);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((f) => !existsSync(join(root, "src", f)) && !existsSync(join(root, f)))).toEqual([]);
  const folders = execFileSync("git", ["ls-files", "src"], { cwd: root, encoding: "utf8" }).split("\n").map((f) => f.split("/")).filter((p) => p.length > 2).map((p) => p[1]!);
  expect([...new Set(folders)].filter((f) => !named.includes(f))).toEqual([]);
  expect(read("src/README.md").split("\n").length).toBeLessThanOrEqual(150);
});

test("the README's picture is what rnc graph draws", () => {
  const folder = mkdtempSync(join(tmpdir(), "rnlang-picture-"));
  const file = join(folder, "resnet20.svg");
  execFileSync(process.execPath, [join(root, "dist", "rnc.js"), "graph", join(root, "examples", "cifar.rn"), "--only", "resnet20", "-o", file]);
  const drawn = readFileSync(file, "utf8");
  rmSync(folder, { recursive: true });
  expect(read("examples/resnet20.svg")).toBe(drawn);
});

const bench = /`npm run bench -- ([^`]*)`/g;

test("every option of the bench that the README names is one of it", () => {
  const used = [...readme.matchAll(bench)].flatMap((m) => m[1]!.match(/--[a-z-]+/g) ?? []);
  expect(used.length).toBeGreaterThan(2);
  for (const option of used) expect(read("test/bench/run.ts"), option).toMatch(new RegExp(`"${option}\\b|list\\("${option.slice(2)}"`));
});

test("every option that the README names is one of the command", () => {
  const help = execFileSync(process.execPath, [join(root, "dist", "rnc.js"), "compile", "--help"], { encoding: "utf8" });
  const used = [...readme.replace(bench, "").matchAll(/--[a-z][a-z-]+/g)].map((m) => m[0]).filter((o) => !["--save-dev", "--input", "--import", "--serve"].includes(o));
  expect(read("src/build-page.ts")).toContain('"--serve"');
  const everything = ["run", "train", "probe", "deepen", "check", "fmt", "inspect", "graph", "lsp", "types"].reduce((all, c) => all + execFileSync(process.execPath, [join(root, "dist", "rnc.js"), c, "--help"], { encoding: "utf8" }), help);
  expect(used.length).toBeGreaterThan(5);
  expect([...new Set(used)].filter((o) => !everything.includes(o))).toEqual([]);
});
