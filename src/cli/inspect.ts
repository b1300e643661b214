// `rnc inspect`: what an export is made of: layers, memory, kernels; for people, or as JSON. With --adapter also how long a GPU takes to make it.
import type { ExportCompilation } from "../compiler/compilation.ts";
import { parametersOf } from "../compiler/weights.ts";
import type { PlannedStep } from "../compiler/trained.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { ExitCode, usageError } from "./exit.ts";
import { asFailure } from "./generated.ts";
import { openDevice, type GpuOptions } from "./gpu.ts";
import { makeNet } from "./made.ts";
import { exportsOf, openProgram, type BuildOptions } from "./program.ts";
import { bytes, metric } from "../source/quantities.ts";
import { integer, table } from "./table.ts";
import { colours, print, type Colours } from "./terminal.ts";

export interface InspectOptions extends BuildOptions, GpuOptions {
  readonly json?: boolean;
  /** What a weights file must have, instead of what they are computed with. */
  readonly parameters?: boolean;
}

export async function inspect(path: string, options: InspectOptions): Promise<number> {
  if (options.parameters && options.adapter !== undefined) throw usageError("--parameters and --adapter say different things: leave one out", "the parameters are the same on every GPU");
  const exports = exportsOf(openProgram(path, options, { js: true }));
  if (!exports) return ExitCode.failure;
  const creations = options.adapter === undefined ? exports.map(() => null) : await creationsOf(exports, options);
  if (options.json) print(`${JSON.stringify({ exports: exports.map((e, k) => ({ ...e.summary, ...(options.parameters ? { tensors: parametersOf(e.graph) } : {}), ...onGpu(e, creations[k]!), ...(e.step ? { training: { batch: e.step.batch, bytes: e.step.bytes } } : {}) })) }, null, 2)}\n`);
  else if (options.parameters) print(exports.map((e) => names(e, colours(process.stdout))).join("\n"));
  else print(exports.map((e, k) => describe(e, creations[k]!, colours(process.stdout))).join("\n"));
  return ExitCode.success;
}

/** How long each takes to be made for one sample, pipelines and all. */
interface Creation {
  readonly milliseconds: number;
  readonly adapter: string;
}

async function creationsOf(exports: readonly ExportCompilation[], options: GpuOptions): Promise<readonly Creation[]> {
  const device = await openDevice(options);
  const creations: Creation[] = [];
  try {
    for (const e of exports) {
      const { net, milliseconds } = await makeNet(e, 1, device);
      net.dispose();
      creations.push({ milliseconds, adapter: device.name ?? "the CPU" });
    }
  } catch (error) {
    throw asFailure(error);
  } finally {
    device.close();
  }
  return creations;
}

function onGpu(e: ExportCompilation, creation: Creation | null): object {
  return e.plan.target === "wgsl" ? { pipelines: e.module.kernels, provenBatch: e.provenBatch, ...(creation ? { creation: creation.milliseconds, adapter: creation.adapter } : {}) } : {};
}

function names(e: ExportCompilation, c: Colours): string {
  const rows = parametersOf(e.graph).map(({ name, shape }) => [name, shape.join(" × "), integer(shape.reduce((a, b) => a * b, 1))]);
  return `${c.bold(e.name)}  ${integer(e.summary.parameters)} parameters\n\n${table([{ title: "parameter" }, { title: "shape" }, { title: "numbers", align: "right" }], rows, c.dim)}`;
}

function describe(e: ExportCompilation, creation: Creation | null, c: Colours): string {
  const { summary, plan } = e;
  const layers = summary.layers.map((l) => [l.name, l.op, l.shape.join(" × "), l.parameters === 0 ? "" : integer(l.parameters), l.macs === 0 ? "" : metric(l.macs)]);
  return [
    `${c.bold(summary.name)}  ${integer(summary.parameters)} parameters, ${metric(summary.macs)} MACs per sample\n`,
    `\n${table([{ title: "layer" }, { title: "op" }, { title: "makes" }, { title: "parameters", align: "right" }, { title: "MACs", align: "right" }], layers, c.dim)}`,
    `\n${memory(plan, e.step, c)}`,
    `\n${kernels(plan, c)}`,
    plan.target === "wgsl" ? `\n${integer(e.module.kernels)} pipelines${creation ? `, made in ${integer(Math.round(creation.milliseconds))} ms on ${creation.adapter}` : ""}; batches up to ${e.provenBatch} are within the limits\n` : "",
  ].join("");
}

/** Sizes are `fixed + perSample · N` elements of the region's own type. What a step of training computes is more than a run: its row comes last. */
function memory(plan: Plan, step: PlannedStep | null, c: Colours): string {
  const regions = [...Object.entries(plan.regions), ...(step ? [["training", step.plan.regions.activations] as const] : [])];
  const rows = regions.filter(([, size]) => size.fixed + size.perSample > 0).map(([name, size]) => {
    const width = plan.memory[(name === "training" ? "activations" : name) as keyof Plan["memory"]] === "f64" ? 8 : 4;
    const cell = (elements: number): string => (elements === 0 ? "" : bytes(elements * width));
    return [name, cell(size.fixed), cell(size.perSample)];
  });
  return table([{ title: "memory" }, { title: "once", align: "right" }, { title: "per sample", align: "right" }], rows, c.dim);
}

/** Kernels by their label; variants differ in what they do to a result. */
function kernels(plan: Plan, c: Colours): string {
  const rows = (["run", "prepare"] as const).flatMap((program) => {
    const found = new Map<string, Step[]>();
    for (const s of plan.programs[program]) {
      const { label } = s.pack ?? s.selection;
      found.set(label, [...(found.get(label) ?? []), s]);
    }
    return [...found].map(([label, steps]) => [label, program, integer(new Set(steps.map((s) => (s.pack ?? s.selection).signature)).size), integer(steps.length)]);
  });
  const right = { align: "right" } as const;
  return table([{ title: "kernel" }, { title: "program" }, { title: "variants", ...right }, { title: "calls", ...right }], rows, c.dim);
}
