// `rnc inspect`: what an export is made of: layers, memory, kernels; for people, or as JSON.
import type { ExportCompilation } from "../compiler/compilation.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { ExitCode } from "./exit.ts";
import { openProgram, report, type BuildOptions } from "./program.ts";
import { bytes, integer, metric, table } from "./table.ts";
import { colours, print, type Colours } from "./terminal.ts";

export interface InspectOptions extends BuildOptions {
  readonly json?: boolean;
}

export async function inspect(path: string, options: InspectOptions): Promise<number> {
  const program = openProgram(path, options);
  if (report(program.compilation.diagnostics, program.file)) return ExitCode.failure;
  const { exports } = program.compilation;
  if (options.json) print(`${JSON.stringify({ exports: exports.map((e) => e.summary) }, null, 2)}\n`);
  else print(exports.map((e) => describe(e, colours(process.stdout))).join("\n"));
  return ExitCode.success;
}

function describe(e: ExportCompilation, c: Colours): string {
  const { summary, plan } = e;
  const layers = summary.layers.map((l) => [l.name, l.op, l.shape.join(" × "), l.parameters === 0 ? "" : integer(l.parameters), l.macs === 0 ? "" : metric(l.macs)]);
  return [
    `${c.bold(summary.name)}  ${integer(summary.parameters)} parameters, ${metric(summary.macs)} MACs per sample\n`,
    `\n${table([{ title: "layer" }, { title: "op" }, { title: "makes" }, { title: "parameters", align: "right" }, { title: "MACs", align: "right" }], layers, c.dim)}`,
    `\n${memory(plan, c)}`,
    `\n${kernels(plan, c)}`,
  ].join("");
}

/** Sizes are `fixed + perSample · N` elements of the region's own type. */
function memory(plan: Plan, c: Colours): string {
  const rows = Object.entries(plan.regions).filter(([, size]) => size.fixed + size.perSample > 0).map(([name, size]) => {
    const width = plan.memory[name as keyof Plan["memory"]] === "f64" ? 8 : 4;
    return [name, bytes(size.fixed * width), size.perSample === 0 ? "" : bytes(size.perSample * width)];
  });
  return table([{ title: "memory" }, { title: "once", align: "right" }, { title: "per sample", align: "right" }], rows, c.dim);
}

function kernels(plan: Plan, c: Colours): string {
  const count = (steps: readonly Step[]): Map<string, { label: string; calls: number }> => {
    const found = new Map<string, { label: string; calls: number }>();
    for (const s of steps) {
      const { signature, label } = s.pack ?? s.selection;
      const known = found.get(signature);
      if (known) known.calls++;
      else found.set(signature, { label, calls: 1 });
    }
    return found;
  };
  const rows = (["run", "prepare"] as const).flatMap((program) => [...count(plan.programs[program]).values()].map((k) => [k.label, program, integer(k.calls)]));
  return table([{ title: "kernel" }, { title: "program" }, { title: "calls", align: "right" }], rows, c.dim);
}
