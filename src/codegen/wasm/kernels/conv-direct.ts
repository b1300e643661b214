// Convolution as one sum of products per pixel and channel, any stride, dilation and groups. Where a window can reach over the edge a
// band of the image is copied with its padding first. A 1×1 convolution of stride 1 is a plain matrix product.
import { add, mul, op, type Expression, type Local } from "../assembler/expression.ts";
import type { WasmFunction } from "../assembler/function.ts";
import { Epilogue } from "../epilogue.ts";
import { evenly, frameOf, groupsOf, quantity, shared, sharedBands, type Choice, type Emission, type Frame } from "../kernel.ts";
import { convLabel, convolution, reach, type Convolution, type ConvNode } from "../../convolution.ts";
import { bandRoutine, isInside } from "./band.ts";
import { packProducts, packedSize } from "./packing.ts";
import { blocksOf, depthOf, PANEL, ProductEmitter, type Depth, type Piece, type Product } from "./product.ts";
import { extraNames, fixed, inPlaceOperands } from "../../operands.ts";

/** Bytes of a band that stays in the second cache beside its weights. */
const BAND = 131_072;

/** Rows of results in a band, at most, and the size of its copy. */
interface Band {
  readonly rows: number;
  readonly height: number;
  readonly width: number;
}

interface Layout {
  readonly product: Product;
  /** Null: x is read where it is. */
  readonly band: Band | null;
}

function layoutOf(c: Convolution, fused: boolean): Layout {
  const perGroup = c.inputs / c.groups;
  const inside = isInside(c);
  const whole = reach(c, [c.rows, c.columns]);
  const width = inside ? c.width : whole[1];
  const depth: Depth = {
    loops: [
      { count: c.kernel[0], step: c.dilation[0] * width * c.inputs },
      { count: c.kernel[1], step: c.dilation[1] * c.inputs },
    ],
    run: perGroup,
  };
  const even = inside && c.stride[1] === 1 && c.kernel[0] * c.kernel[1] === 1 && c.stride[0] === 1;
  const product: Product = { depth, outputs: c.outputs / c.groups, pixelStep: even ? 4 * c.inputs : null, fused, split: true };
  if (inside) return { product, band: null };
  const perRow = 4 * c.stride[0] * width * c.inputs;
  const rows = Math.min(c.rows, Math.max(1, Math.floor(BAND / perRow)));
  return { product: { ...product, split: rows === c.rows }, band: { rows, height: reach(c, [rows, c.columns])[0], width } };
}

export function selectDirect(node: ConvNode, strictMath: boolean): Choice {
  const c = convolution(node);
  const { product, band } = layoutOf(c, !strictMath);
  const size = packedSize(product) * c.groups;
  const name = `panels_${c.groups}_${product.outputs}_${depthOf(product.depth)}_${c.kernel.join("x")}`;
  return {
    label: convLabel(c),
    packs: [{ operand: 1, signature: name, label: name, size }],
    scratch: fixed(band ? band.height * band.width * c.inputs + 4 : 0),
    inPlace: inPlaceOperands(node, 2),
  };
}

export function packDirect(node: ConvNode, to: Emission): WasmFunction {
  const c = convolution(node);
  const [kh, kw] = c.kernel;
  const perGroup = c.inputs / c.groups;
  // w[o, i, kh, kw] → [group][panel][kh][kw][i][8]
  const outputs = c.outputs / c.groups;
  const outputStep = perGroup * kh * kw;
  return packProducts(to, [{ groups: c.groups, outputs, start: 0, groupStep: outputs * outputStep, outputStep, loops: [{ count: kh, step: kw }, { count: kw, step: 1 }, { count: perGroup, step: kh * kw }] }]);
}

export function emitDirect(node: ConvNode, to: Emission): WasmFunction {
  const c = convolution(node);
  const { product, band } = layoutOf(c, !to.selection.strictMath);
  const frame = frameOf(node, to, ["x", "w", ...extraNames(node, 2)]);
  const [x, w, ...extras] = frame.operands as [Local, Local, ...Local[]];
  const emitter = new ProductEmitter(frame.f, product, new Epilogue(frame.f, to, node, 2, extras, frame.y));
  const work: Work = { frame, c, product, emitter, x, w };
  if (band) banded(work, band, quantity(frame.n, node.type.shape[0]!));
  else blocked(work, quantity(frame.n, node.type.shape[0]!, c.rows, c.columns));
  return frame.f.finish();
}

interface Work {
  readonly frame: Frame;
  readonly c: Convolution;
  readonly product: Product;
  readonly emitter: ProductEmitter;
  readonly x: Local;
  readonly w: Local;
}

/** The work of each group, or of the only one. */
function eachGroup({ frame: { f }, c, product, emitter, w }: Work, piece: Omit<Piece, "weights" | "channel">): void {
  if (c.groups === 1) return emitter.emit({ ...piece, weights: w, channel: 0 });
  const group = f.local("i32", "group");
  f.count(group, 0, c.groups, 1, () =>
    emitter.emit({
      ...piece,
      address: (p) => add(piece.address(p), mul(group, (4 * c.inputs) / c.groups)),
      weights: add(w, mul(group, 4 * packedSize(product))),
      channel: mul(group, c.outputs / c.groups),
    }),
  );
}

/** Pixels of all images in a row, in blocks, for some panels at a time; x is read where it is. */
function blocked(work: Work, pixels: Expression): void {
  const { frame, c, product, x } = work;
  const { f } = frame;
  const blocks = blocksOf(product, c.rows * c.columns);
  const panels = Math.ceil(product.outputs / PANEL);
  const all = f.let("pixels", pixels);
  const count = f.let("blocks", op("i32.div_u", [add(all, blocks.pixels - 1), blocks.pixels]));
  const first = f.local("i32", "first");
  const length = f.local("i32", "length");
  const from = f.local("i32", "from");
  const until = f.local("i32", "until");
  shared(frame, mul(count, Math.ceil(panels / blocks.panels)), (unit) => {
    f.set(from, mul(op("i32.div_u", [unit, count]), blocks.panels));
    f.set(until, add(from, blocks.panels));
    f.when(op("i32.gt_s", [until, panels]), () => f.set(until, panels));
    evenly(frame, all, count, f.let("block", op("i32.rem_u", [unit, count])), first, length);
    eachGroup(work, { count: length, address: (p) => add(x, imageOffset(c, add(first, p))), result: (p) => add(first, p), panels: { from, to: until } });
  });
}

/** Bytes from x to what is read first for a pixel counted over all images. */
function imageOffset(c: Convolution, pixel: Expression): Expression {
  const [sh, sw] = c.stride;
  const plane = c.rows * c.columns;
  if (sh === 1 && sw === 1 && c.rows === c.height && c.columns === c.width) return mul(pixel, 4 * c.inputs);
  const image = op("i32.div_u", [pixel, plane]);
  const row = op("i32.div_u", [op("i32.rem_u", [pixel, plane]), c.columns]);
  const column = op("i32.rem_u", [pixel, c.columns]);
  return add(mul(image, 4 * c.height * c.width * c.inputs), mul(row, 4 * sh * c.width * c.inputs), mul(column, 4 * sw * c.inputs));
}

/** A band of rows of one image after the other, copied with its padding, for some panels at a time. */
function banded(work: Work, band: Band, batch: Expression): void {
  const { frame, c, product, x } = work;
  const { f, s } = frame;
  const bands = Math.ceil(c.rows / band.rows);
  const panels = Math.ceil(product.outputs / PANEL);
  const perGroup = Math.ceil(panels / groupsOf(bands, panels));
  const routine = bandRoutine(frame.to);
  const [from, until] = [f.local("i32", "from"), f.local("i32", "until")];
  sharedBands(frame, { images: batch, rows: c.rows, most: band.rows, groups: Math.ceil(panels / perGroup) }, ({ image, row }) => {
    f.call(routine, [add(x, mul(image, 4 * c.height * c.width * c.inputs)), s!, c.height, c.width, c.inputs, add(mul(row, c.stride[0]), -c.pad[0]), -c.pad[1], band.height, band.width]);
  }, (group, { image, row, rows }) => {
    f.set(from, mul(group, perGroup));
    f.set(until, add(from, perGroup));
    f.when(op("i32.gt_s", [until, panels]), () => f.set(until, panels));
    eachGroup(work, {
      count: mul(rows, c.columns),
      address: (p) => add(s!, mul(op("i32.div_u", [p, c.columns]), 4 * c.stride[0] * band.width * c.inputs), mul(op("i32.rem_u", [p, c.columns]), 4 * c.stride[1] * c.inputs)),
      result: (p) => add(mul(add(mul(image, c.rows), row), c.columns), p),
      panels: { from, to: until },
    });
  });
}
