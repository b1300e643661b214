// What a page of the bench runs: one engine with one network, its files fetched from loopback. Bundled for browsers.
import { countPipelines, pipelines } from "./pipelines.ts";
import { jaxRun, type Jax } from "./jax.ts";
import { tfjsRun, type Tf } from "./tfjs.ts";
import type { TfjsModel } from "./tfjs-model.ts";
import type { Answer, PageEngine } from "./protocol.ts";

interface PageJob {
  readonly engine: PageEngine;
  readonly batch: number;
  readonly input: string;
  readonly output: string;
}
interface Module {
  create(options: { weights: Uint8Array; batch: number }): Promise<{ run(inputs: Record<string, Float32Array>): Promise<Record<string, Float32Array>> }>;
}

const bytes = async (path: string): Promise<ArrayBuffer> => (await fetch(path)).arrayBuffer();
let run: (() => Promise<Float32Array>) | null = null;

async function ours({ batch, input, output }: PageJob, image: Float32Array): Promise<() => Promise<Float32Array>> {
  const path = "/model.js";
  const { create } = (await import(path)) as Module;
  const net = await create({ weights: new Uint8Array(await bytes("/weights")), batch });
  return async () => (await net.run({ [input]: image }))[output]!;
}

async function peer<T>(): Promise<T> {
  const path = "/peer.js";
  return ((await import(path)) as { readonly peer: T }).peer;
}

async function model(): Promise<[TfjsModel, Float32Array]> {
  return [(await (await fetch("/model")).json()) as TfjsModel, new Float32Array(await bytes("/weights"))];
}

async function jax(image: Float32Array): Promise<() => Promise<Float32Array>> {
  const library = await peer<Jax>();
  await library.init("webgpu");
  library.defaultDevice("webgpu");
  const result = jaxRun(library, ...(await model()), image);
  return () => result().data();
}

async function tfjs(image: Float32Array): Promise<() => Promise<Float32Array>> {
  const tf = await peer<Tf>();
  await tf.setBackend("webgpu");
  await tf.ready();
  const result = tfjsRun(tf, ...(await model()), image);
  return async () => {
    const y = result();
    const output = await y.data();
    y.dispose();
    return output;
  };
}

async function start(job: PageJob): Promise<Omit<Extract<Answer, { kind: "started" }>, "kind" | "output"> & { readonly output: readonly number[] }> {
  countPipelines(GPUDevice.prototype);
  const image = new Float32Array(await bytes("/image"));
  const begin = performance.now();
  run = job.engine === "wgsl-page" ? await ours(job, image) : await { "tfjs-page": tfjs, "jax-page": jax }[job.engine](image);
  const output = [...(await run())];
  return { firstResult: performance.now() - begin, output, pipelines: pipelines() };
}

/** Runs until the time is over, at least `runs` times. */
async function turn(milliseconds: number, runs: number): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  for (let now = performance.now(); now < end || times.length < runs; ) {
    await run!();
    const after = performance.now();
    times.push(after - now);
    now = after;
  }
  return times;
}

Object.assign(globalThis, { bench: { start, turn } });
