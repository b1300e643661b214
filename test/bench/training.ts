// A step of training of ResNet-20, batch 32, beside PyTorch on the same cores (Debian's python3-torch, where it is installed): the same
// weights and batch, the first losses compared, then they take turns.
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Compilation, compile, writeSafetensors } from "../../src/index.ts";
import { elementsPerSample } from "../../src/ir/type.ts";
import { random } from "../harness/random.ts";
import { cacheFolder } from "./peers.ts";
import { head, line, ms } from "./report.ts";
import { median } from "./statistics.ts";

const BATCH = 32;
const ROUNDS = 8;
const STEPS = 4; // of one turn
const program = `${readFileSync(fileURLToPath(new URL("../../examples/cifar.rn", import.meta.url)), "utf8").replace(/^train \w+ \{[^}]*\}/gm, "")}
train { loss = cross_entropy(logits)
  optimizer = sgd(lr = 0.001, momentum = 0.9, decay = 1e-4)
  batch = ${BATCH} }
`;
const python = "/usr/bin/python3";

interface Answer {
  readonly losses: readonly number[];
  readonly times: readonly number[];
  readonly megabytes: number;
  readonly version: string;
}

class Engine {
  readonly name: string;
  readonly times: number[] = [];
  megabytes = 0;
  version = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    this.#child = spawn(command, args);
    this.#child.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async steps(count: number): Promise<Answer> {
    this.#child.stdin.write(`${count}\n`);
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error(`${this.name} ended`);
    const answer = JSON.parse(String(value)) as Answer;
    this.megabytes = answer.megabytes;
    this.version = answer.version;
    return answer;
  }

  end(): void {
    this.#child.stdin.end();
  }
}

/** A table of milliseconds of a step. */
export async function trainingTable(): Promise<string[]> {
  const folder = prepare();
  const here = fileURLToPath(new URL(".", import.meta.url));
  const torch = spawnSync(python, ["-c", "import torch"]).status === 0;
  const engines = [1, 2].flatMap((threads) => [
    new Engine(`rnc \`wasm\`, ${threads} thread${threads > 1 ? "s" : ""}`, process.execPath, [join(here, "trainer-step.mjs"), folder, String(threads), String(BATCH)]),
    ...(torch ? [new Engine(`PyTorch, ${threads} thread${threads > 1 ? "s" : ""}`, python, [join(here, "torch-step.py"), folder, String(threads), String(BATCH)])] : []),
  ]);
  const first: (readonly number[])[] = [];
  for (const e of engines) first.push((await e.steps(3)).losses);
  for (const losses of first) losses.forEach((loss, k) => {
    if (!(Math.abs(loss - first[0]![k]!) <= 1e-3 * first[0]![k]!)) throw new Error(`the losses are ${JSON.stringify(first)}: nothing to time`);
  });
  for (let round = 0; round < ROUNDS; round++) for (const e of engines) e.times.push(...(await e.steps(STEPS)).times);
  for (const e of engines) e.end();
  const alone = median(engines[0]!.times);
  return [
    `A step of ResNet-20, batch ${BATCH}: forward, backward, SGD with momentum${torch ? `; PyTorch ${engines[1]!.version}` : "; PyTorch is not installed here"}`,
    "",
    ...head(["", "median ms (best)", "it / rnc one thread", "peak memory, MB"]),
    ...engines.map((e) => line([e.name, `${ms(median(e.times))} (${ms(Math.min(...e.times))})`, `${(median(e.times) / alone).toFixed(2)}×`, e.megabytes.toFixed(0)])),
    "",
    `Losses of the first three steps: ${first.map((l) => l.map((v) => v.toFixed(6)).join(" ")).join(" · ")}`,
  ];
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
