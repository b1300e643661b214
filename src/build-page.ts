// `npm run page`: dist/page, the page with an editor, as files for any static host and any path. `npm run page -- --serve` shows it on loopback.
import { copyFileSync, createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { tokens } from "../grammar/tokens.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Shown in this order; the rest behind. */
const order = ["cifar.rn", "mlp.rn", "imagenet.rn", "unet.rn"];

function examples(): Readonly<Record<string, string>> {
  const folder = join(root, "examples");
  const names = readdirSync(folder).filter((f) => f.endsWith(".rn")).sort();
  return Object.fromEntries([...order, ...names.filter((n) => !order.includes(n))].map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

export async function buildPage(out: string): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const keywords = tokens.flatMap((t) => (typeof t.PATTERN === "string" && /^[a-z]/.test(t.PATTERN) ? [t.PATTERN] : []));
  await build({
    absWorkingDir: root, outdir: out, entryPoints: { page: "src/page/page.ts", "lsp.worker": "src/lsp/worker.ts" }, bundle: true, splitting: true, format: "esm", platform: "browser",
    target: "es2022", minify: true, legalComments: "none", logLevel: "warning", define: { EXAMPLES: JSON.stringify(examples()), KEYWORDS: JSON.stringify(keywords) },
  });
  for (const file of ["index.html", "page.css"]) copyFileSync(join(root, "src", "page", file), join(out, file));
}

const types: Readonly<Record<string, string>> = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript" };

/** On loopback alone. */
function serve(folder: string, port: number): void {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    const found = file.startsWith(folder) && (statSync(file, { throwIfNoEntry: false })?.isFile() ?? false);
    response.writeHead(found ? 200 : 404, { "content-type": types[extname(file)] ?? "text/plain", "cache-control": "no-store" });
    if (found) createReadStream(file).pipe(response);
    else response.end("not found");
  });
  server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const out = join(root, "dist", "page");
  await buildPage(out);
  const size = readdirSync(out).reduce((sum, f) => sum + statSync(join(out, f)).size, 0);
  console.log(`dist/page: ${Math.round(size / 1000)} kB`);
  if (process.argv.includes("--serve")) serve(out, 5173);
}
