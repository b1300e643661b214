// How each engine loads a network, as its documentation tells users to; runs in a child process. A run gives the output's numbers.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { deviceOn, useDriver } from "./driver.ts";
import type { EngineName, Job, PageEngine } from "./protocol.ts";
import { tfjsRun, type Tf } from "./tfjs.ts";
import type { TfjsModel } from "./tfjs-model.ts";

export type Run = () => Promise<Float32Array> | Float32Array;
type Load = (job: Job, image: Float32Array) => Promise<Run>;

interface Module {
  create(options: { weights: Uint8Array; batch: number; threads?: number; device?: object }): Promise<{ run(inputs: Record<string, Float32Array>): Promise<Record<string, Float32Array>> }>;
}

/** The little of onnxruntime's API that is used here. */
interface Ort {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly InferenceSession: { create(model: string | Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: "float32", data: Float32Array, shape: readonly number[]) => object;
}
interface Session {
  run(inputs: Record<string, object>): Promise<Record<string, { readonly data: Float32Array }>>;
}

const ours: Load = async ({ model, weights, batch, threads, input, output, driver }, image) => {
  const { create } = (await import(pathToFileURL(model).href)) as Module;
  const net = await create({ weights: readFileSync(weights!), batch, ...(threads > 1 ? { threads } : {}), ...(driver ? { device: await deviceOn(driver) } : {}) });
  const inputs = { [input]: image };
  return async () => (await net.run(inputs))[output]!;
};

const onnxruntimeNode: Load = async (job, image) => {
  const ort = await importNamed<Ort>("onnxruntime-node");
  return ortRun(ort, await ort.InferenceSession.create(job.model, { intraOpNumThreads: job.threads, interOpNumThreads: 1 }), job, image);
};

const onnxruntimeWeb: Load = async (job, image) => {
  const ort = await importNamed<Ort>("onnxruntime-web");
  ort.env.wasm.numThreads = job.threads;
  return ortRun(ort, await ort.InferenceSession.create(readFileSync(job.model), { executionProviders: ["wasm"] }), job, image);
};

const onnxruntimeWebGpu: Load = async (job, image) => {
  useDriver(job.driver!);
  const ort = await importNamed<Ort>("onnxruntime-node");
  return ortRun(ort, await ort.InferenceSession.create(job.model, { executionProviders: ["webgpu"] }), job, image);
};

function ortRun(ort: Ort, session: Session, { input, output, shape }: Job, image: Float32Array): Run {
  return async () => (await session.run({ [input]: new ort.Tensor("float32", image, shape) }))[output]!.data;
}

const tfjs = (backend: "wasm" | "cpu"): Load => async (job, image) => {
  const tf = await importNamed<Tf>("@tensorflow/tfjs-core");
  await importNamed(`@tensorflow/tfjs-backend-${backend}`);
  await tf.setBackend(backend);
  await tf.ready();
  const run = tfjsRun(tf, JSON.parse(readFileSync(job.model, "utf8")) as TfjsModel, readNumbers(job.model.replace(/\.json$/, ".bin")), image);
  return () => {
    const y = run();
    const output = y.dataSync();
    y.dispose();
    return output;
  };
};

export function readNumbers(path: string): Float32Array {
  const data = readFileSync(path);
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
}

export const engines: Readonly<Record<Exclude<EngineName, PageEngine>, Load>> = {
  wasm: ours, ts: ours, wgsl: ours, "ort-node": onnxruntimeNode, "ort-web": onnxruntimeWeb, "ort-webgpu": onnxruntimeWebGpu, "tfjs-wasm": tfjs("wasm"), "tfjs-cpu": tfjs("cpu"),
};

/** By a name that bundlers do not see: peers lie beside the bundle. A CommonJS package is its default export. */
async function importNamed<T>(name: string): Promise<T> {
  const module = (await import(name)) as { readonly default?: object };
  return { ...module.default, ...module } as T;
}
