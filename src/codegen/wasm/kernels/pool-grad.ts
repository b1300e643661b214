// pool_grad, channels last: image by image, each window gives its pixels their share, four channels at a time. Threads share images,
// since windows may overlap.
import type { poolGrad } from "../../../ops/core/pool-grad.ts";
import { add, load, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import { frameOf, quantity, shared, type CoreNode, type Kernel, type SchemaOf } from "../kernel.ts";
import { BYTES, storeRun } from "../loops.ts";
import { storeLanes } from "../vectors.ts";
import { fixed, shapeLabel } from "../../operands.ts";

type PoolGrad = CoreNode<SchemaOf<typeof poolGrad>>;

export const poolGradKernel: Kernel<SchemaOf<typeof poolGrad>> = {
  select: (node) => ({ label: shapeLabel(`${node.attrs.kind}poolgrad${node.attrs.size.join("x")}`, node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const [, rows, columns, channels] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
    const { kind, image: [height, width] } = node.attrs;
    const frame = frameOf(node, to, kind === "max" ? ["dy", "x"] : ["dy"]);
    const { f, operands, y } = frame;
    const area = BYTES * height * width * channels;
    const [row, column, channel] = ["row", "column", "channel"].map((name) => f.local("i32", name)) as [Local, Local, Local];
    const windows = new Windows(f, node, channels);
    shared(frame, quantity(frame.n, node.type.shape[0]!), (unit) => {
      const at = f.let("at", add(y, mul(unit, area)));
      storeRun(f, { count: area / BYTES, even: area % 16 === 0 }, at, [at], 4, (vectors, store) => {
        for (let v = 0; v < vectors; v++) store(v, splat(0));
      });
      const dy = f.let("from", add(operands[0]!, mul(unit, BYTES * rows * columns * channels)));
      const image = f.let("image", add(y, mul(unit, area)));
      const x = kind === "max" ? f.let("pixels", add(operands[1]!, mul(unit, area))) : null;
      f.count(row, 0, rows, 1, () => {
        f.count(column, 0, columns, 1, () => {
          windows.begin(row, column);
          const part = (lanes: number): void => windows.give(load("v128.load", add(dy, mul(channel, BYTES))), image, x, channel, lanes);
          f.count(channel, 0, channels - (channels % 4), 4, () => part(4));
          f.set(channel, channels - (channels % 4));
          if (channels % 4 > 0) part(channels % 4);
          f.advance(dy, BYTES * channels);
        });
      });
    });
    return f.finish();
  },
};

/** One window after the other: [top, bottom) × [left, right) of the image. */
class Windows {
  readonly #f: FunctionBuilder;
  readonly #node: PoolGrad;
  readonly #channels: number;
  readonly #top: Local;
  readonly #bottom: Local;
  readonly #left: Local;
  readonly #right: Local;
  readonly #r: Local;
  readonly #c: Local;
  readonly #place: Local;
  readonly #value: Local;
  readonly #best: Local;
  readonly #chosen: Local;
  readonly #better: Local;

  constructor(f: FunctionBuilder, node: PoolGrad, channels: number) {
    this.#f = f;
    this.#node = node;
    this.#channels = channels;
    [this.#top, this.#bottom, this.#left, this.#right, this.#r, this.#c, this.#place] = ["top", "bottom", "left", "right", "r", "c", "place"].map((name) => f.local("i32", name)) as [Local, Local, Local, Local, Local, Local, Local];
    [this.#value, this.#best, this.#chosen, this.#better] = ["value", "best", "chosen", "better"].map((name) => f.local("v128", name)) as [Local, Local, Local, Local];
  }

  begin(row: Local, column: Local): void {
    const { image, size, stride, pad } = this.#node.attrs;
    const range = (from: Local, to: Local, index: Local, axis: 0 | 1): void => {
      this.#f.set(from, sub(mul(index, stride[axis]), pad[axis]));
      this.#f.set(to, add(from, size[axis]));
      this.#f.when(op("i32.lt_s", [from, 0]), () => this.#f.set(from, 0));
      this.#f.when(op("i32.gt_s", [to, image[axis]]), () => this.#f.set(to, image[axis]));
    };
    range(this.#top, this.#bottom, row, 0);
    range(this.#left, this.#right, column, 1);
  }

  /** Four channels' adjoints, to the pixels of the window. */
  give(dy: Expression, image: Local, x: Local | null, channel: Local, lanes: number): void {
    const f = this.#f;
    if (x) this.#choose(x, channel);
    const share = f.let("share", x ? dy : op("f32x4.div", [dy, this.#count()]));
    this.#pixels((place) => {
      const at = f.let("to", add(image, this.#offset(place, channel)));
      const own = x ? op("v128.and", [share, op("i32x4.eq", [this.#chosen, op("i32x4.splat", [place])])]) : share;
      const sum = f.let("sum", op("f32x4.add", [load("v128.load", at), own]));
      storeLanes(f, at, 0, sum, lanes);
    });
  }

  /** Which pixel holds the first of the largest; a NaN is larger than all. */
  #choose(x: Local, channel: Local): void {
    const f = this.#f;
    f.set(this.#best, splat(-Infinity));
    f.set(this.#chosen, op("i32x4.splat", [this.#index(this.#top, this.#left)]));
    this.#pixels((place) => {
      f.set(this.#value, load("v128.load", add(x, this.#offset(place, channel))));
      const strange = op("v128.and", [op("f32x4.ne", [this.#value, this.#value]), op("f32x4.eq", [this.#best, this.#best])]);
      f.set(this.#better, op("v128.or", [op("f32x4.gt", [this.#value, this.#best]), strange]));
      f.set(this.#best, op("v128.bitselect", [this.#value, this.#best, this.#better]));
      f.set(this.#chosen, op("v128.bitselect", [op("i32x4.splat", [place]), this.#chosen, this.#better]));
    });
  }

  /** Row by row. */
  #pixels(body: (place: Local) => void): void {
    this.#f.count(this.#r, this.#top, this.#bottom, 1, () => {
      this.#f.count(this.#c, this.#left, this.#right, 1, () => {
        this.#f.set(this.#place, this.#index(this.#r, this.#c));
        body(this.#place);
      });
    });
  }

  #index(row: Operand, column: Operand): Expression {
    return add(mul(row, this.#node.attrs.image[1]), column);
  }

  #offset(place: Operand, channel: Local): Expression {
    return add(mul(place, BYTES * this.#channels), mul(channel, BYTES));
  }

  #count(): Expression {
    const inside = op("i32.mul", [sub(this.#bottom, this.#top), sub(this.#right, this.#left)]);
    return op("f32x4.convert_i32x4_s", [op("i32x4.splat", [inside])]);
  }
}
