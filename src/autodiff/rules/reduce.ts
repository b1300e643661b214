// Rules of the ops that summarise: reduce, pool, and pool's own gradient.
import type { Maker, Node } from "../../ir/op.ts";
import { CompilerError } from "../../ir/problem.ts";
import { arg, div, num, select } from "../../ir/scalar.ts";
import type { Dim } from "../../ir/type.ts";
import { shapeFirst } from "../../ops/core/channels.ts";
import type { Size } from "../../ops/core/geometry.ts";
import { map, pool, poolGrad, reduce, view } from "../../ops/index.ts";
import { ofRank, whole } from "../adjoint.ts";
import type { Rule, SchemaOf } from "../rule.ts";

const [x0, x1, x2] = [arg(0), arg(1), arg(2)];

/** A sum gives each summand the whole adjoint; a maximum shares it between all that are equal to it, as PyTorch's amax. */
export const reduceRule: Rule<SchemaOf<typeof reduce>> = (b, node, dy) => {
  const { inputs: [x], attrs: { kind, axes } } = node;
  const adjoint = kept(b, dy, node);
  if (kind === "sum") return [adjoint];
  const largest = kept(b, node, node);
  const chosen = b.make(map, [x!, largest], { expr: select("==", x0, x1, num(1), num(0)) });
  const share = b.make(map, [adjoint, b.make(reduce, [chosen], { kind: "sum", axes, keep: true })], { expr: div(x0, x1) });
  return [b.make(map, [x!, largest, share], { expr: select("==", x0, x1, x2, num(0)) })];
};

/** A value of a reduction's shape with the axes that went there again, as ones. */
function kept(b: Maker, value: Node, { inputs: [x], attrs: { axes, keep }, type }: Node<typeof reduce>): Node {
  if (keep) return value;
  const { shape } = ofRank(b, value, type.shape.length).type;
  let next = 0;
  const whole = x!.type.shape.map((_, k): Dim => (axes.includes(k) ? 1 : shape[next++]!));
  return b.make(view, [value], { shape: whole });
}

export const poolRule: Rule<SchemaOf<typeof pool>> = (b, { inputs: [x], attrs: { kind, size, stride, pad, ceil, channelsLast }, type }, dy) => {
  const image = shapeFirst(x!.type.shape, channelsLast).slice(2) as unknown as Size;
  const operands = kind === "max" ? [whole(b, dy, type.shape), x!] : [whole(b, dy, type.shape)];
  return [b.make(poolGrad, operands, { kind, image, size, stride, pad, ceil, channelsLast })];
};

export const poolGradRule: Rule<SchemaOf<typeof poolGrad>> = (b, { attrs: { kind, size, stride, pad, ceil, channelsLast }, type }, adjoint) => {
  if (kind === "max") throw new CompilerError("autodiff", "the gradient of a maximum has itself no gradient here");
  return [b.make(pool, [whole(b, adjoint, type.shape)], { kind, size, stride, pad, ceil, channelsLast })];
};
