// The type of a tensor: element type and shape. The batch is the symbol N; every other dimension is a number.
// Law: types are interned, so two equal types are one object and compare with ===.
import { Interner } from "./intern.ts";

/** The symbolic batch size: bound when a module instance is created, not when the program is compiled. */
export const N = "N";
export type Dim = number | typeof N;
export type DType = "f32" | "i32";

export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** `fixed + perSample · N` elements (or floats, bytes, operations): every size in the compiler has this form. */
export interface Extent {
  readonly fixed: number;
  readonly perSample: number;
}

const types = new Interner<TensorType>();

export function tensor(shape: readonly Dim[], dtype: DType = "f32"): TensorType {
  return types.get(`${dtype}${shape.join(",")}`, () => Object.freeze({ dtype, shape: Object.freeze([...shape]) }));
}

/** "[N, 16, 32, 32]", or "i32[N]" where the elements are not f32. */
export function printType(type: TensorType): string {
  return `${type.dtype === "f32" ? "" : type.dtype}[${type.shape.join(", ")}]`;
}

/** A shape as people see it: without the batch. */
export function printShape(shape: readonly Dim[]): string {
  return `[${shape.filter((d) => d !== N).join(", ")}]`;
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** Elements of a shape; N may occur at most once. */
export function elements(shape: readonly Dim[]): Extent {
  let product = 1;
  let batched = false;
  for (const d of shape) {
    if (d === N) batched = true;
    else product *= d;
  }
  return batched ? { fixed: 0, perSample: product } : { fixed: product, perSample: 0 };
}

/** The elements of one sample, or of the whole where there is no batch. */
export function elementsPerSample(shape: readonly Dim[]): number {
  const e = elements(shape);
  return e.fixed + e.perSample;
}

/** `k` times as many. */
export function scale(e: Extent, k: number): Extent {
  return { fixed: e.fixed * k, perSample: e.perSample * k };
}

export function plus(a: Extent, b: Extent): Extent {
  return { fixed: a.fixed + b.fixed, perSample: a.perSample + b.perSample };
}

export function bind(shape: readonly Dim[], batch: number): number[] {
  return shape.map((d) => (d === N ? batch : d));
}

/** NumPy's rule, right-aligned; null where the shapes do not broadcast. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): readonly Dim[] | null {
  const rank = Math.max(a.length, b.length);
  const out: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return null;
    out.push(x === 1 ? y : x);
  }
  return out;
}
