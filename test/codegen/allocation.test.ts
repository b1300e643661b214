// The contract says that a run allocates nothing. Asked of the heap, in a process whose young generation is so large that nothing is
// collected meanwhile: what is still there after many runs is what the runs made. gelu is not among the programs: its error function is
// one of our own, and V8 boxes the number that a function it does not inline returns (Node 24 does, 32 bytes an element; Node 20 not).
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Compilation, writeSafetensors, type CompileOptions } from "../../src/index.ts";
import { elementsPerSample, N } from "../../src/ir/type.ts";

const programs: readonly (readonly [name: string, text: string, runs: number])[] = [
  ["an addition", `model a() {\n  input x: [4]\n  add(x)\n  output y\n}`, 300_000],
  ["two inputs, three outputs", `model b() {\n  input x: [4]\n  input z: [4]\n  add(x) -> relu\n  output y\n  dense(3) -> softmax\n  output p\n  silu\n  output q\n}`, 100_000],
  ["convolutions of every kind", `model c() {\n  input x: [4, 6, 6]\n  conv(4, 3) -> bn -> relu -> conv(8, 3, 2) -> conv(8, 3, groups = 8) -> conv(8, 3) -> maxpool(2) -> upconv(2, 2, 2) -> gap -> dense(3)\n  output y\n}`, 8_000],
];

/** Bytes of heap that one run leaves, the least of three trials: the engine itself now and then compiles something. */
function bytesPerRun(text: string, runs: number, target: NonNullable<CompileOptions["target"]> = "ts"): number {
  const [e] = new Compilation(text, { js: true, target }).exports;
  const folder = mkdtempSync(join(tmpdir(), "rnlang-allocation-"));
  const tensors = e!.graph.parameters.map((p) => [(p.attrs as never)["name"] as string, { shape: p.type.shape as number[], data: new Float32Array(elementsPerSample(p.type.shape)).fill(0.5) }] as const);
  const inputs = Object.fromEntries(e!.graph.inputs.map((i) => [(i.attrs as never)["name"] as string, elementsPerSample(i.type.shape.filter((d) => d !== N))]));
  writeFileSync(join(folder, "net.mjs"), e!.module.files[0]!.text);
  writeFileSync(join(folder, "weights"), writeSafetensors(tensors));
  writeFileSync(join(folder, "main.mjs"), `import { readFileSync } from "node:fs";
import { create } from "./net.mjs";
const net = await create({ weights: readFileSync(new URL("weights", import.meta.url)) });
const inputs = Object.fromEntries(Object.entries(${JSON.stringify(inputs)}).map(([name, size]) => [name, new Float32Array(size).fill(0.25)]));
const run = (times) => { for (let i = 0; i < times; i++) net.runSync(inputs); };
run(${Math.min(runs, 20_000)});
let least = Infinity;
for (let trial = 0; trial < 3; trial++) {
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  run(${runs});
  least = Math.min(least, (process.memoryUsage().heapUsed - before) / ${runs});
}
console.log(least);`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", "--min-semi-space-size=512", "--max-semi-space-size=512", join(folder, "main.mjs")], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return Number(stdout);
}

test.each(programs)("%s: a run leaves nothing on the heap", (_, text, runs) => {
  expect(bytesPerRun(text, runs)).toBeLessThan(16);
});

test("nor does one of --target wasm", () => {
  const [, text, runs] = programs.at(-1)!;
  expect(bytesPerRun(text, runs, "wasm")).toBeLessThan(16);
});
