// Depthwise convolution: each channel by itself, four channels and four pixels of a row at a time. Weights are [tap][channel], filled up
// to a multiple of four channels.
import { add, f32, load, madd, mul, op, splat, sub, type Expression, type Local } from "../assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../assembler/function.ts";
import { Epilogue } from "../epilogue.ts";
import { frameOf, quantity, shared, type Choice, type Emission } from "../kernel.ts";
import { storeLanes } from "../vectors.ts";
import { convLabel, convolution, reach, type Convolution, type ConvNode } from "../../convolution.ts";
import { bandRoutine } from "./band.ts";
import { extraNames, fixed, inPlaceOperands } from "../../operands.ts";

const PIXELS = 4;
/** Bytes of a band: what stays in the first cache is best, a row of results at least. */
const BAND = 131_072;

export function servesDepthwise(c: Convolution): boolean {
  return c.groups === c.inputs && c.groups === c.outputs && c.groups > 1;
}

function bandOf(c: Convolution): { readonly rows: number; readonly height: number; readonly width: number } {
  const width = reach(c, [1, c.columns])[1];
  const rows = Math.min(c.rows, Math.max(1, Math.floor(BAND / (4 * c.stride[0] * width * c.inputs))));
  return { rows, height: reach(c, [rows, 1])[0], width };
}

function padded(channels: number): number {
  return Math.ceil(channels / 4) * 4;
}

export function selectDepthwise(node: ConvNode): Choice {
  const c = convolution(node);
  const band = bandOf(c);
  const name = `depthwise_${c.inputs}_${c.kernel.join("x")}`;
  return {
    label: convLabel(c),
    packs: [{ operand: 1, signature: name, label: `${name}_weights`, size: c.kernel[0] * c.kernel[1] * padded(c.inputs) }],
    scratch: fixed(band.height * band.width * c.inputs + 4),
    inPlace: inPlaceOperands(node, 2),
  };
}

/** name(x, y): y[tap][channel] = x[channel, tap] */
export function packDepthwise(node: ConvNode, to: Emission): WasmFunction {
  const c = convolution(node);
  const taps = c.kernel[0] * c.kernel[1];
  const f = new FunctionBuilder(to.name, to.doc);
  const [x, y] = [f.parameter("i32", "x"), f.parameter("i32", "y")];
  const [at, channel] = [f.local("i32", "at"), f.local("i32", "channel")];
  shared({ f }, taps, (tap) => {
    f.set(at, add(y, mul(tap, 4 * padded(c.inputs))));
    f.count(channel, 0, padded(c.inputs), 1, () => {
      f.when(
        op("i32.lt_s", [channel, c.inputs]),
        () => f.store("f32.store", at, 0, load("f32.load", add(x, mul(channel, 4 * taps), mul(tap, 4)))),
        () => f.store("f32.store", at, 0, f32(0)),
      );
      f.advance(at, 4);
    });
  });
  return f.finish();
}

export function emitDepthwise(node: ConvNode, to: Emission): WasmFunction {
  const c = convolution(node);
  const band = bandOf(c);
  const frame = frameOf(node, to, ["x", "w", ...extraNames(node, 2)]);
  const { f, s } = frame;
  const [x, w, ...extras] = frame.operands as [Local, Local, ...Local[]];
  const epilogue = new Epilogue(f, to, node, 2, extras, frame.y);
  const bands = Math.ceil(c.rows / band.rows);
  const routine = bandRoutine(to);
  const [image, row, rows, channel, r, q] = ["image", "row", "rows", "channel", "r", "q"].map((n) => f.local("i32", n)) as [Local, Local, Local, Local, Local, Local];
  const from = f.local("i32", "from");
  const sums = Array.from({ length: PIXELS }, (_, i) => f.local("v128", `sum${i}`));
  const weight = f.local("v128", "weight");
  const whole = Math.floor(c.columns / PIXELS) * PIXELS;

  const pixels = (count: number, lanes: number): void => {
    f.set(from, add(s!, mul(r, 4 * c.stride[0] * band.width * c.inputs), mul(q, 4 * c.stride[1] * c.inputs), mul(channel, 4)));
    for (let i = 0; i < count; i++) f.set(sums[i]!, splat(0));
    for (let y = 0; y < c.kernel[0]; y++) {
      for (let z = 0; z < c.kernel[1]; z++) {
        f.set(weight, load("v128.load", add(w, mul(channel, 4)), 4 * (y * c.kernel[1] + z) * padded(c.inputs)));
        for (let i = 0; i < count; i++) {
          const value = load("v128.load", from, 4 * c.inputs * (y * c.dilation[0] * band.width + z * c.dilation[1] + i * c.stride[1]));
          f.set(sums[i]!, to.selection.strictMath ? op("f32x4.add", [sums[i]!, op("f32x4.mul", [value, weight])]) : madd(value, weight, sums[i]!));
        }
      }
    }
    for (let i = 0; i < count; i++) {
      const pixel: Expression = add(mul(add(mul(image, c.rows), row, r), c.columns), q, i);
      epilogue.pixel(pixel, channel);
      f.set(sums[i]!, epilogue.value(sums[i]!, 0));
      storeLanes(f, epilogue.address, 0, sums[i]!, lanes);
    }
  };
  const channels = (lanes: number): void => {
    epilogue.panel(channel, 4);
    f.count(r, 0, rows, 1, () => {
      f.count(q, 0, whole, PIXELS, () => pixels(PIXELS, lanes));
      f.count(q, whole, c.columns, 1, () => pixels(1, lanes));
    });
  };
  shared(frame, mul(quantity(frame.n, node.type.shape[0]!), bands), (unit) => {
    f.set(image, op("i32.div_u", [unit, bands]));
    f.set(row, mul(op("i32.rem_u", [unit, bands]), band.rows));
    f.set(rows, sub(c.rows, row));
    f.when(op("i32.gt_s", [rows, band.rows]), () => f.set(rows, band.rows));
    f.call(routine, [add(x, mul(image, 4 * c.height * c.width * c.inputs)), s!, c.height, c.width, c.inputs, add(mul(row, c.stride[0]), -c.pad[0]), -c.pad[1], band.height, band.width]);
    f.count(channel, 0, Math.floor(c.inputs / 4) * 4, 4, () => channels(4));
    if (c.inputs % 4 > 0) {
      f.set(channel, c.inputs - (c.inputs % 4));
      channels(c.inputs % 4);
    }
  });
  return f.finish();
}
