// What a kernel of this target is: a WebAssembly function name(n, x, w, …, y, s) of byte addresses, made for exact shapes; n (the
// samples of this run) is there where a shape has N, s (scratch) where the kernel wants it. Everything in memory is f32.
// Laws: a function's text depends on the node's types and attributes and on its selection alone; work is split between threads by
// results, never by what is summed; loads may run over the end of a tensor by up to three elements, stores never do.
import type { AttrSchema, Attrs } from "../../ir/attr.ts";
import type { Core, Node } from "../../ir/op.ts";
import { N, type Dim } from "../../ir/type.ts";
import type { Selection } from "../../plan/plan.ts";
import { add, callFor, expression, mul, op, sub, type Expression, type Local, type Operand } from "./assembler/expression.ts";
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
  const { unit, end } = shareOf(f, units);
  f.count(unit, unit, end, 1, () => body(unit));
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

/** Rows of the results of one image that are computed together. */
export interface BandOfRows {
  readonly image: Local;
  /** The first. */
  readonly row: Local;
  readonly rows: Local;
}

/**
 * A loop over this thread's share of images × rows × groups of results, in bands of at most `most` rows: `begin` once for each band, `body`
 * for those of its groups that are this thread's. Shares differ by one group of one row; of images that are one band by a group of an
 * image: there weights are what is large, and each thread reads its own.
 */
export function sharedBands(
  { f }: Pick<Frame, "f">,
  { images, rows, most, groups }: { readonly images: Expression; readonly rows: number; readonly most: number; readonly groups: number },
  begin: (band: BandOfRows) => void,
  body: (group: Local, band: BandOfRows) => void,
): void {
  const height = most >= rows ? rows : 1; // of a line, which is what groups split
  const lines = rows / height; // of an image
  const band: BandOfRows = { image: f.local("i32", "image"), row: f.local("i32", "row"), rows: f.local("i32", "rows") };
  const { unit, end } = shareOf(f, mul(images, lines * groups));
  const [group, until, line, count] = ["group", "until", "line", "count"].map((name) => f.local("i32", name)) as [Local, Local, Local, Local];
  f.when(op("i32.lt_s", [unit, end]), () => f.repeat(() => {
    f.set(line, op("i32.div_u", [unit, groups]));
    f.set(group, op("i32.rem_u", [unit, groups]));
    f.set(band.image, op("i32.div_u", [line, lines]));
    f.set(band.row, mul(op("i32.rem_u", [line, lines]), height));
    f.set(until, add(group, sub(end, unit)));
    f.when(op("i32.gt_s", [until, groups]), () => f.set(until, groups));
    f.set(count, 1);
    if (height === 1) f.when(op("i32.eqz", [group]), () => evenBand(f, count, sub(op("i32.div_u", [end, groups]), line), sub(rows, band.row), most));
    f.set(band.rows, mul(count, height));
    f.advance(unit, add(sub(until, group), op("i32.mul", [sub(count, 1), groups])));
    begin(band);
    f.count(group, group, until, 1, () => body(group, band));
  }, () => op("i32.lt_s", [unit, end])));
}

/** Of so many lines, as many as there are of the image, those of the first of equal bands; one where there is none. */
function evenBand(f: FunctionBuilder, count: Local, lines: Expression, ofImage: Expression, most: number): void {
  const whole = f.let("whole", lines);
  f.when(op("i32.gt_s", [whole, ofImage]), () => f.set(whole, ofImage));
  f.when(op("i32.gt_s", [whole, 1]), () => {
    const bands = f.let("bands", op("i32.div_u", [add(whole, most - 1), most]));
    f.set(count, op("i32.div_u", [sub(add(whole, bands), 1), bands]));
  });
}

/** This thread's share of equal pieces of work: from `unit` to `end`. */
function shareOf(f: FunctionBuilder, units: Operand): { readonly unit: Local; readonly end: Local } {
  const all = f.let("units", units);
  const parts = f.let("parts", callFor("i32", "parts", []));
  const part = f.let("part", callFor("i32", "part", []));
  return { unit: f.let("unit", op("i32.div_u", [mul(all, part), parts])), end: f.let("end", op("i32.div_u", [mul(all, add(part, 1)), parts])) };
}
