// A plan: which kernels run in which order on which memory. What code generators read, and all they read.
// Law: every offset and size is `fixed + perSample · N` elements; a step reads and writes only the buffers it lists.
import type { Node } from "../ir/op.ts";
import type { Extent, TensorType } from "../ir/type.ts";

/**
 * Where a buffer lies.
 * - `input`, `output`: input is the caller's array (offset 0); an output is a buffer of `activations` that outlives the run.
 * - `weights`: the parameters as the file gives them, in an order that makes repeated blocks evenly spaced. A step of training
 *   writes their new values there.
 * - `packed`: what `prepare` computes from weights and `run` reads (folded batch norm, packed or transformed weights).
 * - `staging`: what only `prepare` reads again (a folded weight before it is packed; in a target that streams, the parameters too, each
 *   from the first step that reads it to the last). Its contents die with `prepare`: a target frees it then, or lays it over `activations`.
 * - `activations`: everything `run` computes; one arena, reused.
 * - `scratch`: a kernel's own working memory, shared by all steps.
 */
export type Region = "input" | "weights" | "packed" | "staging" | "activations" | "scratch";

export interface Buffer {
  readonly id: number;
  readonly region: Region;
  /** Elements from the region's start. For `input`: 0, and `name` says which. */
  readonly offset: Extent;
  readonly size: Extent;
  readonly type: TensorType | null; // null: packed or scratch in the kernel's own format
  readonly name: string | null; // of an input or parameter
}

/** What a target says about a node: which kernel, and what memory it wants beside operands and result. */
export interface Selection {
  /**
   * Identifies the generated function: equal signatures are one function. Everything that the kernel's text depends on
   * (shapes without the batch, attributes, epilogue, operand layout) goes in; buffer offsets do not.
   */
  readonly signature: string;
  /** Readable base for the function's name, e.g. "conv3x3_16_16_relu"; made unique by the emitter. */
  readonly label: string;
  /** Operands that the kernel wants transformed: once, in `prepare`, where they are computed from parameters alone; else before the step. */
  readonly packs: readonly Pack[];
  /** Elements of working memory. */
  readonly scratch: Extent;
  /** Operands whose buffer the result may take over (element i is read before element i is written, and never after). */
  readonly inPlace: readonly number[];
}

export interface Pack {
  readonly operand: number;
  readonly signature: string;
  readonly label: string;
  readonly size: number; // elements in `packed`
}

/** When something is computed: once, when weights load, or in each run. */
export type Phase = "prepare" | "run";

/** The part of a target that planning needs; each code generator provides one. */
export interface Target {
  readonly name: string;
  /** Element type of each region's memory. */
  readonly memory: { readonly [R in Region]: "f32" | "f64" };
  /** Are parameters loaded one after the other, each when `prepare` comes to it? Then those that `run` does not read take no memory of their own. */
  readonly streams?: boolean;
  /** Elements of which every offset and every distance between neighbours is a multiple; ALIGN of place.ts where nothing is said. */
  readonly alignment?: number;
  /**
   * Null where the target has no kernel for the node: a compiler error. `phase` is the node's, `operands` are those of its operands: what
   * depends on parameters alone is computed in `prepare`, but in `run` where it is an output too. Asked for every core op but input,
   * parameter and view (an alias, no step); a constant that something reads as a tensor is filled in `prepare`, one with a batch in `run`.
   * The answer depends on these, on the op, its attributes and types, and on which operands share their memory: it is asked once for
   * nodes that agree in all.
   */
  select(node: Node, phase: Phase, operands: readonly Phase[]): Selection | null;
}

export interface Step {
  readonly kind: "compute" | "pack";
  readonly node: Node; // of a pack: the node that wants it
  readonly selection: Selection;
  readonly pack: Pack | null;
  /** Operands as the kernel reads them: a packed operand is its packed buffer, a view is the buffer of what it shows. */
  readonly inputs: readonly Buffer[];
  readonly output: Buffer;
  readonly scratch: Buffer | null;
}

export interface ParameterSlot {
  readonly node: Node; // a `parameter`
  readonly buffer: Buffer;
  /** The step of `prepare` before which it is loaded, and not earlier: its memory may hold something else until then. */
  readonly before: number;
}

export interface Plan {
  readonly name: string;
  readonly target: string;
  readonly inputs: readonly { readonly name: string; readonly buffer: Buffer }[];
  readonly outputs: readonly { readonly name: string; readonly buffer: Buffer; readonly type: TensorType }[];
  /** As they are loaded: those of `weights` in the order of first use, then those that nothing reads (a file has them all the same); then those of `staging`. */
  readonly parameters: readonly ParameterSlot[];
  readonly programs: { readonly prepare: readonly Step[]; readonly run: readonly Step[] };
  /** Sizes in elements of each region but `input`. */
  readonly regions: { readonly [R in Exclude<Region, "input">]: Extent };
  readonly memory: Target["memory"];
  /** Of every offset, in elements. */
  readonly alignment: number;
}
