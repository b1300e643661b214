// What `--emit wgsl` writes is enough for a host in another language: this one knows nothing but the manifest and the shaders beside it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isWgslFile, wgslFiles } from "../../src/codegen/wgsl/manifest.ts";
import { Compilation } from "../../src/index.ts";
import { readSafetensors } from "../../src/index.ts";
import { haveGpu, testDevice } from "../harness/gpu.ts";
import { load } from "../harness/module.ts";
import { random } from "../harness/random.ts";

interface Extent {
  readonly fixed: number;
  readonly perSample: number;
}
type Binding = { readonly buffer: string; readonly input?: string; readonly access: string; readonly offset: Extent; readonly size: Extent } | { readonly uniform: "n" | readonly number[] };
interface Dispatch {
  readonly shader: string;
  readonly bindings: readonly Binding[];
  readonly workgroups: Extent & { readonly per: number; readonly times: number };
}
interface Manifest {
  readonly entryPoint: string;
  readonly parameters: readonly { readonly name: string; readonly offset: number }[];
  readonly buffers: Readonly<Record<string, Extent>>;
  readonly inputs: readonly { readonly name: string; readonly size: Extent }[];
  readonly outputs: readonly { readonly name: string; readonly buffer: string; readonly offset: Extent; readonly size: Extent }[];
  readonly programs: { readonly prepare: readonly Dispatch[]; readonly run: readonly Dispatch[] };
}

const at = ({ fixed, perSample }: Extent, n: number): number => fixed + perSample * n;
const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = { STORAGE: 0x80, UNIFORM: 0x40, COPY_SRC: 0x4, COPY_DST: 0x8, MAP_READ: 0x1 };

/** The first output of n samples, in memory for `batch`. */
async function byManifest(device: GPUDevice, files: ReadonlyMap<string, string>, manifest: Manifest, weights: ReadonlyMap<string, Float32Array>, input: Float32Array, n: number, batch: number): Promise<Float32Array> {
  const buffer = (size: number, usage: number): GPUBuffer => device.createBuffer({ size: Math.max(256, Math.ceil(size / 4) * 4), usage });
  const storage = (size: Extent): GPUBuffer => buffer(at(size, batch), STORAGE | COPY_SRC | COPY_DST);
  const buffers = new Map(Object.entries(manifest.buffers).map(([name, size]) => [name, storage(size)]));
  const inputs = new Map(manifest.inputs.map((i) => [i.name, storage(i.size)]));
  for (const { name, offset } of manifest.parameters) device.queue.writeBuffer(buffers.get("weights")!, offset, weights.get(name)! as BufferSource);
  device.queue.writeBuffer([...inputs.values()][0]!, 0, input as BufferSource);
  const uniform = (numbers: readonly number[]): GPUBuffer => {
    const made = buffer(16 * Math.ceil(numbers.length / 4), UNIFORM | COPY_DST);
    device.queue.writeBuffer(made, 0, Uint32Array.from(numbers));
    return made;
  };
  const resource = (b: Binding): GPUBufferBinding => ("uniform" in b ? { buffer: uniform(b.uniform === "n" ? [n] : b.uniform) } : { buffer: (b.input === undefined ? buffers.get(b.buffer) : inputs.get(b.input))!, offset: at(b.offset, batch), size: at(b.size, batch) });
  const encoder = device.createCommandEncoder();
  for (const { shader, bindings, workgroups } of [...manifest.programs.prepare, ...manifest.programs.run]) {
    const pipeline = device.createComputePipeline({ layout: "auto", compute: { module: device.createShaderModule({ code: files.get(shader)! }), entryPoint: manifest.entryPoint } });
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: bindings.map((b, binding) => ({ binding, resource: resource(b) })) }));
    const count = Math.ceil(at(workgroups, n) / workgroups.per) * workgroups.times;
    const rows = Math.ceil(count / 65_535);
    pass.dispatchWorkgroups(Math.ceil(count / rows), rows);
    pass.end();
  }
  const [output] = manifest.outputs;
  const read = buffer(at(output!.size, n), MAP_READ | COPY_DST);
  encoder.copyBufferToBuffer(buffers.get(output!.buffer)!, at(output!.offset, batch), read, 0, at(output!.size, n));
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(1);
  return new Float32Array(read.getMappedRange().slice(0, at(output!.size, n)));
}

test.skipIf(!haveGpu)("the trained glyphs network by its manifest gives what its module gives", async () => {
  const example = (name: string): URL => new URL(`../../examples/${name}`, import.meta.url);
  const text = readFileSync(example("glyphs.rn"), "utf8");
  const file = new Uint8Array(readFileSync(example("glyphs.safetensors")));
  const [e] = new Compilation(text, { target: "wgsl" }).exports;
  const files = new Map(wgslFiles(e!.plan).map((f) => [f.name, f.text]));
  for (const content of files.values()) expect(isWgslFile(content)).toBe(true);
  const manifest = JSON.parse(files.get(`${e!.name}.json`)!) as Manifest;
  const weights = new Map([...readSafetensors(file).tensors].map(([name, { data }]) => [name, Float32Array.from(data)]));
  const next = random(5);
  const [n, batch] = [3, 4];
  const image = Float32Array.from({ length: n * 3072 }, () => next() * 4 - 2);
  const found = await byManifest(await testDevice(), files, manifest, weights, image, n, batch);
  const net = await (await load(text, { target: "wasm" })).create({ weights: file, batch });
  const [expected] = Object.values(await net.run({ [manifest.inputs[0]!.name]: image }));
  const largest = Math.max(...expected!.map(Math.abs));
  expect(found.length).toBe(expected!.length);
  expect(Math.max(...found.map((v, i) => Math.abs(v - expected![i]!))) / largest).toBeLessThan(1e-4);
}, 120_000);
