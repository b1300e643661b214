// The kernels of a plan for hosts in other languages: a WGSL file per shader, and a JSON manifest that says which buffers there are and
// what is dispatched, in order. Law: sizes and offsets are bytes, { fixed, perSample }: fixed + perSample · the batch that memory is laid
// out for; workgroups are for n samples, at most that batch.
import { scale, type Extent } from "../../ir/type.ts";
import type { Buffer, Plan, Step } from "../../plan/plan.ts";
import { ident } from "../names.ts";
import { buffersOf, WgslFunctions, type PlacedStage, type WgslKernel } from "./functions.ts";
import { BYTES, room } from "./programs.ts";

export interface WgslFile {
  readonly name: string;
  readonly text: string;
}

/** The shaders, then the manifest. */
export function wgslFiles(plan: Plan): readonly WgslFile[] {
  const functions = new WgslFunctions(plan.alignment);
  const file = (shader: number): string => `${ident(plan.name)}.${shader}.wgsl`;
  const { prepare, run } = plan.programs;
  const programs = { prepare: dispatches(prepare, functions, file), run: dispatches(run, functions, file) };
  const manifest = {
    name: plan.name,
    entryPoint: "main",
    parameters: plan.parameters.map(({ node, buffer }) => ({ name: buffer.name, shape: node.type.shape, offset: BYTES * buffer.offset.fixed })),
    buffers: Object.fromEntries(Object.entries(plan.regions).map(([region, size]) => [region, bytes(room(size, plan))])),
    inputs: plan.inputs.map((i) => ({ name: i.name, shape: i.buffer.type!.shape, size: bytes(room(i.buffer.size, plan)) })),
    outputs: plan.outputs.map((o) => ({ name: o.name, shape: o.type.shape, buffer: o.buffer.region, offset: bytes(o.buffer.offset), size: bytes(o.buffer.size) })),
    programs,
  };
  return [...functions.shaders.map((text, k) => ({ name: file(k), text })), { name: `${ident(plan.name)}.json`, text: `${JSON.stringify(manifest, null, 1)}\n` }];
}

/** All of it as one text, a heading before each file. */
export function printWgsl(plan: Plan): string {
  return wgslFiles(plan).map((f) => `// ── ${f.name} ──\n${f.text}`).join("\n");
}

function dispatches(steps: readonly Step[], functions: WgslFunctions, file: (shader: number) => string): readonly object[] {
  return steps.flatMap((step) => {
    const name = functions.nameOf(step);
    const kernel = functions.kernels.find((k) => k.name === name)!;
    return kernel.stages.map((stage) => ({ kernel: name, shader: file(stage.shader), bindings: bindings(kernel, stage, buffersOf(step)), workgroups: stage.groups }));
  });
}

/** What is bound at 0, 1, …: ranges of buffers, then n, then the shader's numbers. */
function bindings({ sizes }: WgslKernel, { bindings, n, numbers }: PlacedStage, buffers: readonly Buffer[]): readonly object[] {
  const ranges = bindings.map(({ argument, access }) => {
    const b = buffers[argument]!;
    return { buffer: b.region, ...(b.region === "input" ? { input: b.name } : {}), access, offset: bytes(b.offset), size: bytes(sizes[argument]!) };
  });
  return [...ranges, ...(n ? [{ uniform: "n" }] : []), ...(numbers.length > 0 ? [{ uniform: numbers }] : [])];
}

function bytes(e: Extent): Extent {
  return scale(e, BYTES);
}
