// `rnc inspect`: what an export is made of: layers, memory, kernels; for people, or as JSON.
import type { ExportCompilation } from "../compiler/compilation.ts";
import type { PlannedStep } from "../compiler/trained.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { ExitCode } from "./exit.ts";
import { exportsOf, openProgram, type BuildOptions } from "./program.ts";
import { bytes, integer, metric, table } from "./table.ts";
import { colours, print, type Colours } from "./terminal.ts";

export interface InspectOptions extends BuildOptions {
  readonly json?: boolean;
}

export async function inspect(path: string, options: InspectOptions): Promise<number> {
  const exports = exportsOf(path, openProgram(path, options));
  if (!exports) return ExitCode.failure;
  if (options.json) print(`${JSON.stringify({ exports: exports.map((e) => ({ ...e.summary, ...(e.plan.target === "wgsl" ? { pipelines: e.module.kernels } : {}), ...(e.step ? { training: { batch: e.step.batch, bytes: e.step.bytes } } : {}) })) }, null, 2)}\n`);
  else print(exports.map((e) => describe(e, colours(process.stdout))).join("\n"));
  return ExitCode.success;
}

function describe(e: ExportCompilation, c: Colours): string {
  const { summary, plan } = e;
  const layers = summary.layers.map((l) => [l.name, l.op, l.shape.join(" × "), l.parameters === 0 ? "" : integer(l.parameters), l.macs === 0 ? "" : metric(l.macs)]);
  return [
    `${c.bold(summary.name)}  ${integer(summary.parameters)} parameters, ${metric(summary.macs)} MACs per sample\n`,
    `\n${table([{ title: "layer" }, { title: "op" }, { title: "makes" }, { title: "parameters", align: "right" }, { title: "MACs", align: "right" }], layers, c.dim)}`,
    `\n${memory(plan, e.step, c)}`,
    `\n${kernels(plan, c)}`,
    plan.target === "wgsl" ? `\n${integer(e.module.kernels)} pipelines\n` : "",
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
