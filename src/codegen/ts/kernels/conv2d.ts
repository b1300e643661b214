// conv2d: which algorithm, by what each would cost. Costs are in multiply-adds of the matrix product, the unit of all of them.
import type { conv2d } from "../../../ops/core/conv2d.ts";
import type { Phase } from "../../../plan/plan.ts";
import type { Choice, Emission, Kernel, SchemaOf, TargetOptions } from "../kernel.ts";
import type { TileSize } from "../routines/winograd.ts";
import { emitDirect, selectDirect } from "./conv-direct.ts";
import { emitGemm, selectGemm } from "./conv-gemm.ts";
import { emitWinograd, packWinograd, selectWinograd, tileCount, transformedWeights } from "./conv-winograd.ts";
import { convolution, type ConvNode, type Convolution } from "../../convolution.ts";

type Algorithm = "direct" | "gemm" | "winograd2" | "winograd4";

/** Bytes that a layer's transformed weights may take: F(4×4) wants 36 doubles for 9 floats. */
const MOST_WEIGHTS = 36 << 20;
/** Below this many outputs per group the matrix product has nothing to share. */
const FEW_OUTPUTS = 3;

// Measured on Node 20: transforming a patch of the input and making a tile of the result, in the time of so many multiply-adds.
const TRANSFORM: { readonly [M in TileSize]: number } = { 2: 180, 4: 360 };
/** Gathering one element of a patch. */
const GATHER = 4;

function algorithmOf(node: ConvNode, { strictMath }: TargetOptions, weights: Phase): Algorithm {
  const c = convolution(node);
  if (c.outputs / c.groups < FEW_OUTPUTS && c.groups > 1) return "direct";
  const fits = !strictMath && weights === "prepare" && c.groups === 1 && [...c.kernel, ...c.stride, ...c.dilation].join() === "3,3,1,1,1,1";
  if (!fits) return "gemm";
  let best: { readonly algorithm: Algorithm; readonly cost: number } = { algorithm: "gemm", cost: gemmCost(c) };
  for (const m of [2, 4] as const) {
    const cost = transformedWeights(c, m) * 8 <= MOST_WEIGHTS ? winogradCost(c, m) : Infinity;
    if (cost < best.cost) best = { algorithm: `winograd${m}`, cost };
  }
  return best.algorithm;
}

function gemmCost(c: Convolution): number {
  return c.rows * c.columns * c.inputs * 9 * (c.outputs + GATHER);
}

function winogradCost(c: Convolution, m: TileSize): number {
  return tileCount(c, m) * ((m + 2) ** 2 * c.inputs * c.outputs + TRANSFORM[m] * (c.inputs + c.outputs));
}

interface Implementation {
  select(node: ConvNode): Choice;
  emit(node: ConvNode, to: Emission): string;
  pack?(node: ConvNode, to: Emission): string;
}

function winograd(m: TileSize): Implementation {
  return { select: (node) => selectWinograd(node, m), emit: (node, to) => emitWinograd(node, m, to), pack: (node, to) => packWinograd(node, m, to) };
}

const implementations: { readonly [A in Algorithm]: Implementation } = {
  direct: { select: selectDirect, emit: emitDirect },
  gemm: { select: selectGemm, emit: emitGemm },
  winograd2: winograd(2),
  winograd4: winograd(4),
};

export const conv2dKernel: Kernel<SchemaOf<typeof conv2d>> = {
  select: (node, options, operands) => {
    const algorithm = algorithmOf(node, options, operands[1]!);
    return { ...implementations[algorithm].select(node), algorithm };
  },
  emit: (node, to) => implementations[to.selection.algorithm as Algorithm].emit(node, to),
  pack: (node, _, to) => implementations[to.selection.algorithm as Algorithm].pack!(node, to),
};
