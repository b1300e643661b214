// A plan as text: how much memory, then each step of both programs with the buffers it reads and writes.
import { printType, type Extent } from "../ir/type.ts";
import { lifetimes } from "./lifetimes.ts";
import type { Buffer, Plan, Step } from "./plan.ts";

/**
 * plan "tiny" for ts
 *
 * memory       elements      type
 * activations  96 + 128·N    f32
 *
 * run  kernel              reads                         writes                     until  layer
 * 0    conv3x3_3_4_relu    image packed[0] packed[16]    activations[0] 64·N        1      conv1
 */
export function printPlan(plan: Plan): string {
  // What is in no lifetime is the new value of a parameter, and outlives the run.
  const until = new Map(lifetimes(plan).map((l) => [l.first, l.last === plan.programs.run.length ? "end" : String(l.last)]));
  const streams = plan.parameters.some((p) => p.buffer.region === "staging");
  const sections = [
    columns([["memory", "elements", "type"], ...Object.entries(plan.regions).map(([name, size]) => [name, printExtent(size), plan.memory[name as keyof Plan["memory"]]])]),
    columns([["input", "shape"], ...plan.inputs.map((i) => [show(i.buffer), i.buffer.type ? printType(i.buffer.type) : ""])]),
    columns([["output", "shape", "buffer"], ...plan.outputs.map((o) => [JSON.stringify(o.name), printType(o.type), show(o.buffer)])]),
    columns([["parameter", "shape", "buffer", ...(streams ? ["loaded before"] : [])], ...plan.parameters.map((p) => [show(p.buffer), printType(p.node.type), place(p.buffer), ...(streams ? [`prepare ${p.before}`] : [])])]),
    columns([["prepare", ...STEP, "layer"], ...plan.programs.prepare.map((s, t) => [...stepCells(s, t), layer(s)])]),
    columns([["run", ...STEP, "until", "layer"], ...plan.programs.run.map((s, t) => [...stepCells(s, t), until.get(t) ?? "end", layer(s)])]),
  ];
  const change = plan.programs.run.findIndex((s) => s.output.region === "weights");
  return [`plan ${JSON.stringify(plan.name)} for ${plan.target}${change < 0 ? "" : `, parameters change from step ${change} on`}\n`, ...sections].join("\n");
}

const STEP = ["kernel", "reads", "writes"];

function stepCells(s: Step, t: number): readonly string[] {
  return [String(t), (s.pack ?? s.selection).label, s.inputs.map(show).join(" "), `${show(s.output)} ${printExtent(s.output.size)}`];
}

function layer(s: Step): string {
  return s.node.origin?.path ?? "";
}

/** An input or parameter by its name, anything else by its place. */
function show(b: Buffer): string {
  return b.name === null ? place(b) : JSON.stringify(b.name);
}

function place(b: Buffer): string {
  return `${b.region}[${printExtent(b.offset)}]`;
}

/** "96 + 128·N" */
function printExtent({ fixed, perSample }: Extent): string {
  const growing = perSample === 0 ? "" : `${perSample === 1 ? "" : `${perSample}·`}N`;
  return growing === "" ? String(fixed) : fixed === 0 ? growing : `${fixed} + ${growing}`;
}

/** Rows with aligned columns, two blanks apart. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, k) => rows.reduce((w, row) => Math.max(w, row[k]!.length), 0));
  return rows.map((row) => `${row.map((cell, k) => cell.padEnd(widths[k]!)).join("  ").trimEnd()}\n`).join("");
}
