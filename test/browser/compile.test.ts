// The compiler in a page: the same bytes as in Node; and the module it makes, bundled, runs there.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { haveBrowser, launch, serve } from "../harness/browser.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(`${root}/examples/cifar.rn`, "utf8");

async function bundle(contents: string): Promise<string> {
  const result = await build({ stdin: { contents, resolveDir: root, loader: "ts" }, bundle: true, format: "esm", platform: "browser", write: false, logLevel: "error" });
  return result.outputFiles[0]!.text;
}

test.skipIf(!haveBrowser)("compile of cifar.rn in a page gives the bytes that Node gives", async () => {
  const script = await bundle(`import { compile } from "./dist/index.js"; globalThis.rnc = { compile };`);
  const { url, server } = await serve({
    "/": ["text/html", `<!doctype html><title>rnc</title><script type="module" src="/rnc.js"></script>`],
    "/rnc.js": ["text/javascript", script],
  }, { "content-security-policy": "script-src 'self'" }); // no eval, no WebAssembly: the compiler needs neither
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction("globalThis.rnc !== undefined");
    const there = await page.evaluate(`rnc.compile(${JSON.stringify(text)}, { name: "cifar.rn" }).modules.flatMap((m) => m.files)`);
    const here = compile(text, { name: "cifar.rn" }).modules.flatMap((m) => m.files);
    expect(here.length).toBe(6);
    expect(there).toEqual(here);
  } finally {
    await browser.close();
    server.close();
  }
});
