// A web application as Vite builds it, as what a server serves.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { build } from "vite";

type Pages = Record<string, readonly [string, string]>;

const contentTypes: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** From sources, `index.html` among them: path → [content type, text]. */
export async function buildApp(sources: Readonly<Record<string, string>>): Promise<Pages> {
  const folder = mkdtempSync(join(tmpdir(), "rnlang-vite-"));
  try {
    mkdirSync(join(folder, "app"));
    for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, "app", name), text);
    await build({ root: join(folder, "app"), logLevel: "error", configFile: false, worker: { format: "es" }, build: { outDir: join(folder, "dist"), target: "es2022", assetsInlineLimit: 4096 } });
    const pages = filesOf(join(folder, "dist"));
    return { ...pages, "/": pages["/index.html"]! };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesOf(from: string, at = "/"): Pages {
  return Object.fromEntries(readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
    const path = join(from, entry.name);
    return entry.isDirectory() ? Object.entries(filesOf(path, `${at}${entry.name}/`)) : [[at + entry.name, [contentTypes[extname(entry.name)] ?? "text/plain", readFileSync(path, "utf8")]] as const];
  }));
}
