// The bench's side of a page in a browser of its own, which has SwiftShader's WebGPU: as a child process, one question at a time.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import type { Browser, Page as Tab } from "playwright-core";
import { launch, serve } from "../harness/browser.ts";
import { cacheFolder } from "./peers.ts";
import type { Job, Pipelines } from "./protocol.ts";

type Server = Awaited<ReturnType<typeof serve>>["server"];

/** tfjs with its WebGPU backend, and jax-js, out of the peers. */
const peers = { "tfjs-page": `import "@tensorflow/tfjs-backend-webgpu"; export * as peer from "@tensorflow/tfjs-core";`, "jax-page": `export * as peer from "@jax-js/jax";` } as const;
/** Clocks are finest on pages that are isolated. */
const headers = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

export class Page {
  readonly job: Job;
  readonly #tab: Tab;
  readonly #browser: Browser;
  readonly #server: Server;

  private constructor(job: Job, tab: Tab, browser: Browser, server: Server) {
    this.job = job;
    this.#tab = tab;
    this.#browser = browser;
    this.#server = server;
  }

  /** Loads the engine and runs once. */
  static async start(job: Job): Promise<{ readonly child: Page; readonly firstResult: number; readonly output: Float32Array; readonly pipelines: Pipelines | null }> {
    const { url, server } = await serve(await filesOf(job), headers);
    const browser = await launch({ webgpu: true });
    const tab = await browser.newPage();
    const child = new Page(job, tab, browser, server);
    try {
      await tab.goto(url);
      await tab.waitForFunction("globalThis.bench !== undefined");
      const { engine, batch, input, output } = job;
      const started = await tab.evaluate<{ firstResult: number; output: number[]; pipelines: Pipelines | null }>(`bench.start(${JSON.stringify({ engine, batch, input, output })})`);
      return { child, ...started, output: Float32Array.from(started.output) };
    } catch (e) {
      child.end();
      throw e;
    }
  }

  async turn(milliseconds: number, runs: number): Promise<{ readonly times: readonly number[] }> {
    return { times: await this.#tab.evaluate<number[]>(`bench.turn(${milliseconds}, ${runs})`) };
  }

  /** A browser is many processes. */
  async megabytes(): Promise<number> {
    return NaN;
  }

  end(): void {
    this.#server.close();
    void this.#browser.close();
  }
}

async function filesOf({ engine, model, weights, image }: Job): Promise<Parameters<typeof serve>[0]> {
  const script = "text/javascript";
  const peer = peers[engine as keyof typeof peers] as string | undefined;
  return {
    "/": ["text/html", `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`],
    "/page.js": [script, await bundle({ entryPoints: [fileURLToPath(new URL("./page.ts", import.meta.url))] })],
    "/image": ["application/octet-stream", readFileSync(image)],
    "/weights": ["application/octet-stream", readFileSync(peer === undefined ? weights! : model.replace(/\.json$/, ".bin"))],
    ...(peer === undefined ? { "/model.js": [script, readFileSync(model)] } : { "/model": ["application/json", readFileSync(model)], "/peer.js": [script, await bundle({ stdin: { contents: peer, resolveDir: join(cacheFolder, "node_modules") } })] }),
  };
}

async function bundle(what: BuildOptions): Promise<string> {
  const { outputFiles } = await build({ ...what, bundle: true, platform: "browser", format: "esm", target: "es2022", minify: true, write: false, logLevel: "error" });
  return outputFiles![0]!.text;
}
