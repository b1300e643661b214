// Fragments: what elaboration makes of a block called with certain arguments on a certain input type. A fragment is a list of
// instructions over numbered values; it calls other fragments, so a network of 1,200 layers is a handful of short lists.
// Law: totals are known without expanding; a name is relative to the call, so one fragment serves all its calls.
import type { AttrValue } from "../ir/attr.ts";
import type { Composite, ParamSpec } from "../ir/op.ts";
import type { TensorType } from "../ir/type.ts";
import type { Span } from "../source/text.ts";

/** A value of a fragment: the index of the instruction that makes it. */
export type Ref = number;

/**
 * A parameter scope, relative to the fragment: the caller's prefix, then `number + base` (where there is a number), then `rest`.
 * `base` is 0 but in the body of a repetition, which goes on counting where the last round stopped.
 */
export interface Path {
  readonly number: number | null;
  readonly rest: string;
}

export type Instruction = Argument | LayerUse | FragmentCall | Repetition;

/** What flows in, or an outer value that the body of a repetition reads. */
export interface Argument {
  readonly kind: "argument";
  readonly type: TensorType;
  readonly span: Span | null;
}

export interface LayerUse {
  readonly kind: "layer";
  readonly op: Composite;
  readonly inputs: readonly Ref[];
  readonly attrs: { readonly [name: string]: AttrValue };
  readonly params: readonly ParamSpec[];
  /** Its own scope; for a merge, which owns nothing, the scope around it (null: the fragment's own). */
  readonly path: Path | null;
  readonly type: TensorType;
  readonly span: Span;
}

/** A block call: opens the scope `path`. */
export interface FragmentCall {
  readonly kind: "call";
  readonly callee: Fragment;
  readonly inputs: readonly Ref[];
  readonly path: Path;
  readonly type: TensorType;
  readonly span: Span;
}

/**
 * `body` applied `count` times, each to the result of the one before (its first argument; the others stay). Within the scope `scope`
 * (null: the fragment's own) round r counts from `base + r · stride`.
 */
export interface Repetition {
  readonly kind: "repeat";
  readonly body: Fragment;
  readonly inputs: readonly Ref[];
  readonly count: number;
  readonly scope: Path | null;
  readonly base: number;
  readonly stride: number;
  readonly type: TensorType;
  readonly span: Span;
}

/** A place that a value passes: a step, a name given to it, an input or output. What shapes in the editor are read from. */
export interface Passage {
  readonly span: Span;
  /** Null where nothing flowed yet, or a mistake. */
  readonly from: TensorType | null;
  /** Null where it is mistaken. */
  readonly to: TensorType | null;
  /** It made the instructions [start, end). */
  readonly start: Ref;
  readonly end: Ref;
}

/** Sizes with all repetitions multiplied out. */
export interface Totals {
  /** Layers and parameter tensors: the nodes of the graph. */
  readonly nodes: number;
  /** Learned numbers, running statistics not counted. */
  readonly parameters: number;
  /** Learned tensors. */
  readonly tensors: number;
}

export interface Fragment {
  /** For people: "basic(16, 1, pad)". */
  readonly name: string;
  /** The block or model it was made from; null for the body of a repetition. */
  readonly declaration: Span | null;
  readonly arguments: readonly Ref[];
  readonly instructions: readonly Instruction[];
  /** In the order in which they end. */
  readonly passages: readonly Passage[];
  /** Called, but mistaken: no instruction stands for them. */
  readonly failed: readonly Fragment[];
  /** Null where a mistake is in the way (and reported). */
  readonly output: Ref | null;
  readonly totals: Totals;
}

export const noTotals: Totals = { nodes: 0, parameters: 0, tensors: 0 };

export function totalsOf(i: Instruction): Totals {
  switch (i.kind) {
    case "argument": return noTotals;
    case "call": return i.callee.totals;
    case "repeat": return scale(i.body.totals, i.count);
    case "layer": {
      const learned = i.params.filter((p) => !p.state);
      const parameters = learned.reduce((sum, p) => sum + p.shape.reduce((a, b) => a * b, 1), 0);
      return { nodes: 1 + i.params.length, parameters, tensors: learned.length };
    }
  }
}

export function plus(a: Totals, b: Totals): Totals {
  return { nodes: a.nodes + b.nodes, parameters: a.parameters + b.parameters, tensors: a.tensors + b.tensors };
}

function scale(t: Totals, n: number): Totals {
  return { nodes: t.nodes * n, parameters: t.parameters * n, tensors: t.tensors * n };
}
