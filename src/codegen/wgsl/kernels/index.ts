// The kernel of every core op of this target. Law: the table's type is made from the ops' index, so a core op without a kernel does
// not compile. Inputs, parameters and views take no step.
import * as ops from "../../../ops/index.ts";
import type { Core, Node } from "../../../ir/op.ts";
import type { Kernel, SchemaOf } from "../kernel.ts";
import { constantKernel } from "./constant.ts";
import { conv2dTransposeKernel } from "./conv2d-transpose.ts";
import { conv2dWeightKernel } from "./conv2d-weight.ts";
import { conv2dKernel } from "./conv2d.ts";
import { mapKernel } from "./map.ts";
import { matmulKernel } from "./matmul.ts";
import { concatKernel, padKernel, permuteKernel, windowKernel } from "./move.ts";
import { oneHotKernel } from "./one-hot.ts";
import { poolGradKernel } from "./pool-grad.ts";
import { poolKernel } from "./pool.ts";
import { randomKernel } from "./random.ts";
import { reduceKernel } from "./reduce.ts";

type Ops = typeof ops;
type CoreName = { [K in keyof Ops]: Ops[K] extends { readonly kind: "core" } ? K : never }[keyof Ops];

const table: { readonly [K in Exclude<CoreName, "input" | "parameter" | "view">]: Kernel<SchemaOf<Ops[K]>> } = {
  constant: constantKernel,
  map: mapKernel,
  reduce: reduceKernel,
  matmul: matmulKernel,
  conv2d: conv2dKernel,
  conv2dTranspose: conv2dTransposeKernel,
  conv2dWeight: conv2dWeightKernel,
  pool: poolKernel,
  poolGrad: poolGradKernel,
  pad: padKernel,
  window: windowKernel,
  concat: concatKernel,
  permute: permuteKernel,
  oneHot: oneHotKernel,
  random: randomKernel,
};

const byOp = new Map<Node["op"], Kernel<never>>(Object.entries(table).map(([name, kernel]) => [ops[name as CoreName] as unknown as Core, kernel as unknown as Kernel<never>]));

/** Null for what takes no step and for composites. */
export function kernelOf(node: Node): Kernel<Core["attrs"]> | null {
  return (byOp.get(node.op) as unknown as Kernel<Core["attrs"]> | undefined) ?? null;
}
