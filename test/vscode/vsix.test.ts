// The extension as it is installed: unpacked from the .vsix, its manifest is whole, and its server passes what the command's passes.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { decode } from "fast-png";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manifest } from "../../src/vscode/manifest.ts";
import { commands } from "../../src/vscode/names.ts";
import { vsix } from "../../src/vsix.ts";
import { root } from "../cli/rnc.ts";
import { full } from "../harness/tier.ts";
import { startClient, type Client } from "../lsp/client.ts";
import { everyFeature, programs } from "../lsp/features.ts";

type Manifest = ReturnType<typeof manifest>;

const folder = mkdtempSync(join(tmpdir(), "rnlang-vsix-"));
let packed: Uint8Array;
let files: Readonly<Record<string, Uint8Array>>;
const text = (path: string): string => Buffer.from(files[path]!).toString();
const json = (path: string): Manifest => JSON.parse(text(path)) as Manifest;

beforeAll(async () => {
  packed = await vsix();
  files = unzipSync(packed);
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All texts in a value that look like paths of the extension. */
function paths(value: unknown): string[] {
  if (typeof value === "string") return /^\.\/|^icon\./.test(value) ? [value.replace("./", "")] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(paths) : [];
}

describe("the manifest", () => {
  test("names files that are there, and the icon is one", () => {
    const named = paths(json("extension/package.json"));
    expect(named).toEqual(expect.arrayContaining(["node.js", "browser.js", "icon.png", "language-configuration.json", "rn.tmLanguage.json"]));
    expect(named.filter((p) => !(`extension/${p}` in files))).toEqual([]);
    const assets = [...text("extension.vsixmanifest").matchAll(/Path="([^"]+)"/g)].map((m) => m[1]!);
    expect(assets).toHaveLength(5);
    expect(assets.filter((p) => !(p in files))).toEqual([]);
    expect(decode(files["extension/icon.png"]!)).toMatchObject({ width: 128, height: 128 });
  });

  test("every extension of a file has its type, and nothing is there that an installation does not need", () => {
    const typed = [...text("[Content_Types].xml").matchAll(/Extension="\.([a-z]+)"/g)].map((m) => m[1]);
    const inside = Object.keys(files).filter((f) => f !== "[Content_Types].xml");
    expect(inside.filter((f) => !typed.includes(f.split(".").pop()))).toEqual([]);
    expect(inside.filter((f) => /node_modules|\.ts$|\.map$|test/.test(f))).toEqual([]);
  });

  test("commands are those that the code registers, settings those that it reads and the readme explains", () => {
    const { contributes } = json("extension/package.json");
    expect(contributes.commands.map((c) => c.command)).toEqual(Object.keys(commands));
    for (const bundle of ["node.js", "browser.js"]) for (const c of contributes.commands) expect(text(`extension/${bundle}`)).toContain(`"${c.command}"`);
    for (const name of [...Object.keys(contributes.configuration.properties), ...contributes.commands.map((c) => `rnc: ${c.title}`)]) expect(text("extension/readme.md")).toContain(`| \`${name}\` |`);
    const asked = contributes.menus["editor/title"].map((m) => m.command);
    expect(asked.filter((c) => !(c in commands))).toEqual([]);
  });

  test("needs no newer VS Code than the language client does, whose types it is checked with", () => {
    const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8")) as { readonly engines: { readonly vscode: string }; readonly devDependencies: Readonly<Record<string, string>> };
    const { vscode } = json("extension/package.json").engines;
    expect(vscode).toBe(read("node_modules/vscode-languageclient/package.json").engines.vscode);
    expect(vscode).toBe(`^${read("package.json").devDependencies["@types/vscode"]}`);
  });
});

test("same inputs, same bytes", async () => {
  expect(Buffer.from(await vsix()).equals(packed)).toBe(true);
});

describe("its server", () => {
  let client: Client;
  beforeAll(async () => { client = await startClient([join(folder, "extension", "rnc", "rnc.js"), "lsp", "--stdio", `--clientProcessId=${process.pid}`]); });
  afterAll(async () => { expect(await client.stop()).toBe(0); });

  test.each(full ? programs : programs.slice(0, 1))("every feature on $name", (program) => everyFeature(client, program));
});
