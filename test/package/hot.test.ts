// A page that Vite's development server serves, in Chromium, while the program that it imports is edited: the page is not loaded again, the
// net it has made goes on in the new network, with the weights whose names and shapes still match; a mistake is shown over the page.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { createServer, type Plugin, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Compilation, writeSafetensors } from "../../src/index.ts";
import { keepWeights, type Outline } from "../../src/runtime/hot.ts";
import { haveBrowser, launch } from "../harness/browser.ts";
import { load } from "../harness/module.ts";
import { project, write } from "../harness/packed.ts";

const program = (body: string, classes = 5): string => `model net {
  input image: [3, 8, 8]
  conv(4, 3) -> relu
  ${body}
  gap -> dense(${classes})
  output logits: [${classes}]
}
train net {
  loss = cross_entropy(logits)
  optimizer = sgd(lr = 0.1, momentum = 0.9)
  steps = 10
}
`;
const before = program("skip { conv(4, 3) }");
const outlineOf = (text: string): readonly Outline[] => new Compilation(text).exports[0]!.graph.parameters.map((p) => p.attrs as unknown as Outline);
const weights = writeSafetensors(outlineOf(before).map(({ name, shape }, k) => [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * (k + 1))) }]));
const image = Float32Array.from({ length: 192 }, (_, i) => Math.cos(i));

const page = `import { net } from "./net.rn";
import { net as threaded } from "./net.rn?target=wasm&threads";
const weights = new Uint8Array(await (await fetch("/net.safetensors")).arrayBuffer());
const image = Float32Array.from({ length: 192 }, (_, i) => Math.cos(i));
const made = await net.create({ weights });
const trainer = await net.createTrainer({ weights });
let updates = 0;
import.meta.hot.on("vite:afterUpdate", () => updates++);
import.meta.hot.on("vite:error", () => updates++);
globalThis.page = {
  born: Math.random(),
  updates: () => updates,
  logits: async () => [...(await made.run({ image })).logits],
  step: async () => (await trainer.step({ image: new Float32Array([...image, ...image]), label: [1, 2] })).loss,
  steps: () => trainer.steps,
  threads: async (threads) => {
    const net = await threaded.create({ weights, threads });
    const logits = [...(await net.run({ image })).logits];
    net.dispose();
    return logits;
  },
  classes: () => net.info.outputs[0].shape[0],
  fresh: async (bytes) => [...(await (await net.create({ weights: new Uint8Array(bytes) })).run({ image })).logits],
};
`;

describe.skipIf(!haveBrowser)("edited while the page runs", () => {
  let folder: string;
  let server: ViteDevServer;
  let browser: Browser;
  let tab: Page;
  const logs: string[] = [];

  beforeAll(async () => {
    folder = project("vite");
    write(folder, { "index.html": '<!doctype html><title>hot</title><body><script type="module" src="./page.js"></script>', "page.js": page, "net.rn": before, "public/net.safetensors": weights });
    const { default: rnlang } = (await import(pathToFileURL(join(folder, "node_modules", "rnlang", "dist", "vite.js")).href)) as { default(o: object): Plugin };
    server = await createServer({ root: folder, configFile: false, logLevel: "silent", plugins: [rnlang({ train: true })], server: { host: "127.0.0.1", headers: { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" } } });
    await server.listen();
    browser = await launch();
    tab = await browser.newPage();
    tab.on("console", (m) => logs.push(m.text()));
    tab.on("pageerror", (e) => logs.push(String(e)));
    await tab.goto(server.resolvedUrls!.local[0]!);
    await tab.waitForFunction("globalThis.page !== undefined");
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = <T>(expression: string): Promise<T> => tab.evaluate(expression) as Promise<T>;
  /** Writes the program, and waits until the page has been told. */
  const edit = async (text: string): Promise<void> => {
    const updates = await ask<number>("page.updates()");
    writeFileSync(join(folder, "net.rn"), text);
    await tab.waitForFunction(`page.updates() > ${updates}`);
  };
  /** What the module of the command makes of it. */
  const reference = async (text: string, file: Uint8Array): Promise<number[]> => [...(await (await load(text)).create({ weights: file })).runSync({ image })["logits"]!];

  test("threads are found", async () => {
    const one = await ask<number[]>("page.threads(1)");
    expect(one).toHaveLength(5);
    expect(await ask("page.threads(2)")).toEqual(one);
  }, 300_000);

  test("nets and trainers go on; weights that match are kept; a mistake is shown, and mended", async () => {
    const born = await ask("page.born");
    expect(await ask("page.logits()")).toEqual(await reference(before, weights));
    await ask("page.step()");

    const plain = program("conv(4, 3)"); // the same weights without the skip
    await edit(plain);
    expect(await ask("page.logits()")).toEqual(await reference(plain, weights));
    expect(await ask("page.logits()")).not.toEqual(await reference(before, weights));

    const wider = program("conv(4, 3)", 7); // another head
    await edit(wider);
    const merged = keepWeights(weights, outlineOf(wider));
    const logits = await ask<number[]>("page.logits()");
    expect(logits).toHaveLength(7);
    expect(logits).toEqual(await reference(wider, merged));
    expect(logits).toEqual(await ask(`page.fresh([${[...merged].join()}])`));
    expect(await ask("page.classes()")).toBe(7);
    expect(await ask("page.step()")).toBeGreaterThan(0);
    expect(await ask("page.steps()")).toBe(2);

    await edit(wider.replace("dense", "dens"));
    await tab.waitForSelector("vite-error-overlay");
    expect(await tab.locator("vite-error-overlay").evaluate((e) => e.shadowRoot!.textContent)).toMatch(/there is no `dens` here[^]*net\.rn:5:10[^]*did you mean/);
    expect(await ask("page.logits()")).toEqual(logits);

    await edit(program("conv(4, 3)"));
    expect(await ask("page.logits()")).toHaveLength(5);
    expect(await tab.locator("vite-error-overlay").count()).toBe(0);
    expect(await ask("page.born")).toBe(born);
    expect(logs.filter((l) => l.includes("cannot take over"))).toEqual([]);
  }, 300_000);

  test("the declarations follow", () => {
    expect(readFileSync(join(folder, "net.d.rn.ts"), "utf8")).toMatch(/@generated by rnc[^]*declare namespace net \{[^]*\/\*\* k × 5 \*\//);
  });
});
