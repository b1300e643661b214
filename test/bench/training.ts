// A step of training of ResNet-20 beside peers on the same cores: PyTorch at batch 32 (Debian's python3-torch, where it is installed), and
// JavaScript ones at the batches they can bear. The same weights and batch, the first losses compared, then they take turns.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Compilation, compile, writeSafetensors } from "../../src/index.ts";
import { elementsPerSample } from "../../src/ir/type.ts";
import { random } from "../harness/random.ts";
import { cacheFolder, versions } from "./peers.ts";
import { head, line, ms } from "./report.ts";
import { median } from "./statistics.ts";
import { bundleStep, StepEngine } from "./step-engine.ts";

const BATCH = 32;
const STEPS = 4; // of ours in one turn
const program = `${readFileSync(fileURLToPath(new URL("../../examples/cifar.rn", import.meta.url)), "utf8").replace(/^train \w+ \{[^}]*\}/gm, "")}
train { loss = cross_entropy(logits)
  optimizer = sgd(lr = 0.001, momentum = 0.9, decay = 1e-4)
  batch = ${BATCH} }
`;
const python = "/usr/bin/python3";
const here = fileURLToPath(new URL(".", import.meta.url));

/** Engines that take turns on the same batch; the first is what the others are compared with. */
interface Contest {
  readonly batch: number;
  readonly engines: readonly StepEngine[];
  /** How many losses are compared: one where a peer computes gradients alone. */
  readonly first: number;
  readonly rounds: number;
  /** Steps of a peer in one turn. */
  readonly steps: number;
}

interface Row {
  readonly cells: readonly (string | number)[];
  readonly losses: string;
}

/** A table of milliseconds of a step. */
export async function trainingTable(): Promise<string[]> {
  const folder = prepare();
  const torch = spawnSync(python, ["-c", "import torch"]).status === 0;
  const args = (threads: number, batch: number): readonly string[] => [folder, String(threads), String(batch)];
  const named = (name: string, threads: number): string => `${name}, ${threads} thread${threads > 1 ? "s" : ""}`;
  const ours = (threads: number, batch: number): StepEngine => new StepEngine(named("rnc `wasm`", threads), process.execPath, [join(here, "trainer-step.mjs"), ...args(threads, batch)]);
  const script = async (name: string, title: string, batch: number): Promise<StepEngine> => new StepEngine(named(title, 1), process.execPath, [await bundleStep(name), ...args(1, batch)]);
  const contests: readonly (() => Promise<Contest>)[] = [
    async () => ({ batch: BATCH, first: 3, rounds: 8, steps: STEPS, engines: [1, 2].flatMap((threads) => [ours(threads, BATCH), ...(torch ? [new StepEngine(named("PyTorch", threads), python, [join(here, "torch-step.py"), ...args(threads, BATCH)])] : [])]) }),
    async () => ({ batch: 8, first: 1, rounds: 3, steps: 1, engines: [ours(1, 8), await script("jax", `jax-js ${versions["@jax-js/jax"]}, \`wasm\`, gradients alone`, 8)] }),
    async () => ({ batch: 2, first: 1, rounds: 1, steps: 1, engines: [ours(1, 2), await script("tfjs", `tfjs ${versions["@tensorflow/tfjs-core"]}, cpu`, 2)] }),
  ];
  const rows: Row[] = [];
  for (const contest of contests) rows.push(...(await held(await contest())));
  return [
    `A step of ResNet-20: forward, backward, SGD with momentum${torch ? "" : "; PyTorch is not installed here"}`,
    "",
    ...head(["", "batch", "median ms (best)", "it / rnc one thread", "peak memory, MB"]),
    ...rows.map((r) => line(r.cells)),
    "",
    "Losses of the first steps, and the largest part by which they differ from rnc's:",
    "",
    ...rows.map((r) => r.losses),
  ];
}

async function held({ batch, engines, first, rounds, steps }: Contest): Promise<readonly Row[]> {
  const losses: (readonly number[])[] = [];
  for (const e of engines) losses.push((await e.steps(first)).losses);
  const differences = losses.map((of) => Math.max(...of.map((loss, k) => Math.abs(loss / losses[0]![k]! - 1))));
  if (!differences.every((d) => d <= 1e-3)) throw new Error(`the losses are ${JSON.stringify(losses)}: nothing to time`);
  for (let round = 0; round < rounds; round++) for (const e of engines) e.times.push(...(await e.steps(e === engines[0] ? STEPS : steps)).times);
  for (const e of engines) e.end();
  const alone = median(engines[0]!.times);
  return engines.map((e, k) => {
    const name = e.version === process.versions.node ? e.name : `${e.name} (${e.version})`;
    const time = e.times.length < 3 ? `${ms(median(e.times))} (${e.times.length} run${e.times.length > 1 ? "s" : ""})` : `${ms(median(e.times))} (${ms(Math.min(...e.times))})`;
    return {
      cells: [name, batch, time, ratio(median(e.times) / alone), e.megabytes.toFixed(0)],
      losses: `- ${name}, batch ${batch}: ${losses[k]!.map((v) => v.toFixed(6)).join(" ")}${k > 0 ? `, ${differences[k]!.toExponential(1)}` : ""}`,
    };
  });
}

function ratio(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)}×`;
}

/** Module, weights and a batch, in files that all engines read. */
function prepare(): string {
  const folder = join(cacheFolder, "training");
  mkdirSync(folder, { recursive: true });
  const [module] = compile(program, { only: "resnet20", target: "wasm", js: true, train: true, threads: true }).modules;
  for (const { name, text } of module!.files) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const next = random(3);
  const tensors = new Compilation(program, { only: "resnet20" }).exports[0]!.graph.parameters.map((p) => {
    const { name, shape } = p.attrs as unknown as { readonly name: string; readonly shape: readonly number[] };
    const size = elementsPerSample(p.type.shape);
    const spread = shape.length > 1 ? Math.sqrt((24 * shape[0]!) / size) : 0;
    const start = name.endsWith("running_mean") || name.endsWith("bias") ? 0 : 1;
    return [name, { shape, data: Float32Array.from({ length: size }, () => (shape.length > 1 ? spread * (next() - 0.5) : start)) }] as const;
  });
  writeFileSync(join(folder, "weights.safetensors"), writeSafetensors(tensors));
  let offset = 0;
  writeFileSync(join(folder, "parameters.json"), JSON.stringify(tensors.map(([name, { shape, data }]) => ({ name, shape, size: data.length, offset: (offset += data.length) - data.length }))));
  writeFileSync(join(folder, "parameters.bin"), Buffer.concat(tensors.map(([, { data }]) => Buffer.from(data.buffer))));
  writeFileSync(join(folder, "images.bin"), Buffer.from(Float32Array.from({ length: BATCH * 3072 }, () => next() * 4 - 2).buffer));
  writeFileSync(join(folder, "labels.bin"), Buffer.from(Int32Array.from({ length: BATCH }, () => Math.floor(next() * 10)).buffer));
  return folder;
}
