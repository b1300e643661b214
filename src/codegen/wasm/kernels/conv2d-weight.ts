// conv2d_weight, channels last: for each tap the product of the input channels with the output channels, summed over images and pixels.
// A block of up to six input channels by eight output channels, five where products are not fused (`registers.ts`), is in registers while
// an image is summed, which is near as long; images are summed in scratch, so that a batch of thousands of pixels is not one long sum.
// Threads share taps and blocks of input channels.
import type { conv2dWeight } from "../../../ops/core/conv2d-weight.ts";
import { add, load, madd, mul, op, splat, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import type { FunctionBuilder } from "../assembler/function.ts";
import { frameOf, quantity, shared, type CoreNode, type Frame, type Kernel, type SchemaOf } from "../kernel.ts";
import { BYTES } from "../loops.ts";
import { fusesProducts, inOrder, ROWS } from "../registers.ts";
import { fixed } from "../../operands.ts";

type WeightNode = CoreNode<SchemaOf<typeof conv2dWeight>>;

/** Vectors of output channels of one block. */
const VECTORS = 2;

/** Input channels in blocks of nearly one size: so many of `size`, then the rest one smaller. */
interface Blocks {
  readonly count: number;
  readonly size: number;
  readonly large: number;
}

function blocksOf({ inputsPer }: Geometry, most: number): Blocks {
  const count = Math.ceil(inputsPer / most);
  const size = Math.ceil(inputsPer / count);
  return { count, size, large: inputsPer - count * (size - 1) };
}

interface Geometry {
  readonly channels: number;
  readonly outputs: number;
  readonly inputsPer: number; // of a group
  readonly outputsPer: number;
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
  readonly taps: number;
}

function geometryOf(node: WeightNode): Geometry {
  const [, height, width, channels] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
  const [, rows, columns, outputs] = node.inputs[1]!.type.shape as readonly [unknown, number, number, number];
  const { groups, kernel } = node.attrs;
  return { channels, outputs, inputsPer: channels / groups, outputsPer: outputs / groups, height, width, rows, columns, taps: kernel[0] * kernel[1] };
}

export const conv2dWeightKernel: Kernel<SchemaOf<typeof conv2dWeight>> = {
  select: (node) => {
    const g = geometryOf(node);
    const sums = blocksOf(g, ROWS.fused).size * Math.ceil(g.outputsPer / 4) * 4;
    return { label: `convweight${node.attrs.kernel.join("x")}_${g.channels}_${g.outputs}`, packs: [], scratch: fixed(sums), inPlace: [] };
  },
  emit: (node, to) => {
    const g = geometryOf(node);
    const frame = frameOf(node, to, ["x", "dy"]);
    const { f } = frame;
    const fused = !to.selection.strictMath;
    const writer = new WeightWriter(frame, node, g, fused);
    const plain = (): void => emitBlocks(frame, node, g, blocksOf(g, ROWS.plain), writer);
    if (fused) f.when(fusesProducts(f), () => emitBlocks(frame, node, g, blocksOf(g, ROWS.fused), writer), plain);
    else plain();
    return f.finish();
  },
};

function emitBlocks(frame: Frame, node: WeightNode, g: Geometry, { count, size, large }: Blocks, writer: WeightWriter): void {
  const { f } = frame;
  shared(frame, node.attrs.groups * g.taps * count, (unit) => {
    const group = f.let("group", op("i32.div_u", [unit, g.taps * count]));
    const rest = f.let("rest", op("i32.rem_u", [unit, g.taps * count]));
    const tap = f.let("tap", op("i32.div_u", [rest, count]));
    const block = f.let("block", op("i32.rem_u", [rest, count]));
    const input = f.let("input", mul(block, size));
    writer.tap(tap);
    if (large === count) return writer.block(group, tap, input, size);
    f.when(
      op("i32.lt_s", [block, large]),
      () => writer.block(group, tap, input, size),
      () => {
        f.set(input, add(mul(block, size - 1), large));
        writer.block(group, tap, input, size - 1);
      },
    );
  });
}

/** Results [from, to) whose windows have the tap inside the image, and where it lies beside a window's place. */
interface Range {
  readonly from: Local;
  readonly to: Local;
  readonly offset: Local;
}

class WeightWriter {
  readonly #f: FunctionBuilder;
  readonly #frame: Frame;
  readonly #node: WeightNode;
  readonly #g: Geometry;
  readonly #fused: boolean;
  readonly #rows: Range;
  readonly #columns: Range;
  /** Of an image. */
  readonly #sums: readonly Local[];
  readonly #vectors: readonly Local[];

  constructor(frame: Frame, node: WeightNode, g: Geometry, fused: boolean) {
    const { f } = frame;
    const locals = (name: string, type: "i32" | "v128", count: number): Local[] => Array.from({ length: count }, (_, k) => f.local(type, `${name}${k}`));
    const range = (name: string): Range => ({ from: f.local("i32", `${name}From`), to: f.local("i32", `${name}To`), offset: f.local("i32", `${name}Offset`) });
    this.#f = f;
    this.#frame = frame;
    this.#node = node;
    this.#g = g;
    this.#fused = fused;
    this.#rows = range("row");
    this.#columns = range("column");
    this.#sums = locals("sum", "v128", ROWS.fused * VECTORS);
    this.#vectors = locals("dy", "v128", VECTORS);
  }

  tap(tap: Local): void {
    const { kernel: [, kw] } = this.#node.attrs;
    this.#range(this.#rows, op("i32.div_u", [tap, kw]), 0, this.#g.height, this.#g.rows);
    this.#range(this.#columns, op("i32.rem_u", [tap, kw]), 1, this.#g.width, this.#g.columns);
  }

  #range({ from, to, offset }: Range, index: Expression, axis: 0 | 1, size: number, results: number): void {
    const f = this.#f;
    const { stride, pad, dilation } = this.#node.attrs;
    f.set(offset, sub(mul(index, dilation[axis]), pad[axis]));
    f.set(from, 0);
    f.when(op("i32.lt_s", [offset, 0]), () => f.set(from, op("i32.div_u", [add(op("i32.sub", [0, offset]), stride[axis] - 1), stride[axis]])));
    f.set(to, 0); // the tap may lie behind the image wherever the window is
    f.when(op("i32.lt_s", [offset, size]), () => f.set(to, add(op("i32.div_u", [op("i32.sub", [size - 1, offset]), stride[axis]]), 1)));
    f.when(op("i32.gt_s", [to, results]), () => f.set(to, results));
  }

  /** All output channels of some input channels: image by image, summed in scratch, [output / 8][input][8]. */
  block(group: Local, tap: Local, input: Local, inputs: number): void {
    const f = this.#f;
    const [sample, output, total] = ["sample", "output", "total"].map((name) => f.local("i32", name)) as [Local, Local, Local];
    const start = this.#frame.s!;
    const end = inputs * Math.ceil(this.#g.outputsPer / 4) * 16;
    f.count(total, 0, end, 16, () => f.store("v128.store", add(start, total), 0, splat(0))); // addresses may be above 2³¹, where `count` sees them negative
    f.count(sample, 0, quantity(this.#frame.n, this.#node.inputs[0]!.type.shape[0]!), 1, () => {
      f.set(total, start);
      this.#tiles(output, (outputs) => {
        this.#image(total, group, sample, input, output, inputs, Math.ceil(outputs / 4));
        f.advance(total, 16 * inputs * Math.ceil(outputs / 4));
      });
    });
    f.set(total, start);
    this.#tiles(output, (outputs) => {
      this.#store(total, add(mul(group, this.#g.outputsPer), output), add(mul(input, this.#g.taps), tap), inputs, outputs);
      f.advance(total, 16 * inputs * Math.ceil(outputs / 4));
    });
  }

  #tiles(output: Local, tile: (outputs: number) => void): void {
    const f = this.#f;
    const { outputsPer } = this.#g;
    const step = 4 * VECTORS;
    const whole = outputsPer - (outputsPer % step);
    f.count(output, 0, whole, step, () => tile(step));
    if (whole === outputsPer) return;
    f.set(output, whole);
    tile(outputsPer - whole);
  }

  /** Adds the sums of an image to those in scratch. */
  #image(total: Local, group: Local, sample: Local, input: Local, output: Local, inputs: number, vectors: number): void {
    const f = this.#f;
    const g = this.#g;
    const used = Array.from({ length: inputs * vectors }, (_, k) => k);
    for (const k of used) f.set(this.#sums[k]!, splat(0));
    const row = f.local("i32", "row");
    inOrder(f, total, (settle) => f.count(row, this.#rows.from, this.#rows.to, 1, () => {
      const [x, dy] = this.#places(sample, row, add(mul(group, g.inputsPer), input), add(mul(group, g.outputsPer), output));
      this.#row(x, dy, inputs, vectors, settle);
    }));
    for (const k of used) f.store("v128.store", total, 16 * k, op("f32x4.add", [load("v128.load", total, 16 * k), this.#sums[k]!]));
  }

  /** Of the row's first pixel. */
  #places(sample: Local, row: Local, channel: Expression, output: Expression): readonly [Local, Local] {
    const g = this.#g;
    const { stride } = this.#node.attrs;
    const [x, dy] = this.#frame.operands as [Local, Local];
    const imageRow = add(mul(add(mul(sample, g.height), mul(row, stride[0]), this.#rows.offset), g.width), mul(this.#columns.from, stride[1]), this.#columns.offset);
    const resultRow = add(mul(add(mul(sample, g.rows), row), g.columns), this.#columns.from);
    return [
      this.#f.let("px", add(x, mul(imageRow, BYTES * g.channels), mul(channel, BYTES))),
      this.#f.let("pdy", add(dy, mul(resultRow, BYTES * g.outputs), mul(output, BYTES))),
    ];
  }

  #row(x: Local, dy: Local, inputs: number, vectors: number, settle: () => void): void {
    const f = this.#f;
    const { stride } = this.#node.attrs;
    f.count(f.local("i32", "column"), this.#columns.from, this.#columns.to, 1, () => {
      for (let v = 0; v < vectors; v++) f.set(this.#vectors[v]!, load("v128.load", dy, 16 * v));
      for (let i = 0; i < inputs; i++) {
        const pixel = f.let("pixel", load("v128.load32_splat", x, BYTES * i));
        for (let v = 0; v < vectors; v++) f.set(this.#sums[i * vectors + v]!, this.#product(pixel, this.#vectors[v]!, this.#sums[i * vectors + v]!));
        if (inputs < ROWS.fused) settle();
      }
      f.advance(x, BYTES * this.#g.channels * stride[1]);
      f.advance(dy, BYTES * this.#g.outputs);
    });
  }

  #product(a: Operand, b: Operand, sum: Local): Expression {
    return this.#fused ? madd(a, b, sum) : op("f32x4.add", [sum, op("f32x4.mul", [a, b])]);
  }

  /** dw[output, input, tap]: far apart in memory, stored one by one. */
  #store(total: Local, output: Expression, place: Expression, inputs: number, outputs: number): void {
    const f = this.#f;
    const { inputsPer, taps } = this.#g;
    const vectors = Math.ceil(outputs / 4);
    const at = f.let("at", add(this.#frame.y, mul(output, BYTES * inputsPer * taps), mul(place, BYTES)));
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) f.store("f32.store", at, BYTES * (o * inputsPer + i) * taps, load("f32.load", total, 16 * (i * vectors + (o >> 2)) + BYTES * (o % 4)));
    }
  }
}
