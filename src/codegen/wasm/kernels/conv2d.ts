// conv2d: which of its algorithms computes a node. What each would cost decides; the unit is a nanosecond of one core, roughly.
import type { conv2d } from "../../../ops/core/conv2d.ts";
import type { WasmFunction } from "../assembler/function.ts";
import type { Choice, Emission, Kernel, SchemaOf } from "../kernel.ts";
import { emitDepthwise, packDepthwise, selectDepthwise, servesDepthwise } from "./conv-depthwise.ts";
import { emitDirect, packDirect, selectDirect } from "./conv-direct.ts";
import { emitWinograd, packWinograd, pointsOf, selectWinograd, servesWinograd, type Winograd } from "./conv-winograd.ts";
import type { TileSize } from "./winograd-transforms.ts";
import { convolution, type Convolution, type ConvNode } from "../../convolution.ts";

type Dense = "direct" | keyof typeof tiles;
type Algorithm = Dense | "depthwise";

/** Results that Winograd's tiles have: larger ones need fewer products, of more weights that come from memory. */
export const tiles = { winograd4: [4, 4], winograd4x2: [4, 2], winograd2: [2, 2] } as const satisfies { readonly [algorithm: string]: TileSize };

interface Implementation {
  select(node: ConvNode, strictMath: boolean): Choice;
  emit(node: ConvNode, to: Emission): WasmFunction;
  pack(node: ConvNode, to: Emission): WasmFunction;
}

const implementations: { readonly [A in Algorithm]: Implementation } = {
  direct: { select: selectDirect, emit: emitDirect, pack: packDirect },
  depthwise: { select: selectDepthwise, emit: emitDepthwise, pack: packDepthwise },
  winograd4: winogradBy(tiles.winograd4),
  winograd4x2: winogradBy(tiles.winograd4x2),
  winograd2: winogradBy(tiles.winograd2),
};

function winogradBy(tile: TileSize): Implementation {
  return { select: (node) => selectWinograd(plain(node), tile), emit: (node, to) => emitWinograd(plain(node), tile, to), pack: (node, to) => packWinograd(plain(node), tile, to) };
}

/** The convolution that the node is. */
export function plain(node: ConvNode): Winograd {
  return { node, c: convolution(node), transposed: false };
}

/** Which costs least: a sum for each result, or one of Winograd's. */
export function algorithmOf(c: Convolution, strictMath: boolean): Dense {
  if (strictMath || !servesWinograd(c)) return "direct";
  return costsOf(c).reduce((best, other) => (other.cost < best.cost ? other : best)).algorithm;
}

export interface Cost {
  readonly algorithm: Dense;
  /** Nanoseconds of one core for one image, roughly. */
  readonly cost: number;
}

/** What each algorithm that serves the convolution would cost. */
export function costsOf(c: Convolution): readonly Cost[] {
  const direct: Cost = { algorithm: "direct", cost: directCost(c) };
  if (!servesWinograd(c)) return [direct];
  return [direct, ...(Object.keys(tiles) as (keyof typeof tiles)[]).map((algorithm): Cost => ({ algorithm, cost: winogradCost(c, tiles[algorithm]) }))];
}

/** One of the algorithms, whatever it would cost. */
export function kernelBy(algorithm: Dense): Kernel<SchemaOf<typeof conv2d>> {
  const { select, emit, pack } = implementations[algorithm];
  return { select: (node, { strictMath }) => ({ ...select(node, strictMath), algorithm }), emit, pack: (node, _, to) => pack(node, to) };
}

/** One multiply-add, at 48 GFLOP/s. */
const PRODUCT = 1 / 24;
/** One weight from memory, at 12 GB/s: since it was last read a network has read all others. */
const WEIGHT = 4 / 12;
/** One number transformed, written and read again. */
const TRANSFORM = 1;

/** Six pixels by eight channels: where they lie, and what is done with the sums. */
const TILE = 100;

function directCost(c: Convolution): number {
  const perPixel = (c.kernel[0] * c.kernel[1] * c.inputs * c.outputs) / c.groups;
  const tiles = (c.rows * c.columns * c.outputs) / 48;
  return Math.max(c.rows * c.columns * perPixel * PRODUCT, perPixel * WEIGHT) + tiles * TILE;
}

/** The products of the points, at least the time to read their weights, and the transforms. */
function winogradCost(c: Convolution, tile: TileSize): number {
  const points = pointsOf(tile);
  const tiles = Math.ceil(c.rows / tile[0]) * Math.ceil(c.columns / tile[1]);
  const products = points * tiles * c.inputs * c.outputs * PRODUCT;
  const weights = points * c.inputs * c.outputs * WEIGHT;
  const transforms = points * tiles * (c.inputs + c.outputs) * TRANSFORM;
  return Math.max(products, weights) + transforms;
}

export const conv2dKernel: Kernel<SchemaOf<typeof conv2d>> = {
  select: (node, { strictMath }) => {
    const c = convolution(node);
    const algorithm = servesDepthwise(c) ? "depthwise" : algorithmOf(c, strictMath);
    return { ...implementations[algorithm].select(node, strictMath), algorithm };
  },
  emit: (node, to) => implementations[to.selection.algorithm as Algorithm].emit(node, to),
  pack: (node, _, to) => implementations[to.selection.algorithm as Algorithm].pack(node, to),
};
