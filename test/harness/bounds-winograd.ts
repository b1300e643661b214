// What Winograd's minimal filtering F(m × l, 3 × 3) may be off by, element for element.
//
//   y = Aᵀ [ Σ_c (G w_c Gᵀ) ⊙ (Bᵀ x_c B) ] A        (Lavin and Gray, "Fast algorithms for convolutional neural networks", 2015)
//
// y is a sum of products aᵢ·g·w·b·x, and however a target orders its operations, each such product passes through a number of
// roundings that is known: those of the input's transform, of the weights', of the product and the sum over c, of the result's
// transform. With n of them on the longest way, each product arrives multiplied by some (1 + θ), |θ| ≤ γₙ = n·u / (1 − n·u) (Higham,
// section 3.1), so that
//
//   |ŷ − y| ≤ γₙ · |Aᵀ| [ Σ_c (|G| |w_c| |Gᵀ|) ⊙ (|Bᵀ| |x_c| |B|) ] |A|
//
// which is the componentwise form of Barabasz, Anderson, Soodhalter and Gregg ("Error analysis and improving the accuracy of
// Winograd convolution for deep neural networks", 2020, theorem 1, applied to rows and columns). Its norm-wise form replaces the
// brackets by ‖A‖₁²‖G‖₁²‖B‖₁² and the largest numbers of a tile. Here each element keeps what its own row of Aᵀ and its own tile's
// numbers give. What lies outside the image is zero.
import type { Tensor } from "../../src/ir/op.ts";
import { F64, type Arithmetic } from "./bounds-scalar.ts";

type Size = 2 | 4;
/** Results of a tile, down and across. */
export type TileSize = readonly [down: Size, across: Size];
type Matrix = readonly (readonly number[])[];

interface Transforms {
  readonly input: Matrix; // |Bᵀ|
  readonly weights: Matrix; // |G|
  readonly output: Matrix; // |Aᵀ|
  /** Roundings on the longest way through Bᵀ and through Aᵀ, in one dimension; products with powers of two have none. */
  readonly roundings: { readonly input: number; readonly output: number };
}

/** Points 0, ±1, ∞: magnitudes of the matrices that Lavin and Gray print. */
const two: Transforms = {
  input: [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]],
  weights: [[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, 1 / 2, 1 / 2], [0, 0, 1]],
  output: [[1, 1, 1, 0], [0, 1, 1, 1]],
  roundings: { input: 1, output: 2 },
};

/** Points 0, ±a, ±b, ∞: of 1 and 2 what they print. */
function four(a: number, b: number, roundings: Transforms["roundings"]): Transforms {
  const [a2, b2] = [a * a, b * b];
  const weights = (p: number, other: number): number[] => [1, p, p * p].map((v) => v / Math.abs(2 * p * p * (p * p - other * other)));
  const inputs = (p: number, other: number): number[] => [0, p * other * other, other * other, p, 1, 0];
  return {
    input: [[a2 * b2, 0, a2 + b2, 0, 1, 0], inputs(a, b), inputs(a, b), inputs(b, a), inputs(b, a), [0, a2 * b2, 0, a2 + b2, 0, 1]],
    weights: [[1 / (a2 * b2), 0, 0], weights(a, b), weights(a, b), weights(b, a), weights(b, a), [0, 0, 1]],
    output: [0, 1, 2, 3].map((k) => [k === 0 ? 1 : 0, a ** k, a ** k, b ** k, b ** k, k === 3 ? 1 : 0]),
    roundings,
  };
}

/** In f32 other points lose less; their products are f32 numbers. */
const transforms: { readonly [A in "singles" | "doubles"]: { readonly [M in Size]: Transforms } } = {
  singles: { 2: two, 4: four(5 / 8, 3 / 2, { input: 4, output: 4 }) },
  doubles: { 2: two, 4: four(1, 2, { input: 3, output: 3 }) },
};

/** Weights are transformed in f64: one rounding where they are kept as f32 and one for all in f64; else those of G, twice four. */
const WEIGHTS = { singles: 2, doubles: 8 } as const;
const LARGEST = 2 ** 128 - 2 ** 103; // what rounds to infinity in f32

export interface WinogradOperands {
  /** [N, C, H, W] */
  readonly x: Tensor;
  /** [O, C, 3, 3] */
  readonly w: Tensor;
  readonly pad: readonly [number, number, number, number];
  /** [N, O, rows, columns] of the result. */
  readonly shape: readonly number[];
}

/** The bound of each element of the result; Infinity where a tile holds what is not finite, or may become so on the way. */
export function winogradErrors({ x, w, pad, shape }: WinogradOperands, [m, l]: TileSize, arithmetic: Arithmetic): Float64Array {
  const [images, outputs, rows, columns] = shape as readonly [number, number, number, number];
  const channels = x.shape[1]!;
  const points = (m + 2) * (l + 2);
  const single = arithmetic.unit > F64;
  const { [m]: down, [l]: across } = transforms[single ? "singles" : "doubles"];
  const n = down.roundings.input + across.roundings.input + down.roundings.output + across.roundings.output + channels + 1 + (single ? WEIGHTS.singles : WEIGHTS.doubles);
  const u = arithmetic.unit + F64;
  const gamma = (n * u) / (1 - n * u);
  const least = arithmetic.tiny / arithmetic.unit; // below it numbers lose bits: as if everything were at least so large
  const overflows = (v: number): boolean => !(v < (single ? LARGEST : Infinity));
  const weights = amplified(w, outputs * channels, [down.weights, across.weights], (tensor, k, i) => tensor.data[9 * k + i]!).map((v) => v + least);
  const errors = new Float64Array(images * outputs * rows * columns);

  const tile = (image: number, top: number, left: number): void => {
    const inputs = amplified(x, channels, [down.input, across.input], (tensor, c, i) => pixel(tensor, image, c, top - pad[0] + Math.floor(i / (l + 2)), left - pad[1] + (i % (l + 2)))).map((v) => v + least);
    const lost = inputs.some(overflows);
    for (let o = 0; o < outputs; o++) {
      const sums = new Float64Array(points).fill(channels * least);
      for (let c = 0; c < channels; c++) for (let p = 0; p < points; p++) sums[p]! += inputs[c * points + p]! * weights[(o * channels + c) * points + p]!;
      const magnitudes = sandwich([down.output, across.output], sums);
      for (let i = 0; i < m && top + i < rows; i++) {
        for (let j = 0; j < l && left + j < columns; j++) {
          const magnitude = magnitudes[i * l + j]!;
          errors[((image * outputs + o) * rows + top + i) * columns + left + j] = lost || overflows(magnitude) ? Infinity : gamma * magnitude;
        }
      }
    }
  };
  for (let image = 0; image < images; image++) for (let top = 0; top < rows; top += m) for (let left = 0; left < columns; left += l) tile(image, top, left);
  return errors;
}

/** |M| |T| |Lᵀ| of `count` tiles, one after the other; what is not finite makes its tile infinite. */
function amplified(tensor: Tensor, count: number, matrices: readonly [Matrix, Matrix], at: (tensor: Tensor, tile: number, i: number) => number): Float64Array {
  const [size, result] = [matrices[0][0]!.length * matrices[1][0]!.length, matrices[0].length * matrices[1].length];
  const out = new Float64Array(count * result);
  for (let k = 0; k < count; k++) {
    const values = Float64Array.from({ length: size }, (_, i) => Math.abs(at(tensor, k, i)));
    out.set(values.every(Number.isFinite) ? sandwich(matrices, values) : new Float64Array(result).fill(Infinity), k * result);
  }
  return out;
}

/** M T Lᵀ */
function sandwich([left, right]: readonly [Matrix, Matrix], tile: Float64Array): Float64Array {
  const width = right[0]!.length;
  const out = new Float64Array(left.length * right.length);
  const half = new Float64Array(left.length * width);
  left.forEach((row, r) => {
    for (let k = 0; k < width; k++) row.forEach((by, i) => (half[r * width + k]! += by === 0 ? 0 : by * tile[i * width + k]!));
  });
  for (let r = 0; r < left.length; r++) {
    right.forEach((row, k) => row.forEach((by, i) => (out[r * right.length + k]! += by === 0 ? 0 : half[r * width + i]! * by)));
  }
  return out;
}

function pixel({ shape, data }: Tensor, image: number, channel: number, row: number, column: number): number {
  const [, channels, height, width] = shape as readonly [number, number, number, number];
  return row < 0 || row >= height || column < 0 || column >= width ? 0 : data[((image * channels + channel) * height + row) * width + column]!;
}
