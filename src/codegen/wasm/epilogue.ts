// Epilogues of results [n, row, column, channel], eight channels of a pixel at a time: y = epilogue(x0, extras…). What depends on the
// channel alone is loaded once for a panel of channels; what has the result's shape lies where the result lies.
import type { Node } from "../../ir/op.ts";
import { arg, type Scalar } from "../../ir/scalar.ts";
import type { Dim } from "../../ir/type.ts";
import { add, mul, op, type Expression, type Local, type Operand } from "./assembler/expression.ts";
import type { FunctionBuilder } from "./assembler/function.ts";
import type { Emission } from "./kernel.ts";
import { broadcastStrides } from "../axes.ts";
import { loadVector, Scratchpad, vectorCode } from "./vectors.ts";

const BYTES = 4;

interface Extra {
  readonly pointer: Local;
  /** Elements along [batch, row, column, channel] (or the axes that there are); the batch's is per sample. */
  readonly strides: readonly number[];
  readonly kind: "channel" | "same" | "other";
  /** For "channel": the panel's vectors. For "other": where the pixel's elements begin. */
  readonly vectors: readonly Local[];
  readonly place: Local | null;
}

export class Epilogue {
  /** Of the pixel's first channel of the panel, in the result. */
  readonly address: Local;
  readonly #f: FunctionBuilder;
  readonly #to: Emission;
  readonly #expr: Scalar;
  readonly #extras: readonly Extra[];
  readonly #channels: number;
  readonly #shape: readonly Dim[];
  readonly #y: Local;
  readonly #pad: Scratchpad;

  /** `first` is the node's first extra operand; `pointers` are those of the extras. */
  constructor(f: FunctionBuilder, to: Emission, node: Node, first: number, pointers: readonly Local[], y: Local) {
    this.#f = f;
    this.#to = to;
    this.#expr = (node.attrs["epilogue"] as Scalar | null | undefined) ?? arg(0);
    this.#shape = node.type.shape;
    this.#channels = node.type.shape.at(-1) as number;
    this.#y = y;
    this.#pad = new Scratchpad(f);
    this.address = f.local("i32", "to");
    this.#extras = node.inputs.slice(first).map((x, i) => extraOf(f, x.type.shape, node.type.shape, pointers[i]!, i));
  }

  /** Before the tiles of a panel of channels, whose first is given. */
  panel(channel: Operand, columns: number): void {
    for (const e of this.#extras) {
      if (e.kind !== "channel") continue;
      const along = e.strides.at(-1)!;
      const at = add(e.pointer, mul(channel, BYTES * along));
      for (let v = 0; v < (columns > 4 ? 2 : 1); v++) this.#f.set(e.vectors[v]!, loadVector(at, 16 * v * along, along === 0));
    }
  }

  /** Before the values of a pixel, whose index in the result is given. */
  pixel(pixel: Expression, channel: Operand): void {
    const f = this.#f;
    f.set(this.address, add(this.#y, add(mul(pixel, this.#channels * BYTES), mul(channel, BYTES))));
    for (const e of this.#extras) {
      if (e.kind === "same") f.set(e.place!, add(e.pointer, op("i32.sub", [this.address, this.#y])));
      if (e.kind === "other") f.set(e.place!, add(e.pointer, this.#place(e, pixel, channel)));
    }
  }

  /** Four values from four raw ones: those of channels 4 · vector … of the panel. */
  value(raw: Local, vector: number): Expression {
    const reads = this.#extras.map((e): Operand => (e.kind === "channel" ? e.vectors[vector]! : loadVector(e.place!, 16 * vector * e.strides.at(-1)!, e.strides.at(-1) === 0)));
    return vectorCode(this.#f, this.#to, this.#pad, this.#expr, [raw, ...reads]);
  }

  /** Bytes from the extra's start to the pixel's elements. */
  #place({ strides }: Extra, pixel: Expression, channel: Operand): Expression {
    let place: Expression = mul(channel, BYTES * strides.at(-1)!);
    let below = 1;
    for (let axis = this.#shape.length - 2; axis >= 0; axis--) {
      const size = this.#shape[axis]!;
      const stride = strides[axis]!;
      if (stride !== 0) {
        const above = below === 1 ? pixel : op("i32.div_u", [pixel, below]);
        const index = axis === 0 || typeof size !== "number" ? above : op("i32.rem_u", [above, size]);
        place = add(place, mul(index, stride * BYTES));
      }
      if (typeof size === "number") below *= size;
    }
    return place;
  }
}

function extraOf(f: FunctionBuilder, shape: readonly Dim[], to: readonly Dim[], pointer: Local, index: number): Extra {
  const strides = stridesOf(shape, to);
  const full = stridesOf(to, to);
  const channel = strides.slice(0, -1).every((s) => s === 0);
  const same = strides.every((s, k) => s === full[k]);
  const kind = channel ? "channel" : same ? "same" : "other";
  return {
    pointer, strides, kind,
    vectors: kind === "channel" ? [f.local("v128", `e${index}_0`), f.local("v128", `e${index}_1`)] : [],
    place: kind === "channel" ? null : f.local("i32", `at${index}`),
  };
}

/** Elements between neighbours along each axis of `to` in data of `shape`: 0 where it is repeated, of a sample along the batch. */
export function stridesOf(shape: readonly Dim[], to: readonly Dim[]): number[] {
  return broadcastStrides(shape, to).map((q) => q.k);
}
