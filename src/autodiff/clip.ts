// Clipping by the global norm, as PyTorch's clip_grad_norm_: all gradients are scaled by limit / (norm + 10⁻⁶) where that is below 1
// (Pascanu et al. 2013, algorithm 1).
import type { Maker, Node } from "../ir/op.ts";
import { add, arg, div, min, mul, num, sqrt } from "../ir/scalar.ts";
import { map, reduce } from "../ops/index.ts";
import { sumOf } from "./adjoint.ts";

export function clipped(b: Maker, gradients: readonly Node[], limit: number): readonly Node[] {
  if (gradients.length === 0) return gradients;
  const squares = gradients.map((g) => b.make(reduce, [b.make(map, [g], { expr: mul(arg(0), arg(0)) })], { kind: "sum", axes: g.type.shape.map((_, k) => k) }));
  const factor = b.make(map, [sumOf(b, squares)], { expr: min(div(num(limit), add(sqrt(arg(0)), num(1e-6))), num(1)) });
  return gradients.map((g) => b.make(map, [g, factor], { expr: mul(arg(0), arg(1)) }));
}
