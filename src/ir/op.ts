// What an op is. Core ops are closed (one kernel per target each); composites are open (everything follows from `build`).
// And what a node is, since each is told in terms of the other. Law: a node points at its op object; nobody looks an op up by name but the graph parser and the language.
import type { AttrSchema, Attrs } from "./attr.ts";
import type { Problem } from "./problem.ts";
import type { Span } from "../source/text.ts";
import type { Dim, Extent, TensorType } from "./type.ts";

/** Where a node comes from: the step in the program, and its scope ("layer1.0.conv1", "" where it has no name). */
export interface Origin {
  readonly span: Span | null;
  readonly path: string;
  /** What called the block that the step stands in; null or nothing for a model's own. */
  readonly call?: CallSite | null;
}

/** A call of a block, or a repetition, and what called the block that it stands in. */
export interface CallSite {
  readonly span: Span;
  readonly outer: CallSite | null;
}

/** One operation on values. Made by `Builder.make` alone. */
export interface Node<O extends Op = Op> {
  /** Larger than every input's id. */
  readonly id: number;
  readonly op: O;
  readonly inputs: readonly Node[];
  readonly attrs: Attrs<O["attrs"]>;
  readonly type: TensorType;
  readonly origin: Origin | null;
}

/** Makes nodes; the builder, as ops see it. */
export interface Maker {
  make<S extends AttrSchema>(op: Core<S> | Composite<S>, inputs: readonly Node[], attrs?: Partial<Attrs<S>>): Node;
}

/** A dense tensor of the reference interpreter. i32 values are kept in f64 too: exact. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A small valid use, for the per-op tests, the docs and hover. */
export interface Sample<S extends AttrSchema = AttrSchema> {
  readonly inputs: readonly TensorType[];
  readonly attrs: Partial<Attrs<S>>;
}

interface OpBase<S extends AttrSchema> {
  readonly name: string;
  /** One sentence, then an equation where there is one. */
  readonly doc: string;
  /** Names of the tensor operands; with `variadic` the last one may occur any number of times (also never). */
  readonly inputs: readonly string[];
  readonly variadic?: true;
  /** Which of the operands are i32; the others, and every result, are f32. */
  readonly integers?: readonly string[];
  readonly attrs: S;
  readonly samples: readonly Sample<S>[];
}

export interface Core<S extends AttrSchema = AttrSchema> extends OpBase<S> {
  readonly kind: "core";
  infer(types: readonly TensorType[], attrs: Attrs<S>): TensorType | Problem;
  /** The f64 reference: naive and obviously right. `shape` is the result's, with the batch bound. */
  eval(inputs: readonly Tensor[], attrs: Attrs<S>, shape: readonly number[]): Float64Array;
  /** Multiply-accumulates (the MACs people quote: convolutions and matrix products), without the epilogue. */
  macs?(types: readonly TensorType[], attrs: Attrs<S>, out: TensorType): Extent;
  /** Scalar operations in all: the planner's and autodiff's cost. */
  flops(types: readonly TensorType[], attrs: Attrs<S>, out: TensorType): Extent;
  /** An equal, simpler node, or null. Called at construction by a folding builder; must not make the same node again. */
  fold?(b: Maker, inputs: readonly Node[], attrs: Attrs<S>, out: TensorType): Node | null;
}

/** A learned tensor (`state: false`) or a running statistic (`state: true`) that a layer owns. */
export interface ParamSpec {
  readonly name: string; // "weight", "running_mean"
  readonly doc: string;
  readonly shape: readonly number[];
  /** he, xavier, zero or one; he and xavier read `fanIn`, `fanOut`. */
  readonly init: string;
  readonly fanIn: number;
  readonly fanOut: number;
  readonly state: boolean;
}

/** What `build` may use. In training a layer may replace its state (running statistics) and draw numbers; inference never does. */
export interface Build extends Maker {
  readonly training: boolean;
  update(parameter: Node, value: Node): void;
  /** Uniform numbers in [0, 1), new ones in each step. For layers that say they are `random`, in training. */
  random(shape: readonly Dim[]): Node;
}

export interface Composite<S extends AttrSchema = AttrSchema> extends OpBase<S> {
  readonly kind: "composite";
  /** In training it draws at random: two uses on one value are two nodes, since they draw apart. */
  readonly random?: true;
  /** How many of the attributes may be given by position, in schema order. */
  readonly positional: number;
  /** What is wrong with this use, before anything is built; null where nothing is. Parameters are not among `types`. */
  check?(types: readonly TensorType[], attrs: Attrs<S>): Problem | null;
  /** The parameters the layer owns, given the types of its operands: appended to its inputs in this order. */
  params?(types: readonly TensorType[], attrs: Attrs<S>): readonly ParamSpec[];
  /** The fewest samples that it can be trained on at a time; 1 where there is none. */
  leastBatch?(types: readonly TensorType[], attrs: Attrs<S>): number;
  /** The meaning, in core ops and other composites. `inputs` are the operands, then the parameters. */
  build(b: Build, inputs: readonly Node[], attrs: Attrs<S>): Node;
}

export type Op = Core | Composite;
