// `npm run vsix`: dist/rnlang.vsix, the extension for VS Code, out of what `npm run build` has put into dist/. A .vsix is a zip: the extension in
// extension/, and two descriptions of it, for galleries and for zips. Law: same inputs, same bytes.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions, type Metafile } from "esbuild";
import { zipSync, type Zippable } from "fflate";
import { licences } from "./licences.ts";
import { languageConfiguration } from "./vscode/language.ts";
import { manifest, type PackageFacts } from "./vscode/manifest.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (...path: readonly string[]): Uint8Array => readFileSync(join(root, ...path));
const json = (value: unknown): Uint8Array => utf8(`${JSON.stringify(value, null, 2)}\n`);

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The bytes of the .vsix. */
export async function vsix(): Promise<Uint8Array> {
  const facts = manifest(JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageFacts);
  const { files, bundles } = await clients();
  const inside: Readonly<Record<string, Uint8Array>> = {
    "package.json": json(facts),
    "language-configuration.json": json(languageConfiguration),
    "rn.tmLanguage.json": read("grammar", "rn.tmLanguage.json"),
    "icon.png": read("src", "vscode", "icon.png"),
    "readme.md": read("src", "vscode", "README.md"),
    "changelog.md": read("CHANGELOG.md"),
    "LICENSE.txt": read("LICENSE"),
    "LICENSES.txt": utf8(`${readFileSync(join(root, "dist", "LICENSES.txt"), "utf8")}\n${licences(bundles)}`),
    ...files,
    ...command(),
  };
  const zipped: Zippable = { "extension.vsixmanifest": utf8(gallery(facts)), "[Content_Types].xml": utf8(contentTypes(Object.keys(inside))) };
  for (const [path, bytes] of Object.entries(inside)) zipped[`extension/${path}`] = bytes;
  return zipSync(zipped, { level: 9, mtime: new Date(1980, 0, 1) });
}

/** The two clients, the page of the graph and the server of a web page. VS Code loads CommonJS and plain worker scripts. */
async function clients(): Promise<{ readonly files: Readonly<Record<string, Uint8Array>>; readonly bundles: readonly Metafile[] }> {
  const common = { absWorkingDir: root, bundle: true, write: false, format: "cjs", target: "es2022", minify: true, external: ["vscode"], legalComments: "none", metafile: true, logLevel: "warning" } as const satisfies BuildOptions;
  const [node, browser, page] = await Promise.all([
    build({ ...common, entryPoints: ["src/vscode/node.ts"], platform: "node" }),
    build({ ...common, entryPoints: ["src/vscode/browser.ts"], platform: "browser" }),
    build({ ...common, entryPoints: ["src/vscode/page.ts"], platform: "browser", format: "iife" }),
  ]);
  const files = { "node.js": node.outputFiles[0]!.contents, "browser.js": browser.outputFiles[0]!.contents, "graph.js": page.outputFiles[0]!.contents, "lsp.worker.js": read("dist", "lsp.worker.js") };
  return { files, bundles: [node.metafile, browser.metafile, page.metafile] };
}

/** The command `rnc`, in a folder that says that it is of modules. */
function command(): Readonly<Record<string, Uint8Array>> {
  const parts = readdirSync(join(root, "dist", "rnc")).sort();
  return Object.fromEntries([["rnc/package.json", json({ type: "module" })], ["rnc/rnc.js", read("dist", "rnc.js")], ...parts.map((f) => [`rnc/rnc/${f}`, read("dist", "rnc", f)] as const)]);
}

const types: Readonly<Record<string, string>> = { json: "application/json", js: "application/javascript", md: "text/markdown", txt: "text/plain", png: "image/png", vsixmanifest: "text/xml" };

function contentTypes(paths: readonly string[]): string {
  const extensions = [...new Set(["vsixmanifest", ...paths.map((p) => p.slice(p.lastIndexOf(".") + 1))])];
  const defaults = extensions.map((e) => `<Default Extension=".${e}" ContentType="${types[e] ?? "application/octet-stream"}"/>`).join("");
  return `<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${defaults}</Types>\n`;
}

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function gallery({ name, publisher, version, displayName, description, categories, keywords, engines }: ReturnType<typeof manifest>): string {
  const code = { Engine: engines.vscode, ExtensionDependencies: "", ExtensionPack: "", ExtensionKind: "workspace,web", LocalizedLanguages: "", EnabledApiProposals: "", ExecutesCode: "true" };
  const services = { GitHubFlavoredMarkdown: "true", "Content.Pricing": "Free" };
  const assets = { "Code.Manifest": "package.json", "Services.Content.Details": "readme.md", "Services.Content.Changelog": "changelog.md", "Services.Content.License": "LICENSE.txt", "Services.Icons.Default": "icon.png" };
  const properties = [...Object.entries(code).map(([id, value]) => [`Code.${id}`, value] as const), ...Object.entries(services).map(([id, value]) => [`Services.${id}`, value] as const)];
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(name)}" Version="${xml(version)}" Publisher="${xml(publisher)}"/>
    <DisplayName>${xml(displayName)}</DisplayName>
    <Description xml:space="preserve">${xml(description)}</Description>
    <Tags>${xml([...keywords, "rn", "__ext_rn", "__web_extension"].join(","))}</Tags>
    <Categories>${xml(categories.join(","))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>
${properties.map(([id, value]) => `      <Property Id="Microsoft.VisualStudio.${id}" Value="${xml(value)}"/>\n`).join("")}    </Properties>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/icon.png</Icon>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
${Object.entries(assets).map(([type, path]) => `    <Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${path}" Addressable="true"/>\n`).join("")}  </Assets>
</PackageManifest>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bytes = await vsix();
  writeFileSync(join(root, "dist", "rnlang.vsix"), bytes);
  console.log(`dist/rnlang.vsix: ${Math.round(bytes.length / 1000)} kB`);
}
