// reduce: an invocation per result where little is summed, else a workgroup, whose invocations take every so-manieth element and add
// their sums up in a tree.
import type { reduce } from "../../../ops/core/reduce.ts";
import { joinAxes, quantity, rowMajor, type Axis, type Quantity } from "../../axes.ts";
import { lines, sum } from "../../code.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { INVOCATIONS, resultOf, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { unravel } from "../loops.ts";
import { Shader } from "../shader.ts";
import { tree } from "../routines/tree.ts";

type Reduce = CoreNode<SchemaOf<typeof reduce>>;

/** Up to so many elements are summed by one invocation. */
const FEW = 32;
/** Where there are so many results, each is one invocation's, up to MODERATE elements. */
const [MANY, MODERATE] = [4096, 1024];
/** The least finite number: WGSL has no constant −∞. */
export const LEAST = "-3.4028234663852886e38f";

export const reduceKernel: Kernel<SchemaOf<typeof reduce>> = {
  select: (node) => ({ label: shapeLabel(node.attrs.kind, node.inputs[0]!), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const epilogue = new Epilogue(node, 1, false);
    return [main(node, to, epilogue), ...epilogue.rest(to)];
  },
};

function main(node: Reduce, to: Emission, epilogue: Epilogue): Stage {
  const { kind, axes } = node.attrs;
  const { shape } = node.inputs[0]!.type;
  const own = rowMajor(shape);
  const kept = shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const keptSizes = kept.map((k) => shape[k]!);
  const outer = joinAxes(keptSizes, [kept.map((k) => own[k]!), rowMajor(keptSizes)]).map((a): Axis => ({ size: a.size, strides: [a.strides[0]!] }));
  const inner = joinAxes(axes.map((k) => shape[k]!), [axes.map((k) => own[k]!)]);
  const results = quantity(...keptSizes);
  const summands = quantity(...axes.map((k) => shape[k]!));
  const shader = new Shader(to, { x: 0, ...epilogue.names, y: resultOf(node) }, [], true);
  const add = kind === "sum" ? (v: string): string => `v += ${v};` : (v: string): string => `v = max(v, ${v});`;
  const loop = (index: string, step: number | string): readonly string[] => {
    const from = unravel(outer, index, 1, (q) => shader.quantity(q), "o");
    const at = unravel(inner, "j", 1, (q) => shader.quantity(q), "r");
    return [
      ...from.statements,
      `let origin: u32 = ${from.at[0]};`,
      `var v = ${kind === "sum" ? "0f" : LEAST};`,
      `for (var j: u32 = ${step === 1 ? "0" : "lane"}; j < ${shader.quantity(summands)}; j += ${step}) {`,
      ...at.statements,
      add(shader.one("x", sum("origin", at.at[0]!))),
      `}`,
    ];
  };
  const few = !summands.batched && (summands.k <= FEW || (results.k >= MANY && summands.k <= MODERATE));
  if (few) return shader.each(results, lines(loop("i", 1), epilogue.store(shader, "v", "i")));
  const lanes = lanesFor(summands);
  const body = lines(loop("group", lanes), tree(shader, lanes, "v", kind), `if (lane == 0) {`, `let v = part[0];`, epilogue.store(shader, "v", "group"), `}`);
  return shader.grouped(lanes, { fixed: results.batched ? 0 : results.k, perSample: results.batched ? results.k : 0, per: 1, times: 1 }, shader.quantity(results), body);
}

/** Invocations that sum so many elements together: a power of two. */
function lanesFor(summands: Quantity): number {
  let lanes = 32;
  while (lanes < INVOCATIONS && (summands.batched || lanes * 2 <= summands.k)) lanes *= 2;
  return lanes;
}
