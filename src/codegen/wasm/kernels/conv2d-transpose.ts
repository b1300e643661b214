// conv2d_transpose: a result of row R and column C sums the taps with stride · p + dilation · k − pad = (R, C). Results whose rows and
// columns are equal modulo the stride (a phase) have the same taps, evenly spaced, so each phase is a convolution of stride 1:
//   R = ρ + stride · t:  y[R] = Σ_k x[t + (ρ + pad − dilation · k) / stride] · w[k]     over the k that leave no remainder
import type { conv2dTranspose } from "../../../ops/core/conv2d-transpose.ts";
import { add, mul, op, sub, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { FunctionBuilder, type WasmFunction } from "../assembler/function.ts";
import { Epilogue } from "../epilogue.ts";
import { frameOf, quantity, shared, type Choice, type CoreNode, type Emission, type Kernel, type SchemaOf } from "../kernel.ts";
import { bandRoutine } from "./band.ts";
import { emitWinograd, packWinograd, selectWinograd, tileName, type Winograd } from "./conv-winograd.ts";
import { algorithmOf, tiles } from "./conv2d.ts";
import { packProducts, packedSize, packingSize, type Packing } from "./packing.ts";
import { depthOf, PANEL, ProductEmitter, type Depth, type Product } from "./product.ts";
import type { TileSize } from "./winograd-transforms.ts";
import { extraNames, fixed, inPlaceOperands } from "../../operands.ts";

type TransposeNode = CoreNode<SchemaOf<typeof conv2dTranspose>>;

/** Bytes of a band of input rows. */
const BAND = 131_072;

interface Geometry {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly pad: readonly [number, number];
}

/** Along one axis: the results ρ, ρ + stride, …, and the taps k, k + every, … that they sum, the first at input `offset` + t. */
interface Phase {
  readonly first: number;
  readonly results: number;
  readonly taps: number;
  readonly tap: number;
  readonly every: number;
  readonly offset: number;
  readonly step: number;
}

function geometry(node: TransposeNode): Geometry {
  const [, height, width, inputs] = node.inputs[0]!.type.shape as readonly [unknown, number, number, number];
  const [, rows, columns, outputs] = node.type.shape as readonly [unknown, number, number, number];
  const [, , kh, kw] = node.inputs[1]!.type.shape as readonly number[];
  const { groups, stride, dilation, pad } = node.attrs;
  return { inputs, outputs, groups, height, width, rows, columns, kernel: [kh!, kw!], stride, dilation, pad: [pad[0], pad[1]] };
}

function phasesOf(g: Geometry, axis: 0 | 1): Phase[] {
  const [s, d, k, pad, results] = [g.stride[axis], g.dilation[axis], g.kernel[axis], g.pad[axis], axis === 0 ? g.rows : g.columns];
  return Array.from({ length: Math.min(s, results) }, (_, first) => {
    const taps = Array.from({ length: k }, (_, i) => i).filter((i) => (first + pad - d * i) % s === 0);
    const offsets = taps.map((i) => (first + pad - d * i) / s);
    return { first, results: Math.ceil((results - first) / s), taps: taps.length, tap: taps[0] ?? 0, every: (taps[1] ?? 0) - (taps[0] ?? 0), offset: offsets[0] ?? 0, step: (offsets[1] ?? 0) - (offsets[0] ?? 0) };
  });
}

/** Rows or columns that the phases read before the first and behind the last of `count` results each. */
function reachOf(phases: readonly Phase[]): { readonly before: number; readonly behind: number } {
  const offsets = phases.filter((p) => p.taps > 0).flatMap((p) => [p.offset, p.offset + (p.taps - 1) * p.step]);
  return { before: Math.max(0, ...offsets.map((o) => -o)), behind: Math.max(0, ...offsets) };
}

interface Layout {
  readonly vertical: readonly Phase[];
  readonly horizontal: readonly Phase[];
  readonly band: { readonly results: number; readonly rows: number; readonly columns: number; readonly top: number; readonly left: number };
}

function layoutOf(g: Geometry): Layout {
  const [vertical, horizontal] = [phasesOf(g, 0), phasesOf(g, 1)];
  const [up, across] = [reachOf(vertical), reachOf(horizontal)];
  const columns = Math.max(...horizontal.map((p) => p.results)) + across.before + across.behind;
  const most = Math.max(...vertical.map((p) => p.results));
  const results = Math.min(most, Math.max(1, Math.floor(BAND / (4 * columns * g.inputs))));
  return { vertical, horizontal, band: { results, rows: results + up.before + up.behind, columns, top: up.before, left: across.before } };
}

function depthFor(g: Geometry, l: Layout, v: Phase, h: Phase): Depth {
  return {
    loops: [
      { count: v.taps, step: v.step * l.band.columns * g.inputs },
      { count: h.taps, step: h.step * g.inputs },
    ],
    run: v.taps * h.taps === 0 ? 0 : g.inputs / g.groups,
  };
}

/** Of w[i, o, kh, kw], for each pair of phases. */
function packingsOf(g: Geometry, l: Layout): Packing[] {
  const [kh, kw] = g.kernel;
  const outputs = g.outputs / g.groups;
  const perGroup = g.inputs / g.groups;
  return l.vertical.flatMap((v) =>
    l.horizontal
      .filter((h) => v.taps * h.taps > 0)
      .map((h) => ({
        groups: g.groups,
        outputs,
        start: v.tap * kw + h.tap,
        groupStep: perGroup * outputs * kh * kw,
        outputStep: kh * kw,
        loops: [{ count: v.taps, step: v.every * kw }, { count: h.taps, step: h.every }, { count: perGroup, step: outputs * kh * kw }],
      })),
  );
}

/** Of stride 1 it is a convolution with the weights turned round: y[R] = Σ_k x[R + pad − k] w[k] = Σ_k x[R − (2 − pad) + k] w[2 − k]. */
export function turned(node: TransposeNode): Winograd {
  const { inputs, outputs, groups, height, width, rows, columns, kernel, stride, dilation } = geometry(node);
  const [top, left, bottom, right] = node.attrs.pad;
  return { node, c: { inputs, outputs, groups, height, width, rows, columns, kernel, stride, dilation, pad: [2 - top, 2 - left, 2 - bottom, 2 - right] }, transposed: true };
}

/** A tile of Winograd's, where that is quickest; else null. */
function tileOf(node: TransposeNode, strictMath: boolean): TileSize | null {
  const algorithm = algorithmOf(turned(node).c, strictMath);
  return algorithm === "direct" ? null : tiles[algorithm];
}

export const conv2dTransposeKernel: Kernel<SchemaOf<typeof conv2dTranspose>> = {
  select: (node, { strictMath }) => {
    const tile = tileOf(node, strictMath);
    return tile ? { ...selectWinograd(turned(node), tile), algorithm: `winograd${tileName(tile)}` } : selectPhases(node);
  },
  pack: (node, _, to) => {
    const tile = tileOf(node, to.selection.strictMath);
    return tile ? packWinograd(turned(node), tile, to) : packPhases(node, to);
  },
  emit: (node, to) => {
    const tile = tileOf(node, to.selection.strictMath);
    return tile ? emitWinograd(turned(node), tile, to) : emitPhases(node, to);
  },
};

function selectPhases(node: TransposeNode): Choice {
  const g = geometry(node);
  const l = layoutOf(g);
  const name = `phases_${g.groups}_${g.inputs}_${g.outputs}_${[g.kernel, g.stride, g.dilation, g.pad].map((p) => p.join("x")).join("_")}`;
  return {
    label: `upconv${g.kernel.join("x")}_${g.inputs}_${g.outputs}`,
    packs: [{ operand: 1, signature: name, label: `upconv${g.kernel.join("x")}_${g.inputs}_${g.outputs}_weights`, size: packingsOf(g, l).reduce((sum, p) => sum + packingSize(p), 0) }],
    scratch: fixed(l.band.rows * l.band.columns * g.inputs + 4),
    inPlace: inPlaceOperands(node, 2),
  };
}

function packPhases(node: TransposeNode, to: Emission): WasmFunction {
  const g = geometry(node);
  return packProducts(to, packingsOf(g, layoutOf(g)));
}

function emitPhases(node: TransposeNode, to: Emission): WasmFunction {
  const g = geometry(node);
  const l = layoutOf(g);
  const frame = frameOf(node, to, ["x", "w", ...extraNames(node, 2)]);
  const { f, s } = frame;
  const [x, w, ...extras] = frame.operands as [Local, Local, ...Local[]];
  const bands = Math.ceil(Math.max(...l.vertical.map((p) => p.results)) / l.band.results);
  const band = bandRoutine(to);
  const [image, row] = [f.local("i32", "image"), f.local("i32", "row")];
  shared(frame, mul(quantity(frame.n, node.type.shape[0]!), bands), (unit) => {
    f.set(image, op("i32.div_u", [unit, bands]));
    f.set(row, mul(op("i32.rem_u", [unit, bands]), l.band.results));
    f.call(band, [add(x, mul(image, 4 * g.height * g.width * g.inputs)), s!, g.height, g.width, g.inputs, sub(row, l.band.top), -l.band.left, l.band.rows, l.band.columns]);
    let weights = 0;
    for (const v of l.vertical) for (const h of l.horizontal) {
      const depth = depthFor(g, l, v, h);
      const product: Product = { depth, outputs: g.outputs / g.groups, pixelStep: null, fused: !to.selection.strictMath, split: true };
      const from = 4 * g.inputs * ((l.band.top + v.offset) * l.band.columns + l.band.left + h.offset);
      f.call(phaseRoutine(node, to, g, l, product), [add(s!, from), add(w, 4 * weights), ...extras, frame.y, image, row, v.results, v.first, h.results, h.first]);
      weights += depthOf(depth) === 0 ? 0 : packedSize(product) * g.groups;
    }
  });
  return f.finish();
}

/** The routine name(x, w, extras…, y, image, row, results, first row, columns, first column): a band of one pair of phases. */
function phaseRoutine(node: TransposeNode, to: Emission, g: Geometry, l: Layout, product: Product): string {
  const { loops } = product.depth;
  return to.routine(`${to.selection.signature} ${loops.map((p) => `${p.count}:${p.step}`).join()}`, (name) => {
    const f = new FunctionBuilder(name, "results whose rows and columns are equal modulo the stride");
    const parameter = (p: string): Local => f.parameter("i32", p);
    const [x, w] = [parameter("x"), parameter("w")];
    const extras = extraNames(node, 2).map(parameter);
    const [y, image, row, results, firstRow, columns, firstColumn] = ["y", "image", "row", "results", "firstRow", "columns", "firstColumn"].map(parameter) as [Local, Local, Local, Local, Local, Local, Local];
    const emitter = new ProductEmitter(f, product, new Epilogue(f, to, node, 2, extras, y));
    const rows = f.let("rows", op("i32.sub", [results, row]));
    f.when(op("i32.gt_s", [rows, l.band.results]), () => f.set(rows, l.band.results));
    const address = (p: Operand): Expression => add(x, mul(op("i32.div_u", [p, columns]), 4 * l.band.columns * g.inputs), mul(op("i32.rem_u", [p, columns]), 4 * g.inputs));
    const result = (p: Operand): Expression => {
      const r = add(mul(add(row, op("i32.div_u", [p, columns])), g.stride[0]), firstRow);
      return add(mul(add(mul(image, g.rows), r), g.columns), mul(op("i32.rem_u", [p, columns]), g.stride[1]), firstColumn);
    };
    const piece = { count: op("i32.mul", [rows, columns]), result, panels: { from: 0, to: Math.ceil(product.outputs / PANEL) } };
    const work = (group: Operand): void =>
      emitter.emit({ ...piece, address: (p) => add(address(p), mul(group, (4 * g.inputs) / g.groups)), weights: add(w, mul(group, 4 * packedSize(product))), channel: mul(group, product.outputs) });
    const group = f.local("i32", "group");
    f.when(op("i32.gt_s", [rows, 0]), () => {
      if (g.groups === 1) work(0);
      else f.count(group, 0, g.groups, 1, () => work(group));
    });
    return f.finish();
  });
}
