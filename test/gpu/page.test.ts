// A page of a real browser has a WebGPU device and computes on it: what the same kernel gives in Node.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { haveBrowser, launch, serve } from "../harness/browser.ts";
import { sum } from "./kernels.ts";

const harness = fileURLToPath(new URL("../harness/gpu", import.meta.url));

test.skipIf(!haveBrowser)("a page adds on its device, and is told what is wrong with a kernel", async () => {
  const contents = `import { compute } from "./compute.ts";
globalThis.sums = async (kernel) => {
  const device = await (await navigator.gpu.requestAdapter()).requestDevice();
  const x = Float32Array.from({ length: 192 }, (_, i) => i);
  return compute(device, kernel, [3], [{ data: x }, { bytes: 12, read: true }]).then(([total]) => [...new Float32Array(total)], (e) => e.message);
};`;
  const { outputFiles } = await build({ stdin: { contents, resolveDir: harness, loader: "ts" }, bundle: true, format: "esm", write: false, logLevel: "error" });
  const { url, server } = await serve({
    "/": ["text/html", `<!doctype html><title>sums</title><script type="module" src="/sums.js"></script>`],
    "/sums.js": ["text/javascript", outputFiles[0]!.text],
  });
  const browser = await launch({ webgpu: true });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction("globalThis.sums !== undefined");
    expect(await page.evaluate(`sums(${JSON.stringify(sum())})`)).toEqual([2016, 6112, 10208]);
    expect(await page.evaluate(`sums(${JSON.stringify(sum().replace("0u", "0.5"))})`)).toMatch(/error/);
  } finally {
    await browser.close();
    server.close();
  }
}, 60_000);
