// Nets on a software GPU: ours beside onnxruntime's WebGPU provider in Node, and beside tfjs and jax-js on pages of a browser. Latency, the first
// output, pipelines. All on one adapter in one run, results compared before anything is timed.
import { lavapipeFiles } from "../harness/gpu/lavapipe.ts";
import { unpacked } from "../harness/gpu/unpack.ts";
import { join } from "node:path";
import { haveBrowser } from "../harness/browser.ts";
import { measure, type Figure, type Row } from "./measure.ts";
import type { Models } from "./models.ts";
import type { Driver, EngineName } from "./protocol.ts";
import { head, line, ms, titles } from "./report.ts";

export const adapters = ["swiftshader", "lavapipe"] as const;
export type Adapter = (typeof adapters)[number];
/** Others take minutes. */
export const gpuNetworks = ["resnet20", "resnet18"];

const inNode: readonly EngineName[] = ["wgsl", "ort-webgpu"];
/** A browser has SwiftShader alone. */
const onPages: readonly EngineName[] = ["wgsl-page", "tfjs-page", "jax-page"];

function driverOf(adapter: Adapter): Driver {
  const { dawn, icd } = unpacked();
  const loader = join(dawn, "dist/linux-x64/libvulkan.so.1");
  if (adapter === "swiftshader") return { name: adapter, icd, libraries: [loader], dawn };
  const { icd: other, needed } = lavapipeFiles();
  return { name: adapter, icd: other, libraries: [loader, ...needed], dawn };
}

/** The rows of one network: in Node, and on pages. */
export async function measureGpu(models: Models, adapter: Adapter, macs: number, quick: boolean): Promise<readonly Row[]> {
  const request = { batch: 1, threads: 1, macs, starts: quick ? 1 : 3, longest: Infinity, budget: quick ? 4000 : 20_000 };
  const rows = [await measure(models, { ...request, engines: inNode, driver: driverOf(adapter) })];
  if (adapter === "swiftshader" && haveBrowser) rows.push(await measure(models, { ...request, engines: onPages }));
  return rows;
}

export function gpuTable(rows: readonly Row[], adapter: Adapter): readonly string[] {
  return [
    `On a software GPU (${adapter}), batch 1: median ms (best); from import to the first output; pipelines made, and the wait for them`,
    "",
    ...head(["network", "engine", "latency", "beside ours", "first output", "beside ours", "pipelines"]),
    ...rows.flatMap((row) => row.figures.map((f) => figureLine(row, f, row.figures.find((o) => o.engine === "wgsl" || o.engine === "wgsl-page")))),
  ];
}

function figureLine({ title }: Row, f: Figure, own: Figure | undefined): string {
  const beside = (of: (f: Figure) => number): string => (own && own !== f ? `${(of(f) / of(own)).toFixed(1)}×` : "");
  const made = f.pipelines ? `${f.pipelines.count}, ${ms(f.pipelines.milliseconds)} ms` : "–";
  return line([title, titles[f.engine], `${ms(f.median)} (${ms(f.best)})`, beside((x) => x.median), ms(f.firstResult), beside((x) => x.firstResult), made]);
}
