// What a kernel of this target is, and how its function looks: name(n, x, xo, w, wo, …, y, yo, s, so). Each array is followed by
// the offset of its first element; n (the samples of this run) is there where a shape has N, s (scratch) where the kernel wants it.
// Law: a function's text depends on the node's types and attributes, on its selection and on the element types of its arrays.
import type { AttrSchema, Attrs } from "../../ir/attr.ts";
import type { Core, Node } from "../../ir/op.ts";
import { N } from "../../ir/type.ts";
import type { Phase, Selection } from "../../plan/plan.ts";
import { hasScratch, isBatched } from "../operands.ts";

/** Element type of an array. Everything is computed in f64 and rounded where it is stored; i32 are labels, which a caller gives. */
export type Element = "f32" | "f64" | "i32";

export type CoreNode<S extends AttrSchema> = Node<Core<S>>;

/** Options of the target that change what is generated. */
export interface TargetOptions {
  /** The same bits on every engine: no Winograd, no function of Math that engines round differently. */
  readonly strictMath: boolean;
}

/** What this target's `select` gives the planner, and finds again in the plan: which of an op's algorithms, with which options. */
export interface TsSelection extends Selection, TargetOptions {
  /** Where the op has more than one. */
  readonly algorithm: string | null;
}

export type Choice = Omit<TsSelection, "signature" | "algorithm" | keyof TargetOptions> & { readonly algorithm?: string };

/** One kernel per core op. */
export interface Kernel<S extends AttrSchema> {
  /** `operands`: when each is computed. */
  select(node: CoreNode<S>, options: TargetOptions, operands: readonly Phase[]): Choice;
  /** The function of that name. */
  emit(node: CoreNode<S>, to: Emission): string;
  /** The function that prepares an operand for it: name(x, xo, y, yo). */
  pack?(node: CoreNode<S>, operand: number, to: Emission): string;
}
export type SchemaOf<O> = O extends Core<infer S> ? S : never;
export type AttrsOf<O> = Attrs<SchemaOf<O>>;

/** Where a function goes: what it is called, what it reads and writes, and the routines it shares with others. */
export interface Emission {
  readonly name: string;
  readonly selection: TsSelection;
  readonly inputs: readonly Element[];
  readonly output: Element;
  /** A function that several kernels call, made once per key. The result is its name. */
  routine(key: string, make: (name: string) => string): string;
  /** A function that the module inlines from the runtime: its name there is its name here. */
  runtime(name: RuntimeFunction): string;
}

export type RuntimeFunction = "erf" | "exp" | "log" | "tanh";

export const arrayType: { readonly [E in Element]: string } = { f32: "Float32Array", f64: "Float64Array", i32: "Int32Array" };

/**
 * An index that is the start of others. The mask is for V8: knowing that it is no negative number and no large one, it adds to it
 * without asking for overflow (and a loop variable that starts from an argument stays an integer). No array has 2³⁰ elements.
 */
export function index(text: string): string {
  return `(${text}) & 0x3fffffff`;
}

/** "x«: Float32Array», xo«: number»" */
export function arrayParameter(name: string, element: Element): string {
  return `${name}«: ${arrayType[element]}», ${name}o«: number»`;
}

/** "a«: number», b«: number»" */
export function numberParameters(...names: readonly string[]): string {
  return names.map((name) => `${name}«: number»`).join(", ");
}

/** The kernel's function around its body. `operands` names the node's inputs in order. */
export function kernelFunction(node: Node, to: Emission, operands: readonly string[], body: string): string {
  const parameters = [
    ...(isBatched(node) ? [numberParameters("n")] : []),
    ...operands.map((name, i) => arrayParameter(name, to.inputs[i]!)),
    arrayParameter("y", to.output),
    ...(hasScratch(to.selection) ? [arrayParameter("s", "f64")] : []),
  ];
  return `function ${to.name}(${parameters.join(", ")})«: void» {\n${body}\n}`;
}

/** The batch of an image operator: "n", or the number that its shapes say. */
export function batchOf(node: Node): string {
  return node.type.shape[0] === N ? "n" : String(node.type.shape[0]);
}
