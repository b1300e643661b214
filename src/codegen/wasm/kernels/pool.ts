// pool, channels last: a pixel's channels side by side, a few vectors at a time in registers, over what of the window lies inside the
// image. Where all of it does, and it is small, it is written out.
import type { pool } from "../../../ops/core/pool.ts";
import { arg } from "../../../ir/scalar.ts";
import { add, load, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import { Accumulators } from "../accumulators.ts";
import { stridesOf } from "../epilogue.ts";
import { frameOf, quantity, shared, type CoreNode, type Emission, type Frame, type Kernel, type SchemaOf } from "../kernel.ts";
import { BYTES, storeRun, type Length } from "../loops.ts";
import { loadVector, Scratchpad, vectorCode } from "../vectors.ts";
import { extraNames, fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";

type Pool = CoreNode<SchemaOf<typeof pool>>;

/** Vectors of channels side by side. */
const WIDTH = 4;
/** Elements of a window that is written out. */
const LONGEST = 16;
const PIECES = 16;

interface Geometry {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
  /** Does some window reach beyond the image? */
  readonly clipped: boolean;
  /** What one piece of work holds: all columns of a row, or one; some channels of it. */
  readonly columnsPer: number;
  readonly channelsPer: number;
}

function geometryOf(node: Pool): Geometry {
  const [, height, width, channels] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
  const [, rows, columns] = node.type.shape as readonly [unknown, number, number, number];
  const { size, stride, pad } = node.attrs;
  const clipped = pad[0] + pad[1] > 0 || (rows - 1) * stride[0] + size[0] > height || (columns - 1) * stride[1] + size[1] > width;
  const pixels = rows * columns;
  const share = Math.max(8, Math.ceil((channels * pixels) / PIECES / 8) * 8);
  return { channels, height, width, rows, columns, clipped, columnsPer: rows >= PIECES ? columns : 1, channelsPer: pixels >= PIECES ? channels : Math.min(channels, share) };
}

export const poolKernel: Kernel<SchemaOf<typeof pool>> = {
  select: (node) => ({ label: shapeLabel(`${node.attrs.kind}pool${node.attrs.size.join("x")}`, node), packs: [], scratch: fixed(0), inPlace: inPlaceOperands(node, 1) }),
  emit: (node, to) => {
    const frame = frameOf(node, to, ["x", ...extraNames(node, 1)]);
    const { f } = frame;
    const g = geometryOf(node);
    const writer = new PoolWriter(frame, node, g, to);
    const blocks = Math.ceil(g.channels / g.channelsPer);
    shared(frame, mul(quantity(frame.n, node.type.shape[0]!, g.rows, g.columns / g.columnsPer), blocks), (unit) => {
      const pixel = f.let("pixel", mul(blocks === 1 ? unit : op("i32.div_u", [unit, blocks]), g.columnsPer));
      const channel = blocks === 1 ? 0 : f.let("channel", mul(op("i32.rem_u", [unit, blocks]), g.channelsPer));
      const length = lengthOf(f, g, channel);
      const row = f.let("row", rest(op("i32.div_u", [pixel, g.columns]), g.rows));
      const image = f.let("image", op("i32.div_u", [pixel, g.rows * g.columns]));
      writer.row(row);
      if (g.columnsPer === 1) return writer.pixel(pixel, image, row, f.let("column", rest(pixel, g.columns)), channel, length);
      const column = f.local("i32", "column");
      f.count(column, 0, g.columns, 1, () => {
        writer.pixel(pixel, image, row, column, channel, length);
        f.advance(pixel, 1);
      });
    });
    return f.finish();
  },
};

function rest(value: Operand, size: number): Expression {
  return op("i32.rem_u", [value, size]);
}

/** Of a block of channels. */
function lengthOf(f: FunctionBuilder, { channels, channelsPer }: Geometry, channel: Operand): Length {
  const even = channels % 4 === 0 && channelsPer % 4 === 0;
  if (channels % channelsPer === 0) return { count: channelsPer, even };
  const left = f.let("length", sub(channels, channel));
  f.when(op("i32.gt_s", [left, channelsPer]), () => f.set(left, channelsPer));
  return { count: left, even };
}

/** What of a window lies inside the image along one axis: [from, to). */
interface Range {
  readonly from: Local;
  readonly to: Local;
}

class PoolWriter {
  readonly #frame: Frame;
  readonly #node: Pool;
  readonly #g: Geometry;
  readonly #to: Emission;
  readonly #pad: Scratchpad;
  readonly #sums: Accumulators;
  readonly #rows: Range;
  readonly #columns: Range;
  readonly #x: Local;
  readonly #y: Local;
  readonly #extras: readonly { readonly base: Local; readonly at: Local; readonly strides: readonly number[] }[];
  readonly #inside: Local;

  constructor(frame: Frame, node: Pool, g: Geometry, to: Emission) {
    const { f } = frame;
    this.#frame = frame;
    this.#node = node;
    this.#g = g;
    this.#to = to;
    this.#pad = new Scratchpad(f);
    this.#sums = new Accumulators(f, node.attrs.kind === "max" ? "max" : "sum", WIDTH);
    this.#rows = { from: f.local("i32", "top"), to: f.local("i32", "bottom") };
    this.#columns = { from: f.local("i32", "left"), to: f.local("i32", "right") };
    this.#x = f.local("i32", "from");
    this.#y = f.local("i32", "to");
    this.#extras = node.inputs.slice(1).map((e, k) => ({ base: frame.operands[k + 1]!, at: f.local("i32", `at${k + 1}`), strides: stridesOf(e.type.shape, node.type.shape) }));
    this.#inside = f.local("v128", "inside");
  }

  row(row: Local): void {
    this.#range(this.#rows, row, 0, this.#g.height);
  }

  /** One pixel of the result, from a channel on. */
  pixel(pixel: Local, image: Local, row: Local, column: Local, channel: Operand, length: Length): void {
    const { f, operands, y } = this.#frame;
    const { channels, height, width } = this.#g;
    this.#range(this.#columns, column, 1, width);
    if (this.#g.clipped) f.set(this.#inside, this.#count());
    const first = add(mul(add(mul(image, height), this.#rows.from), width), this.#columns.from);
    f.set(this.#x, add(operands[0]!, mul(first, BYTES * channels), mul(channel, BYTES)));
    f.set(this.#y, add(y, mul(pixel, BYTES * channels), mul(channel, BYTES)));
    for (const { base, at, strides } of this.#extras) f.set(at, add(base, ...[image, row, column, channel].map((i, k) => mul(i, BYTES * strides[k]!))));
    const moving = this.#extras.filter((e) => e.strides[3] !== 0).map((e) => e.at);
    storeRun(f, length, this.#y, [this.#x, this.#y, ...moving], WIDTH, (vectors, store) => {
      this.#windows(vectors);
      for (let v = 0; v < vectors; v++) {
        const raw = this.#result(v);
        const extras = this.#extras.map((e) => (e.strides[3] === 0 ? loadVector(e.at, 0, true) : loadVector(e.at, 16 * v, false)));
        store(v, vectorCode(f, this.#to, this.#pad, this.#node.attrs.epilogue ?? arg(0), [raw, ...extras]));
      }
    });
  }

  #range({ from, to }: Range, index: Local, axis: 0 | 1, size: number): void {
    const { f } = this.#frame;
    const { stride, pad, size: window } = this.#node.attrs;
    f.set(from, sub(mul(index, stride[axis]), pad[axis]));
    f.set(to, add(from, window[axis]));
    if (!this.#g.clipped) return;
    f.when(op("i32.lt_s", [from, 0]), () => f.set(from, 0));
    f.when(op("i32.gt_s", [to, size]), () => f.set(to, size));
  }

  /** Elements of the window that lie inside the image. */
  #count(): Expression {
    const inside = op("i32.mul", [sub(this.#rows.to, this.#rows.from), sub(this.#columns.to, this.#columns.from)]);
    return op("f32x4.convert_i32x4_s", [op("i32x4.splat", [inside])]);
  }

  #windows(vectors: number): void {
    const { f } = this.#frame;
    const { size } = this.#node.attrs;
    this.#sums.begin(vectors);
    const whole = op("i32.and", [op("i32.eq", [sub(this.#rows.to, this.#rows.from), size[0]]), op("i32.eq", [sub(this.#columns.to, this.#columns.from), size[1]])]);
    if (size[0] * size[1] > LONGEST) this.#loops(vectors);
    else if (this.#g.clipped) f.when(whole, () => this.#writtenOut(vectors), () => this.#loops(vectors));
    else this.#writtenOut(vectors);
  }

  #writtenOut(vectors: number): void {
    const { size } = this.#node.attrs;
    for (let r = 0; r < size[0]; r++) {
      for (let c = 0; c < size[1]; c++) this.#take(vectors, this.#x, BYTES * this.#g.channels * (r * this.#g.width + c));
    }
  }

  #loops(vectors: number): void {
    const { f } = this.#frame;
    const { channels, width } = this.#g;
    const start = f.let("start", this.#x);
    const at = f.local("i32", "at");
    f.count(f.local("i32", "r"), this.#rows.from, this.#rows.to, 1, () => {
      f.set(at, start);
      f.count(f.local("i32", "c"), this.#columns.from, this.#columns.to, 1, () => {
        this.#take(vectors, at, 0);
        f.advance(at, BYTES * channels);
      });
      f.advance(start, BYTES * channels * width);
    });
  }

  #take(vectors: number, at: Local, offset: number): void {
    for (let v = 0; v < vectors; v++) this.#sums.take(v, load("v128.load", at, offset + 16 * v));
  }

  /** The maximum, or the average. */
  #result(vector: number): Local {
    const { size, kind } = this.#node.attrs;
    const sum = this.#sums.result(vector);
    if (kind === "avg") this.#frame.f.set(sum, op("f32x4.div", [sum, this.#g.clipped ? this.#inside : splat(size[0] * size[1])]));
    return sum;
  }
}
