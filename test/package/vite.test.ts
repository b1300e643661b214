// A generated module in an application that Vite builds: on a page and in a module worker, in one thread and in several, under a strict
// content security policy. Without the headers that memory needs to be shared, an error that names them.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Compilation, compile, writeSafetensors } from "../../src/index.ts";
import { buildApp } from "../harness/app.ts";
import { haveBrowser, launch, serve } from "../harness/browser.ts";
import { random } from "../harness/random.ts";

const text = `model tiny(c = 8) {
  input image: [3, 16, 16]
  conv(c, 3) -> bn -> relu
  skip { conv(c, 3) -> bn }
  relu -> gap -> dense(5)
  output logits: [5]
}
`;
const next = random(12);
const weights = writeSafetensors(new Compilation(text).exports[0]!.graph.parameters.map((p) => {
  const { name, shape } = p.attrs as unknown as { name: string; shape: readonly number[] };
  return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => next() + 0.1) }];
}));

const sources = {
  "index.html": `<!doctype html><title>app</title><script type="module" src="./page.ts"></script>`,
  "classify.ts": `import { create } from "./tiny";
export async function classify(threads: number): Promise<number[] | { code: string; message: string }> {
  try {
    const net = await create({ threads });
    const image = Float32Array.from({ length: 768 }, (_, i) => Math.fround(((i * 37) % 101) / 101 - 0.5));
    const { logits } = await net.run({ image });
    const out = [...logits];
    net.dispose();
    return out;
  } catch (e) {
    return { code: (e as { code: string }).code, message: (e as Error).message };
  }
}`,
  "off.ts": `import { classify } from "./classify";
self.onmessage = async ({ data }) => self.postMessage(await classify(data));`,
  "page.ts": `import { classify } from "./classify";
import { create } from "./tiny";
const inWorker = (threads: number): Promise<unknown> => new Promise((resolve) => {
  const worker = new Worker(new URL("./off.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(threads);
});
Object.assign(globalThis, { classify, create, inWorker });`,
};

const csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

describe.skipIf(!haveBrowser)("in Chromium, built by Vite", () => {
  let pages: Awaited<ReturnType<typeof buildApp>>;
  let browser: Browser;
  beforeAll(async () => {
    const files = compile(text, { target: "wasm", threads: true, inlineWeights: { tiny: weights } }).modules[0]!.files;
    pages = await buildApp({ ...Object.fromEntries(files.map((f) => [f.name, f.text])), ...sources });
    browser = await launch();
  }, 120_000);
  afterAll(() => browser?.close());

  async function ask(expressions: readonly string[], headers: Readonly<Record<string, string>>): Promise<unknown[]> {
    const { url, server } = await serve(pages, { ...headers, "content-security-policy": csp });
    const page = await browser.newPage();
    try {
      await page.goto(url);
      await page.waitForFunction("globalThis.inWorker !== undefined");
      const answers = [];
      for (const e of expressions) answers.push(await page.evaluate(e));
      return answers;
    } finally {
      await page.close();
      server.close();
    }
  }

  test("page and worker, one thread and two: the same bits", async () => {
    const [one, two, workerOne, workerTwo] = await ask(["classify(1)", "classify(2)", "inWorker(1)", "inWorker(2)"], isolated);
    expect(one).toHaveLength(5);
    expect(new Set(one as number[]).size).toBe(5);
    for (const other of [two, workerOne, workerTwo]) expect(other).toEqual(one);
  }, 60_000);

  test("on a page that is not isolated one thread computes, and two are refused with the headers they need", async () => {
    const [one, two] = await ask(["classify(1)", "classify(2)"], {});
    expect(one).toHaveLength(5);
    expect(two).toMatchObject({ code: "threads", message: expect.stringMatching(/Cross-Origin-Opener-Policy.*Cross-Origin-Embedder-Policy/) });
  }, 60_000);

  test("a worker that ends is an error of the run that waits for it, though browsers do not tell", async () => {
    const [ends] = await ask([`(async () => {
      const started = [];
      const real = globalThis.Worker;
      globalThis.Worker = class extends real { constructor(...a) { super(...a); started.push(this); } };
      const image = new Float32Array(768).fill(0.25);
      const told = (run) => run.then(({ logits }) => logits.length, (e) => e.code);
      const life = async (victim) => {
        const net = await create({ threads: 2 });
        const before = await told(net.run({ image }));
        const during = told(net.run({ image }));
        started.at(-1 - victim).terminate();
        return async () => [before, await during, await told(net.run({ image }))];
      };
      const lives = [await life(0), await life(1), await life(0)];
      await new Promise((r) => setTimeout(r, 3000)); // Chromium ends a worker that is busy after two seconds
      return Promise.all(lives.map((l) => l()));
    })()`], isolated);
    expect((ends as unknown[]).length).toBe(3);
    for (const [before, during, after] of ends as (number | string)[][]) {
      expect([before, after]).toEqual([5, "threads"]);
      expect([5, "threads"]).toContain(during);
    }
  }, 60_000);
});
