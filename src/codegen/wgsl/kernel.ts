// What a kernel of this target is: dispatches, one after the other, each a WGSL shader with what is bound to it. A kernel's arguments
// are the buffers of its step: operands, result, scratch where it wants it.
// Laws: a shader's text depends on the node's types and attributes, on its selection and on which arguments are one buffer; nothing
// relies on NaN; a dispatch binds at most STORAGE_BUFFERS arguments.
import type { AttrSchema, Attrs } from "../../ir/attr.ts";
import type { Core, Node } from "../../ir/op.ts";
import type { Phase, Selection } from "../../plan/plan.ts";
import { LEAST_LIMITS } from "./limits.ts";

export type CoreNode<S extends AttrSchema> = Node<Core<S>>;
export type SchemaOf<O> = O extends Core<infer S> ? S : never;
export type AttrsOf<O> = Attrs<SchemaOf<O>>;

/** What kernels keep to. */
export const STORAGE_BUFFERS = LEAST_LIMITS.maxStorageBuffersPerShaderStage;
export const INVOCATIONS = LEAST_LIMITS.maxComputeInvocationsPerWorkgroup;
export const WORKGROUP_BYTES = LEAST_LIMITS.maxComputeWorkgroupStorageSize;

export interface WgslSelection extends Selection {
  /** Where the op has more than one. */
  readonly algorithm: string | null;
}

export type Choice = Omit<WgslSelection, "signature" | "algorithm"> & { readonly algorithm?: string };

/** One kernel per core op. */
export interface Kernel<S extends AttrSchema> {
  /** `operands`: when each is computed. */
  select(node: CoreNode<S>, operands: readonly Phase[]): Choice;
  emit(node: CoreNode<S>, to: Emission): readonly Stage[];
  /** What prepares an operand for it: arguments are the operand and its packed form. */
  pack?(node: CoreNode<S>, operand: number, to: Emission): readonly Stage[];
}

/** A buffer of a step, as its shaders see it. */
export interface Argument {
  /** The first argument that is the same buffer: its own index where there is none. */
  readonly place: number;
  /** One buffer has one usage in a dispatch: what lies in the region that a step writes to is bound for writing, even where it is only read. */
  readonly access: "read" | "read_write";
  /** i32 are labels, which a caller gives; packed weights are as precise as the net that is created. */
  readonly element: "f32" | "i32" | "packed";
}

export interface Emission {
  readonly label: string;
  readonly selection: WgslSelection;
  readonly arguments: readonly Argument[];
}

/** Workgroups of a dispatch for n samples: ⌈(fixed + perSample · n) / per⌉ · times, in one row, or several where a row is too long. */
export interface Groups {
  readonly fixed: number;
  readonly perSample: number;
  readonly per: number;
  readonly times: number;
}

export interface Stage {
  /** The whole text; its entry point is `main`. */
  readonly shader: string;
  /** The arguments bound at 0, 1, …; n, if the shader reads it, comes next, then its numbers. */
  readonly bindings: readonly { readonly argument: number; readonly access: Argument["access"] }[];
  readonly n: boolean;
  /** What the shader is told beside n: so that one shader serves many shapes. */
  readonly numbers: readonly number[];
  readonly groups: Groups;
  /** Of a workgroup: how many invocations, and what they share. */
  readonly invocations: number;
  readonly sharedBytes: number;
  /** What is done instead on devices that have subgroups: with the same bindings. */
  readonly subgroups?: Stage;
}

/** The index of the result among a step's arguments, and of scratch. */
export function resultOf(node: Node): number {
  return node.inputs.length;
}
