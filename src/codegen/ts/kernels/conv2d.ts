// conv2d: which algorithm, by what each would cost. Costs are in multiply-adds of the matrix product, the unit of all of them.
import type { conv2d } from "../../../ops/core/conv2d.ts";
import { input } from "../../../ir/leaf.ts";
import type { Node } from "../../../ir/op.ts";
import type { Kernel, SchemaOf, TargetOptions } from "../kernel.ts";
import type { TileSize } from "../routines/winograd.ts";
import { emitDirect, selectDirect } from "./conv-direct.ts";
import { emitGemm, selectGemm } from "./conv-gemm.ts";
import { emitWinograd, packWinograd, selectWinograd, tileCount, transformedWeights } from "./conv-winograd.ts";
import { convolution, type ConvNode, type Convolution } from "./convolution.ts";

type Algorithm = "direct" | "gemm" | TileSize;

/** Bytes that a layer's transformed weights may take: F(4×4) wants 36 doubles for 9 floats. */
const MOST_WEIGHTS = 36 << 20;
/** Below this many outputs per group the matrix product has nothing to share. */
const FEW_OUTPUTS = 3;

// Measured on Node 20: transforming a patch of the input and making a tile of the result, in the time of so many multiply-adds.
const TRANSFORM: { readonly [M in TileSize]: number } = { 2: 180, 4: 360 };
/** Gathering one element of a patch. */
const GATHER = 4;

function algorithmOf(node: ConvNode, { strictMath }: TargetOptions): Algorithm {
  const c = convolution(node);
  if (c.outputs / c.groups < FEW_OUTPUTS && c.groups > 1) return "direct";
  const fits = !strictMath && isStatic(node.inputs[1]!) && c.groups === 1 && [...c.kernel, ...c.stride, ...c.dilation].join() === "3,3,1,1,1,1";
  if (!fits) return "gemm";
  const allowed = ([4, 2] as const).filter((m) => transformedWeights(c, m) * 8 <= MOST_WEIGHTS);
  const candidates = [...allowed.map((m) => ({ algorithm: m as Algorithm, cost: winogradCost(c, m) })), { algorithm: "gemm" as Algorithm, cost: gemmCost(c) }];
  return candidates.reduce((best, x) => (x.cost < best.cost ? x : best)).algorithm;
}

const known = new WeakMap<Node, boolean>();

/** Does the value depend on parameters alone, so that it is transformed once? Iterative. */
function isStatic(node: Node): boolean {
  const stack = [node];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const open = top.inputs.filter((i) => !known.has(i));
    if (!known.has(top) && open.length > 0) stack.push(...open);
    else {
      known.set(top, top.op !== input && top.inputs.every((i) => known.get(i)));
      stack.pop();
    }
  }
  return known.get(node)!;
}

function gemmCost(c: Convolution): number {
  return c.rows * c.columns * c.inputs * 9 * (c.outputs + GATHER);
}

function winogradCost(c: Convolution, m: TileSize): number {
  return tileCount(c, m) * ((m + 2) ** 2 * c.inputs * c.outputs + TRANSFORM[m] * (c.inputs + c.outputs));
}

/** The tile size that a selection's packing tells, if it is Winograd's. */
function chosen(node: ConvNode, selection: { readonly packs: readonly { readonly size: number }[]; readonly label: string }): Algorithm {
  const c = convolution(node);
  const [pack] = selection.packs;
  if (pack) return pack.size === transformedWeights(c, 4) ? 4 : 2;
  return selection.label.endsWith("_direct") ? "direct" : "gemm";
}

export const conv2dKernel: Kernel<SchemaOf<typeof conv2d>> = {
  select: (node, options) => {
    const algorithm = algorithmOf(node, options);
    if (algorithm === "direct") return selectDirect(node);
    return algorithm === "gemm" ? selectGemm(node) : selectWinograd(node, algorithm);
  },
  emit: (node, to) => {
    const algorithm = chosen(node, to.selection);
    if (algorithm === "direct") return emitDirect(node, to);
    return algorithm === "gemm" ? emitGemm(node, to) : emitWinograd(node, algorithm, to);
  },
  pack: (node, _, to) => packWinograd(node, chosen(node, to.selection) as TileSize, to),
};
