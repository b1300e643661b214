// What a kernel may answer: the f64 reference of one node on the target's own operands, with a bound for each element:
// γₙ · Σ|wᵢ||xᵢ| for sums of n products (γₙ = n·u / (1 − n·u)), carried through the epilogue, plus the rounding of the store.
// Law: sound (a right kernel never fails) and tight (a wrong constant of 1e-6 does). NaN agrees with NaN alone, ∞ with ∞ alone.
import { arg, type Scalar } from "../../src/ir/scalar.ts";
import type { Core, Node, Tensor } from "../../src/ir/op.ts";
import { bind, elementsPerSample } from "../../src/ir/type.ts";
import { dataAs, shapeFirst, tensorFirst } from "../../src/ops/core/channels.ts";
import { broadcastTo } from "../../src/ops/core/strided.ts";
import { constant, conv2d, conv2dTranspose, map, poolGrad } from "../../src/ops/index.ts";
import { winogradErrors, type TileSize } from "./bounds-winograd.ts";
import { arithmetics, doubles, exact, F32, F64, mapBounded, singles, type Arithmetic, type Bounded } from "./bounds-scalar.ts";

export { arithmetics, doubles, F32, F64, singles, type Arithmetic, type Bounded };

/** An operand as the target has it: a tensor it stored (exact), or one it never stored, with its error. */
export interface Operand extends Bounded {
  readonly shape: readonly number[];
}

export function stored(t: Tensor): Operand {
  return { shape: t.shape, ...exact(t.data) };
}

/** How a node is computed, beyond its op: what changes the bound. */
export interface Method {
  readonly arithmetic: Arithmetic;
  /** Winograd's tile: errors and non-finite numbers spread over the tile. Null: summed as written. */
  readonly tile: TileSize | null;
}

export const direct: Method = { arithmetic: doubles, tile: null };

/** The value of a core node before it is stored, element for element, and what it may be off by. */
export function boundOf(node: Node, operands: readonly Operand[], batch: number, method: Method = direct): Bounded {
  const shape = bind(node.type.shape, batch);
  const length = elementsPerSample(shape);
  if (node.op === map) return mapBounded((node as Node<typeof map>).attrs.expr, operands.map((o) => spread(o, shape)), length, method.arithmetic);
  const own = ownOperands(node);
  const raw = rawResult(node, operands.slice(0, own), shape, method);
  const epilogue = (node.attrs as { readonly epilogue?: Scalar | null }).epilogue ?? arg(0);
  return mapBounded(epilogue, [raw, ...operands.slice(own).map((o) => spread(o, shape))], length, method.arithmetic);
}

function ownOperands(node: Node): number {
  if (!("epilogue" in node.op.attrs)) return node.inputs.length;
  return node.op.inputs.length - 1; // the last name is the extras
}

function spread(o: Operand, shape: readonly number[]): Bounded {
  const over = (data: Float64Array): Float64Array => broadcastTo({ shape: o.shape, data }, shape);
  return { value: over(o.value), error: over(o.error) };
}

/** The result without its epilogue. */
function rawResult(node: Node, operands: readonly Operand[], shape: readonly number[], method: Method): Bounded {
  const evaluate = (tensors: readonly Tensor[]): Float64Array => (node.op as Core).eval(tensors, { ...node.attrs, ...("epilogue" in node.attrs ? { epilogue: null } : {}) } as never, shape);
  const value = evaluate(operands.map((o) => ({ shape: o.shape, data: o.value })));
  const terms = termsOf(node, operands);
  if (terms === 0) return { value, error: moved(node, operands, evaluate) };

  const summed = (k: number): boolean => node.op !== poolGrad || k === 0; // the images only say which pixel gets what
  const magnitude = evaluate(operands.map((o, k) => ({ shape: o.shape, data: summed(k) ? o.value.map((v, i) => Math.abs(v) + o.error[i]!) : o.value })));
  const n = (terms + 1) * (method.arithmetic.unit + F64);
  const factor = n / (1 - n);
  const carried = operands.some((o) => o.error.some((e) => e > 0)) ? evaluate(operands.map((o, k) => ({ shape: o.shape, data: summed(k) ? o.value.map(Math.abs) : o.value }))) : null;
  const tiled = method.tile === null ? null : tileErrors(node as Node<typeof conv2d> | Node<typeof conv2dTranspose>, operands, shape, method.tile, method.arithmetic);
  const own = (i: number): number => tiled?.[i] ?? factor * magnitude[i]! + terms * method.arithmetic.tiny;
  const error = magnitude.map((m, i) => (Number.isFinite(value[i]!) ? own(i) + (carried ? m - carried[i]! : 0) : tiled?.[i] === Infinity ? Infinity : 0));
  if ((node.op === conv2d || node.op === conv2dTranspose) && !operands[1]!.value.every(Number.isFinite)) error.fill(Infinity); // 0 · ∞ where a kernel stores the padding
  return { value, error };
}

/** Products or summands of one element of the result; 0 where numbers are only moved or chosen. */
function termsOf({ op, attrs }: Node, operands: readonly Operand[]): number {
  const a = attrs as { readonly kind?: string; readonly size?: readonly number[]; readonly axes?: readonly number[]; readonly transposeA?: boolean };
  const [x, w] = operands.map((o) => o.shape);
  switch (op.name) {
    case "conv2d": return count(w!.slice(1));
    case "conv2d_transpose": return count(w!); // an upper bound: of a group's channels, the taps that meet
    case "matmul": return x![a.transposeA ? 0 : 1]!;
    case "reduce": return a.kind === "sum" ? count(x!.filter((_, k) => a.axes!.includes(k))) : 0;
    case "conv2d_weight": return count(w!) / w![w!.length === 4 && (attrs as { readonly channelsLast: boolean }).channelsLast ? 3 : 1]!;
    case "pool_grad": return count(a.size!) + 1; // an upper bound: the windows that hold a pixel
    case "pool": return a.kind === "avg" ? count(a.size!) + 1 : 0;
    default: return 0;
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((p, d) => p * d, 1);
}

/** The errors of operands, moved as their values are. A maximum is as far off as the worst of its operand. */
function moved(node: Node, operands: readonly Operand[], evaluate: (t: readonly Tensor[]) => Float64Array): Float64Array {
  const length = evaluate(operands.map((o) => ({ shape: o.shape, data: o.error }))).length;
  if (node.op === constant) {
    const { value } = (node as Node<typeof constant>).attrs;
    return new Float64Array(length).fill(Math.fround(value) === value || Number.isNaN(value) ? 0 : F32 * Math.abs(value));
  }
  if (operands.every((o) => o.error.every((e) => e === 0))) return new Float64Array(length);
  const worst = Math.max(...operands.map((o) => o.error.reduce((a, b) => Math.max(a, b), 0)));
  return new Float64Array(length).fill(worst);
}

/** The bounds of a convolution by Winograd, as its result lies in memory; operands count with what they may be off by. */
function tileErrors(node: Node<typeof conv2d> | Node<typeof conv2dTranspose>, [x, w]: readonly Operand[], shape: readonly number[], tile: TileSize, arithmetic: Arithmetic): Float64Array {
  const { channelsLast, pad } = node.attrs;
  const magnitude = (o: Operand): Tensor => ({ shape: o.shape, data: o.value.map((v, i) => Math.abs(v) + o.error[i]!) });
  const images = shapeFirst(shape, channelsLast);
  const transposed = node.op === conv2dTranspose;
  const around = transposed ? (pad.map((p) => 2 - p) as unknown as typeof pad) : pad;
  const weights = transposed ? turned(magnitude(w!)) : magnitude(w!);
  return dataAs(winogradErrors({ x: tensorFirst(magnitude(x!), channelsLast), w: weights, pad: around, shape: images }, tile, arithmetic), images, channelsLast);
}

/** [I, O, 3, 3] as [O, I, 3, 3] read backwards: a transposed convolution of stride 1 is a convolution with these. */
function turned({ shape: [inputs, outputs, kh, kw], data }: Tensor): Tensor {
  const taps = kh! * kw!;
  const out = data.map((_, k) => {
    const [o, i, tap] = [Math.floor(k / taps / inputs!), Math.floor(k / taps) % inputs!, k % taps];
    return data[(i * outputs! + o) * taps + taps - 1 - tap]!;
  });
  return { shape: [outputs!, inputs!, kh!, kw!], data: out };
}

/** The tile where the kernel is one of Winograd's, by its label. */
export function tileOf(label: string): TileSize | null {
  const tile = /_winograd([24])(?:x([24]))?$/.exec(label);
  return tile ? ([Number(tile[1]), Number(tile[2] ?? tile[1])] as unknown as TileSize) : null;
}

export interface Violation {
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
  /** What the actual number may be off by. */
  readonly allowed: number;
}

export interface Comparison {
  readonly violation: Violation | null;
  /** Elements of which nothing is known. */
  readonly unknown: number;
  /** Σ error² and Σ (unit roundoff · value)² of the finite elements: the mean watches what the maximum lets pass. */
  readonly squares: { readonly error: number; readonly scale: number };
}

const LARGEST = 2 ** 128 - 2 ** 103; // what rounds to infinity in f32
const SUBNORMAL = 2 ** -150;

/** Are the target's numbers, stored with unit roundoff `store`, among those allowed? */
export function compare(actual: ArrayLike<number>, { value, error }: Bounded, store: number): Comparison {
  let violation: Violation | null = null;
  const squares = { error: 0, scale: 0 };
  let unknown = 0;
  for (let i = 0; i < value.length; i++) {
    const [v, e, a] = [value[i]!, error[i]!, actual[i]!];
    if (!(e < Infinity)) {
      unknown++;
      continue;
    }
    const allowed = e === 0 ? 0 : e + store * (Math.abs(v) + e) + SUBNORMAL;
    if (!within(a, v, allowed, store)) violation ??= { index: i, actual: a, expected: v, allowed };
    else if (Number.isFinite(v) && Number.isFinite(a)) {
      squares.error += (a - v) ** 2;
      squares.scale += (store * v) ** 2;
    }
  }
  return { violation, unknown, squares };
}

function within(a: number, v: number, allowed: number, store: number): boolean {
  if (Number.isNaN(v)) return Number.isNaN(a);
  if (!Number.isFinite(v)) return a === v;
  if (allowed === 0) return a === (store === F32 ? Math.fround(v) : v);
  if (store === F32 && v + allowed >= LARGEST && a === Infinity) return true;
  if (store === F32 && v - allowed <= -LARGEST && a === -Infinity) return true;
  return Math.abs(a - v) <= allowed;
}
