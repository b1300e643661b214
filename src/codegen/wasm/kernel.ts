// What a kernel of this target is: a WebAssembly function name(n, x, w, …, y, s) of byte addresses, made for exact shapes; n (the
// samples of this run) is there where a shape has N, s (scratch) where the kernel wants it. Everything in memory is f32.
// Laws: a function's text depends on the node's types and attributes and on its selection alone; work is split between threads by
// results, never by what is summed; loads may run over the end of a tensor by up to three elements, stores never do.
import type { AttrSchema, Attrs } from "../../ir/attr.ts";
import type { Core, Node } from "../../ir/op.ts";
import { N, type Dim } from "../../ir/type.ts";
import type { Selection } from "../../plan/plan.ts";
import { add, callFor, expression, mul, op, type Expression, type Local, type Operand } from "./assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "./assembler/function.ts";
import { hasScratch, isBatched } from "../operands.ts";

export type CoreNode<S extends AttrSchema> = Node<Core<S>>;
export type SchemaOf<O> = O extends Core<infer S> ? S : never;
export type AttrsOf<O> = Attrs<SchemaOf<O>>;

/** Options of the target that change what is generated. */
export interface TargetOptions {
  /** The same bits on every engine: no fused multiply-add, no Winograd. */
  readonly strictMath: boolean;
}

export interface WasmSelection extends Selection, TargetOptions {
  /** Where the op has more than one. */
  readonly algorithm: string | null;
}

export type Choice = Omit<WasmSelection, "signature" | "algorithm" | keyof TargetOptions> & { readonly algorithm?: string };

/** One kernel per core op. */
export interface Kernel<S extends AttrSchema> {
  select(node: CoreNode<S>, options: TargetOptions): Choice;
  emit(node: CoreNode<S>, to: Emission): WasmFunction;
  /** The function that prepares an operand for it: name(x, y). */
  pack?(node: CoreNode<S>, operand: number, to: Emission): WasmFunction;
}

/** Where a function goes: what it is called, and the routines it shares with others. */
export interface Emission {
  readonly name: string;
  readonly doc: string;
  readonly selection: WasmSelection;
  /** A function that several kernels call, made once per key. The result is its name. */
  routine(key: string, make: (name: string) => WasmFunction): string;
}

/** A kernel's function as it is begun: its builder and its parameters. */
export interface Frame {
  readonly f: FunctionBuilder;
  readonly to: Emission;
  /** Samples: a parameter, or 1 where no shape has a batch. */
  readonly n: Operand;
  readonly operands: readonly Local[];
  readonly y: Local;
  readonly s: Local | null;
}

/** `operands` names the node's inputs in order. */
export function frameOf(node: Node, to: Emission, operands: readonly string[]): Frame {
  const f = new FunctionBuilder(to.name, to.doc);
  const n: Operand = isBatched(node) ? f.parameter("i32", "n") : 1;
  const given = operands.map((name) => f.parameter("i32", name));
  const y = f.parameter("i32", "y");
  const s = hasScratch(to.selection) ? f.parameter("i32", "s") : null;
  return { f, to, n, operands: given, y, s };
}

/** A product of dimensions, the batch among them or not. */
export function quantity(n: Operand, ...dims: readonly Dim[]): Expression {
  const k = dims.reduce<number>((p, d) => (d === N ? p : p * d), 1);
  return dims.includes(N) ? mul(n, k) : expression(k);
}

/**
 * A loop over this thread's share of `units` equal pieces of work: the whole of it in one thread. `part` and `parts` are functions of
 * the module that tell which thread this is.
 */
export function shared({ f }: Pick<Frame, "f">, units: Operand, body: (unit: Local) => void): void {
  const all = f.let("units", units);
  const parts = f.let("parts", callFor("i32", "parts", []));
  const part = f.let("part", callFor("i32", "part", []));
  const unit = f.local("i32", "unit");
  const from = op("i32.div_u", [mul(all, part), parts]);
  const to = f.let("end", op("i32.div_u", [mul(all, add(part, 1)), parts]));
  f.count(unit, from, to, 1, () => body(unit));
}

/** Pieces of work that make a fair share for each of a few threads. */
const FAIR = 16;

/** Into how many groups the results of each of `pieces` are split, at most, so that the work can be shared out. */
export function groupsOf(pieces: number, most: number): number {
  return Math.max(1, Math.min(most, Math.ceil(FAIR / pieces)));
}

/** Which of `total` things belong to part `index` of `count`: parts differ by one at most. Sets the first and how many. */
export function evenly({ f }: Frame, total: Operand, count: Operand, index: Local, first: Local, length: Local): void {
  const rest = f.let("rest", op("i32.rem_u", [total, count]));
  const longer = op("i32.lt_u", [index, rest]); // the first ones are
  f.set(length, op("i32.div_u", [total, count]));
  f.set(first, add(op("i32.mul", [index, length]), rest));
  f.when(longer, () => {
    f.set(first, add(op("i32.mul", [index, length]), index));
    f.advance(length, 1);
  });
}

/** A loop over this thread's share of pieces × groups: `begin` is done once for the groups of one piece that it has. */
export function sharedGroups(frame: Frame, pieces: Operand, groups: number, begin: (piece: Local) => void, body: (group: Expression) => void): void {
  const { f } = frame;
  const piece = f.local("i32", "piece");
  const begun = f.let("begun", -1);
  shared(frame, mul(expression(pieces), groups), (unit) => {
    f.set(piece, op("i32.div_u", [unit, groups]));
    f.when(op("i32.ne", [piece, begun]), () => {
      f.set(begun, piece);
      begin(piece);
    });
    body(op("i32.rem_u", [unit, groups]));
  });
}
