// Sums and maxima in registers, a few vectors side by side. A maximum that an element without order (NaN) is part of is NaN: whether
// one was is kept beside the maximum, in three instructions an element, where `f32x4.max` takes an engine on x86 about eight.
import { op, splat, type Expression, type Local, type Operand } from "./assembler/expression.ts";
import type { FunctionBuilder } from "./assembler/function.ts";

export type Combination = "sum" | "max";

export class Accumulators {
  readonly #f: FunctionBuilder;
  readonly #kind: Combination;
  readonly #values: readonly Local[];
  /** All ones where a NaN was. */
  readonly #strange: readonly Local[];
  readonly #element: Local;

  constructor(f: FunctionBuilder, kind: Combination, vectors: number, name: string = kind) {
    const locals = (name: string): Local[] => Array.from({ length: vectors }, (_, v) => f.local("v128", `${name}${v}`));
    this.#f = f;
    this.#kind = kind;
    this.#values = locals(name);
    this.#strange = kind === "max" ? locals("nan") : [];
    this.#element = f.local("v128", "element");
  }

  /** What changes nothing: −0 for sums. */
  get neutral(): Expression {
    return splat(this.#kind === "max" ? -Infinity : -0);
  }

  begin(vectors: number): void {
    for (let v = 0; v < vectors; v++) {
      this.#f.set(this.#values[v]!, this.neutral);
      if (this.#kind === "max") this.#f.set(this.#strange[v]!, splat(0));
    }
  }

  take(vector: number, element: Operand): void {
    const f = this.#f;
    const value = this.#values[vector]!;
    if (this.#kind === "sum") return f.set(value, op("f32x4.add", [value, element]));
    const strange = this.#strange[vector]!;
    f.set(this.#element, element);
    f.set(value, op("f32x4.pmax", [value, this.#element]));
    f.set(strange, op("v128.or", [strange, op("f32x4.ne", [this.#element, this.#element])]));
  }

  /** The local that holds it from now on. */
  result(vector: number): Local {
    const value = this.#values[vector]!;
    if (this.#kind === "max") this.#f.set(value, op("v128.or", [value, this.#strange[vector]!])); // all ones are a NaN
    return value;
  }

  /** So many results of the first `vectors`: those that lie `results` apart together. */
  totals(vectors: number, results: number): readonly Local[] {
    for (let v = 0; v < vectors; v++) this.result(v);
    for (let step = vectors >> 1; step >= results; step >>= 1) {
      for (let v = 0; v < step; v++) this.#f.set(this.#values[v]!, this.combined(this.#values[v]!, this.#values[v + step]!));
    }
    return this.#values.slice(0, results);
  }

  combined(a: Operand, b: Operand): Expression {
    return op(this.#kind === "max" ? "f32x4.max" : "f32x4.add", [a, b]);
  }
}
