// An application that Vite builds around both modules of one network: on a page under a strict content security policy, WebGPU and
// WebAssembly see the same in the same images.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { readSafetensors } from "../../src/runtime/safetensors-file.ts";
import { buildApp } from "../harness/app.ts";
import { haveBrowser, launch, serve } from "../harness/browser.ts";
import { haveData, readData } from "../harness/data.ts";

const COUNT = 16;
const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const program = readFileSync(new URL("../../examples/cifar.rn", import.meta.url), "utf8");

/** Under the name that the page imports. */
function moduleOf(target: "wasm" | "wgsl"): Readonly<Record<string, string>> {
  const text = compile(program, { only: "resnet20", target }).modules[0]!.files.find((f) => f.name === "resnet20.ts")!.text;
  return { [`${target}.ts`]: text };
}

const page = `import * as wasm from "./wasm";
import * as wgsl from "./wgsl";
const bytes = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer();
async function seen({ create }: typeof wasm | typeof wgsl): Promise<number[]> {
  const net = await create({ weights: new Uint8Array(await bytes("/weights")), batch: ${COUNT} });
  const { logits } = await net.run({ image: new Float32Array(await bytes("/images")) });
  const rows = Array.from({ length: ${COUNT} }, (_, i) => [...logits.subarray(10 * i, 10 * i + 10)]);
  net.dispose();
  return rows.map((row) => row.indexOf(Math.max(...row)));
}
Object.assign(globalThis, { seen: { wasm: () => seen(wasm), wgsl: () => seen(wgsl) } });`;

test.skipIf(!haveBrowser || !haveData)("ResNet-20 sees the same on WebGPU and on WebAssembly, and what its oracle sees", async () => {
  const images = readSafetensors(readData("oracles", "input_first64.safetensors")).tensors.get("input")!.data.slice(0, COUNT * 3072);
  const oracle = readSafetensors(readData("oracles", "resnet20-cifar10.safetensors")).tensors.get("logits")!.data;
  const expected = Array.from({ length: COUNT }, (_, i) => oracle.slice(10 * i, 10 * i + 10)).map((row) => row.indexOf(Math.max(...row)));
  const app = await buildApp({ "index.html": `<!doctype html><title>app</title><script type="module" src="./page.ts"></script>`, "page.ts": page, ...moduleOf("wasm"), ...moduleOf("wgsl") });
  const binary = "application/octet-stream";
  const { url, server } = await serve({ ...app, "/weights": [binary, readData("resnet20-cifar10.safetensors")], "/images": [binary, new Uint8Array(images.buffer)] }, { "content-security-policy": csp });
  const browser = await launch({ webgpu: true });
  try {
    const tab = await browser.newPage();
    await tab.goto(url);
    await tab.waitForFunction("globalThis.seen !== undefined");
    expect(await tab.evaluate("seen.wasm()")).toEqual(expected);
    expect(await tab.evaluate("seen.wgsl()")).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(3);
  } finally {
    await browser.close();
    server.close();
  }
}, 120_000);
