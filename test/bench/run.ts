// `npm run bench`: what the README claims, measured in one run on this machine; peers pinned, installed here, and compared before timing.
// `npm run bench -- --help` says how to measure parts.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, Option } from "commander";
import { countMacs, layersOf } from "../../src/compiler/summary.ts";
import { bundleChild } from "./child-process.ts";
import { editorTable } from "./editor.ts";
import { adapters, gpuNetworks, gpuTable, measureGpu, type Adapter } from "./gpu.ts";
import { measureLayers, type Layers } from "./layers.ts";
import { measure, type Row } from "./measure.ts";
import { Models } from "./models.ts";
import { networks } from "./networks.ts";
import { downloadOf, installPeers, versions, type Peer } from "./peers.ts";
import { measurePeak } from "./peak.ts";
import { engineNames, type CpuEngine } from "./protocol.ts";
import { comparisons, head, latencyTable, layersTable, line, ms, peakLine, promises, table, titles } from "./report.ts";
import { trainingTable } from "./training.ts";
import { compileTimes } from "./wall.ts";

interface Options {
  readonly only: readonly string[];
  readonly engines: readonly CpuEngine[];
  readonly adapter: Adapter;
  readonly batch: readonly number[];
  readonly threads: readonly number[];
  readonly parts: readonly string[];
  readonly quick?: true;
  readonly json?: string;
}
/** Of code: what a user's browser or server loads. */
interface Code {
  readonly name: string;
  readonly bytes: number;
  readonly gzipped: number;
}

const parts = ["latency", "layers", "gpu", "training", "compile", "editor"] as const;
const layered = ["resnet18", "resnet50"];

const options = optionsOf(process.argv);
if (options.parts.some((p) => p !== "editor")) {
  installPeers();
  await bundleChild();
}
const peak = await measurePeak();
progress(peakLine(peak));
const { rows, layers, code, onGpu } = await measureAll(options);
if (options.parts.includes("training")) progress("training");
const training = options.parts.includes("training") ? await trainingTable() : [];
const compiled = options.parts.includes("compile") ? compileTimes() : [];
const typed = options.parts.includes("editor") ? await editorTable(options.quick ?? false) : [];
const about = `${new Date().toISOString().slice(0, 10)} · ${cpus()[0]?.model.trim()}, ${cpus().length} cores · Node ${process.versions.node} · onnxruntime ${versions["onnxruntime-web"]} · tfjs ${versions["@tensorflow/tfjs-core"]} · jax-js ${versions["@jax-js/jax"]}`;
console.log(report().join("\n"));
if (options.json) writeFileSync(options.json, JSON.stringify({ about, peak, rows, onGpu, layers: layers.map((l) => ({ ...l, layers: l.layers.map(({ node: _, ...rest }) => rest) })), code }, null, 1));

async function measureAll({ only, engines, batch, threads, parts, quick, adapter }: Options): Promise<{ rows: Row[]; layers: Layers[]; code: Code[]; onGpu: Row[] }> {
  const [rows, layers, code, onGpu]: [Row[], Layers[], Code[], Row[]] = [[], [], [], []];
  if (!parts.some((p) => p === "latency" || p === "layers" || p === "gpu")) return { rows, layers, code, onGpu };
  for (const network of networks.filter((n) => only.includes(n.name))) {
    progress(`${network.name}: weights`);
    const models = new Models(network);
    const macs = countMacs(layersOf(models.graph));
    try {
      code.push({ name: `${titles.wasm}, ${network.name}`, ...models.moduleBytes() });
      for (const b of parts.includes("latency") ? batch : [])
        for (const t of threads) {
          progress(`${network.name}: batch ${b}, ${t} thread${t > 1 ? "s" : ""}`);
          const limits = quick ? { budget: 2000, longest: 2000, starts: 1 } : { budget: 10_000, longest: 10_000, starts: b === 1 && t === 1 ? 3 : 1 };
          rows.push(await measure(models, { engines, batch: b, threads: t, macs, ...limits }));
        }
      if (parts.includes("layers") && layered.includes(network.name)) layers.push(await measureLayers(models, quick ?? false));
      if (parts.includes("gpu") && gpuNetworks.includes(network.name)) {
        progress(`${network.name}: ${adapter}`);
        onGpu.push(...(await measureGpu(models, adapter, macs, quick ?? false)));
      }
    } finally {
      models.remove();
    }
  }
  return { rows, layers, code, onGpu };
}

function report(): string[] {
  const { engines } = options;
  const single = rows.filter((r) => r.threads === 1);
  const section = (lines: readonly string[]): string[] => (lines.length > 0 ? ["", ...lines] : []);
  return [
    about,
    "",
    peakLine(peak),
    ...[...new Set(rows.map((r) => r.threads))].flatMap((t) => section(latencyTable(rows.filter((r) => r.threads === t), engines, peak))),
    ...(single.length > 0 ? section(table("From import to the first output, ms", single, engines, (f) => ms(f.firstResult))) : []),
    ...(rows.length > 0 ? section(table("Peak memory of the process, Node included, MB", rows, engines, (f) => f.megabytes.toFixed(0))) : []),
    ...section(code.length > 0 ? codeTable() : []),
    ...section(onGpu.length > 0 ? gpuTable(onGpu, options.adapter) : []),
    ...(rows.length + onGpu.length > 0 ? ["", "Largest difference of an output, as a part of the largest output:", "", ...comparisons([...rows, ...onGpu])] : []),
    ...section(promises(layers, peak)),
    ...layers.flatMap((l) => section(layersTable(l, peak))),
    ...section(training),
    ...section(compiled),
    ...section(typed),
  ];
}

function codeTable(): string[] {
  const peers = options.engines.flatMap((e) => {
    const download = e === "wasm" || e === "ts" ? null : downloadOf(e satisfies Peer);
    return download ? [{ name: `${titles[e]} (${download.what})`, ...download }] : [];
  });
  return ["Code, without weights", "", ...head(["", "bytes", "gzip"]), ...[...code, ...peers].map((c) => line([c.name, c.bytes, c.gzipped]))];
}

function optionsOf(argv: readonly string[]): Options {
  const list = <T extends string>(flag: string, what: string, all: readonly T[]): Option =>
    new Option(`--${flag} <names>`, `${what}: ${all.join(",")}`).default([...all], "all").argParser((text) => text.split(",").map((name) => known(name, all)));
  const numbers = (text: string): number[] => text.split(",").map(Number);
  return new Command("bench")
    .addOption(list("only", "networks", networks.map((n) => n.name)))
    .addOption(list("engines", "engines", engineNames))
    .addOption(list("parts", "what to measure", parts))
    .addOption(new Option("--adapter <name>", "the software GPU").choices(adapters).default("swiftshader"))
    .addOption(new Option("--batch <sizes>", "batch sizes").default([1, 8]).argParser(numbers))
    .addOption(new Option("--threads <counts>", "threads").default([1, 2]).argParser(numbers))
    .option("--quick", "a fifth of the time")
    .option("--json <file>", "write the figures there too")
    .parse(argv)
    .opts<Options>();
}

function known<T extends string>(name: string, all: readonly T[]): T {
  if ((all as readonly string[]).includes(name)) return name as T;
  process.stderr.write(`there is no ${JSON.stringify(name)}; there are ${all.join(", ")}\n`);
  process.exit(2);
}

function progress(text: string): void {
  process.stderr.write(`${Math.round(process.uptime())} s  ${text}\n`);
}
