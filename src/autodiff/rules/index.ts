// The rule of every core op. Laws: the table's type is made from the ops' index, so a core op without a rule does not compile; rules
// stand together here and not with their ops, since they name each other's ops (window's is pad, pad's is window).
import type { Core, Maker, Node } from "../../ir/op.ts";
import { CompilerError } from "../../ir/problem.ts";
import * as ops from "../../ops/index.ts";
import type { Rule, SchemaOf } from "../rule.ts";
import { conv2dRule, conv2dTransposeRule, conv2dWeightRule, matmulRule } from "./linear.ts";
import { mapRule } from "./map.ts";
import { concatRule, padRule, permuteRule, viewRule, windowRule } from "./move.ts";
import { poolGradRule, poolRule, reduceRule } from "./reduce.ts";

type Ops = typeof ops;
type CoreName = { [K in keyof Ops]: Ops[K] extends { readonly kind: "core" } ? K : never }[keyof Ops];

/** Labels have no neighbours, and what is drawn depends on nothing. */
const none = (_: Maker, node: Node): readonly null[] => node.inputs.map(() => null);

const table: { readonly [K in Exclude<CoreName, "input" | "parameter" | "constant">]: Rule<SchemaOf<Ops[K]>> } = {
  map: mapRule,
  reduce: reduceRule,
  matmul: matmulRule,
  conv2d: conv2dRule,
  conv2dTranspose: conv2dTransposeRule,
  conv2dWeight: conv2dWeightRule,
  pool: poolRule,
  poolGrad: poolGradRule,
  pad: padRule,
  window: windowRule,
  concat: concatRule,
  view: viewRule,
  permute: permuteRule,
  oneHot: none,
  random: none,
};

const byOp = new Map<Node["op"], Rule<never>>(Object.entries(table).map(([name, rule]) => [ops[name as CoreName] as unknown as Core, rule as unknown as Rule<never>]));

export function adjointsOfOperands(b: Maker, node: Node, dy: Node): readonly (Node | null)[] {
  const rule = byOp.get(node.op) as unknown as Rule<Core["attrs"]> | undefined;
  if (!rule) throw new CompilerError("autodiff", `${node.op.name} has no rule of differentiation`);
  return rule(b, node as never, dy);
}
