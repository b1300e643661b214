// The kernels of one module: each made once per key, in the order in which they were first needed; shaders once per text.
import { CompilerError } from "../../ir/problem.ts";
import type { Extent } from "../../ir/type.ts";
import type { Buffer, Region, Step } from "../../plan/plan.ts";
import { aligned } from "../../plan/place.ts";
import { format } from "../code.ts";
import { labelOf } from "../module/steps.ts";
import { ident } from "../names.ts";
import type { Argument, Stage, WgslSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";

/** A stage whose shader is one of the module's. */
export interface PlacedStage extends Omit<Stage, "shader" | "subgroups"> {
  readonly shader: number;
  readonly subgroups?: PlacedStage;
}

export interface WgslKernel {
  readonly name: string;
  /** Elements of each argument, rounded up to what the plan keeps free for it. */
  readonly sizes: readonly Extent[];
  readonly stages: readonly PlacedStage[];
}

export class WgslFunctions {
  readonly kernels: WgslKernel[] = [];
  readonly shaders: string[] = [];
  readonly #alignment: number;
  readonly #names = new Map<string, string>();
  readonly #shaderIndex = new Map<string, number>();
  readonly #used = new Set<string>();

  constructor(alignment: number) {
    this.#alignment = alignment;
  }

  /** The name of the step's kernel, made where it is new. */
  nameOf(step: Step): string {
    const { node, selection, pack } = step;
    const buffers = buffersOf(step);
    const written = new Set<Region>(["scratch", step.output.region]);
    const args = buffers.map((b, k): Argument => ({ place: buffers.findIndex((other) => samePlace(other, b)), access: written.has(b.region) ? "read_write" : "read", element: elementOf(b) }));
    if (args.some((a, k) => a.place !== k && k === step.inputs.length && !selection.inPlace.includes(a.place))) throw new CompilerError("codegen", `${selection.label} is no kernel that works in place`);
    const sizes = buffers.map((b) => ({ fixed: aligned(b.size.fixed, this.#alignment), perSample: aligned(b.size.perSample, this.#alignment) }));
    const key = JSON.stringify([pack ? pack.signature : selection.signature, args, sizes]);
    const kernel = kernelOf(node);
    if (!kernel) throw new CompilerError("codegen", `the wgsl target has no kernel for ${node.op.name}`);
    const label = pack?.label ?? labelOf(selection.label, node);
    const to = { label, selection: selection as WgslSelection, arguments: args };
    return this.add(key, label, sizes, () => (pack ? kernel.pack!(node as never, pack.operand, to) : kernel.emit(node as never, to)));
  }

  /** The name of the kernel of that key, made where it is new. */
  add(key: string, label: string, sizes: readonly Extent[], emit: () => readonly Stage[]): string {
    const known = this.#names.get(key);
    if (known) return known;
    const stages = emit();
    const name = this.#free(ident(label));
    this.#names.set(key, name);
    this.kernels.push({ name, sizes, stages: stages.map((s) => this.#placed(s)) });
    return name;
  }

  /** Distinct pipelines: shaders and what is bound to them. */
  get pipelines(): number {
    return new Set(this.kernels.flatMap((k) => k.stages.map((s) => `${s.shader} ${accessOf(s)}`))).size;
  }

  #placed({ shader, subgroups, ...stage }: Stage): PlacedStage {
    return { ...stage, shader: this.#shaderOf(shader), ...(subgroups ? { subgroups: this.#placed(subgroups) } : {}) };
  }

  #shaderOf(text: string): number {
    let index = this.#shaderIndex.get(text);
    if (index === undefined) {
      this.#shaderIndex.set(text, (index = this.shaders.length));
      this.shaders.push(format(text, "js"));
    }
    return index;
  }

  #free(label: string): string {
    let name = label;
    for (let i = 2; this.#used.has(name); i++) name = `${label}_${i}`;
    this.#used.add(name);
    return name;
  }
}

/** What a step's kernel is given: operands, the result, scratch where it wants it. */
export function buffersOf({ kind, inputs, output, scratch }: Step): readonly Buffer[] {
  return [...inputs, output, ...(kind === "compute" && scratch ? [scratch] : [])];
}

function elementOf({ type, region }: Buffer): Argument["element"] {
  return type?.dtype ?? (region === "scratch" ? "f32" : "packed");
}

function samePlace(a: Buffer, b: Buffer): boolean {
  if (a.region === "input" || b.region === "input") return a === b;
  return a.region === b.region && a.offset.fixed === b.offset.fixed && a.offset.perSample === b.offset.perSample;
}

/** "rrwnc": what is bound at 0, 1, …: read, written, n, numbers. */
export function accessOf({ bindings, n, numbers }: Pick<Stage, "bindings" | "n" | "numbers">): string {
  return [...bindings.map((b) => (b.access === "read" ? "r" : "w")), ...(n ? ["n"] : []), ...(numbers.length > 0 ? ["c"] : [])].join("");
}
