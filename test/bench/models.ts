// The files that children load: for each network its weights, the image and our modules; for each batch the peers' files.
// Written before anything is timed, into a folder that is removed afterwards.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { compile, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { graphOf, imageOf, weightsOf, type Network, type Weights } from "./networks.ts";
import { onnxOf } from "./onnx.ts";
import { cacheFolder } from "./peers.ts";
import { programOf } from "./program.ts";
import type { EngineName, Job } from "./protocol.ts";
import { writeJax, writeTfjs } from "./tfjs-model.ts";

const root = join(cacheFolder, "models");

type OwnTarget = "wasm" | "ts" | "wgsl";
const ours: { readonly [E in EngineName]?: OwnTarget } = { wasm: "wasm", ts: "ts", wgsl: "wgsl", "wgsl-page": "wgsl" };

function peerFile(engine: EngineName): string {
  return engine.startsWith("ort") ? "model.onnx" : engine.startsWith("jax") ? "jax.json" : "tfjs.json";
}

export class Models {
  readonly network: Network;
  readonly graph: Graph;
  readonly #weights: Weights;
  readonly #folder: string;
  readonly #made = new Set<string>();

  constructor(network: Network) {
    this.network = network;
    this.graph = graphOf(network);
    this.#weights = weightsOf(this.graph, network);
    this.#folder = join(root, network.name);
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Null where the engine cannot do it. */
  job(engine: EngineName, batch: number, threads: number): Job | null {
    if (threads > 1 && (engine === "ts" || engine.startsWith("tfjs"))) return null;
    const target = ours[engine];
    const isOurs = target !== undefined;
    const model = isOurs ? this.#module(target, threads > 1) : this.#once(`${batch}-${peerFile(engine)}`, (path) => this.#writePeer(path, batch));
    if (model === null) return null;
    const last = engine.startsWith("tfjs");
    return {
      engine, model, batch, threads,
      weights: isOurs ? this.#once("weights.safetensors", (path) => writeFileSync(path, writeSafetensors(this.#weights))) : null,
      image: this.#once(`${batch}-image${last ? "-last" : ""}.bin`, (path) => writeFileSync(path, new Uint8Array(this.#image(batch, last).buffer))),
      input: (this.graph.inputs[0]!.attrs as { readonly name: string }).name,
      output: this.graph.outputs[0]!.name,
      shape: [batch, ...(this.graph.inputs[0]!.type.shape.slice(1) as number[])],
      kernels: false,
      driver: null,
    };
  }

  /** The module's bytes as a server sends them, weights apart. */
  moduleBytes(): { readonly bytes: number; readonly gzipped: number } {
    const text = this.#compile("wasm", false).find((f) => f.name.endsWith(".js"))!.text;
    return { bytes: Buffer.byteLength(text), gzipped: gzipSync(text).length };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #compile(target: OwnTarget, threads: boolean): readonly { readonly name: string; readonly text: string }[] {
    const options: CompileOptions = { only: this.network.export, js: true, target, ...(threads ? { threads: true } : {}) };
    return compile(this.network.text, options).modules[0]!.files;
  }

  /** The path of our module; null where it was to have threads and has none. */
  #module(target: OwnTarget, threads: boolean): string | null {
    const folder = join(this.#folder, `${target}${threads ? "-threads" : ""}`);
    const files = this.#compile(target, threads);
    if (threads && !files.some((f) => f.name.endsWith(".worker.js"))) return null;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    return join(folder, files.find((f) => f.name.endsWith(".js") && !f.name.endsWith(".worker.js"))!.name);
  }

  #writePeer(path: string, batch: number): void {
    const isTfjs = path.endsWith("tfjs.json");
    const program = programOf(this.graph, this.#weights, batch, isTfjs);
    if (isTfjs) writeTfjs(program, path);
    else if (path.endsWith(".json")) writeJax(program, path);
    else writeFileSync(path, onnxOf(program));
  }

  #image(batch: number, channelsLast: boolean): Float32Array {
    const image = imageOf(this.graph, batch);
    if (!channelsLast) return image;
    const [channels, height, width] = this.graph.inputs[0]!.type.shape.slice(1) as [number, number, number];
    const pixels = height * width;
    const out = new Float32Array(image.length);
    for (let n = 0; n < batch; n++) for (let c = 0; c < channels; c++) for (let p = 0; p < pixels; p++) out[(n * pixels + p) * channels + c] = image[(n * channels + c) * pixels + p]!;
    return out;
  }

  #once(name: string, write: (path: string) => void): string {
    const path = join(this.#folder, name);
    if (!this.#made.has(name)) write(path);
    this.#made.add(name);
    return path;
  }
}
