// The import law of src/README.md: a file imports from lower floors or from its own folder; there are no circles; the core touches no I/O.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const floors: Record<string, number> = {
  grammar: -1, source: 0, language: 1, ir: 1, ops: 2, std: 2, runtime: 2, data: 2, lower: 3, autodiff: 3, passes: 3, plan: 4, codegen: 5, draw: 5, compiler: 6, editor: 7, lsp: 8, cli: 9, view: 9, page: 10, plugin: 10, vscode: 10,
};
const files = [...list("src"), ...list("grammar")].filter((f) => f.endsWith(".ts"));
const imports = new Map(files.map((f) => [f, importsOf(f)]));

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? list(join(folder, e.name)) : [join(folder, e.name)]));
}
function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm)].map((m) => m[1] ?? m[2]!);
}
function resolve(from: string, to: string): string | null {
  return to.startsWith(".") ? normalize(join(dirname(from), to)) : null;
}
/** "src/codegen/ts/module.ts" → "codegen"; files directly in src stand above everything. */
function room(file: string): string | null {
  const [top, second, third] = file.split("/");
  return top === "grammar" ? "grammar" : third === undefined ? null : second!;
}

test("imports go down, or stay in their folder", () => {
  const wrong: string[] = [];
  for (const [file, targets] of imports) {
    const from = room(file);
    if (from === null) continue;
    expect(floors[from], `no floor for ${from}`).toBeDefined();
    for (const target of targets) {
      const at = resolve(file, target);
      const to = at && room(at);
      if (at && (to === null || (to !== from && floors[to]! >= floors[from]!))) wrong.push(`${file} → ${at}`);
    }
  }
  expect(imports.size).toBeGreaterThan(40);
  expect(wrong).toEqual([]);
});

test("language does not know ops; ir and ops do not know the language; code generators do not know graphs of the program", () => {
  const never: readonly [string, string][] = [["language", "ir"], ["language", "ops"], ["ir", "language"], ["ops", "language"], ["passes", "language"], ["plan", "language"], ["codegen", "lower"], ["codegen", "passes"], ["codegen", "language"]];
  const wrong: string[] = [];
  for (const [file, targets] of imports) for (const target of targets) {
    const at = resolve(file, target);
    if (at && never.some(([a, b]) => room(file) === a && room(at) === b)) wrong.push(`${file} → ${at}`);
  }
  expect(wrong).toEqual([]);
});

test("no circles", () => {
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "open");
    for (const t of imports.get(file) ?? []) {
      const at = resolve(file, t);
      if (at && imports.has(at)) visit(at, [...path, file]);
    }
    state.set(file, "done");
  };
  for (const f of files) visit(f, []);
  expect(circles).toEqual([]);
});

test("only the command line, the plugins and the scripts touch the machine: the rest runs in a browser", () => {
  const outside = ["src/cli/", "src/plugin/", "src/build.ts", "src/build-page.ts", "src/gen.ts", "src/licences.ts", "src/vsix.ts"];
  const wrong = [...imports].flatMap(([file, targets]) =>
    outside.some((o) => file.startsWith(o)) ? [] : targets.filter((t) => t.startsWith("node:")).map((t) => `${file} → ${t}`));
  expect(wrong).toEqual([]);
  for (const file of files.filter((f) => !outside.some((o) => f.startsWith(o)))) {
    expect(readFileSync(file, "utf8").replace(/\/\/.*$/gm, ""), file).not.toMatch(/\bprocess\.(env|argv|exit|stdout|cwd)|\bBuffer\.|\bDate\.now\b|performance\.now/);
  }
});
