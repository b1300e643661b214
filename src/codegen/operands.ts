// What the kernels of every CPU target ask of a node: names of operands, sizes of results, what may be computed in place.
import type { Node } from "../ir/op.ts";
import { N, sameShape, type Extent } from "../ir/type.ts";
import { shown } from "../ops/core/view.ts";
import type { Selection } from "../plan/plan.ts";

/** Does a kernel for the node take `n`, the samples of a run? */
export function isBatched(node: Node): boolean {
  return [node, ...node.inputs].some((n) => n.type.shape.includes(N));
}

export function hasScratch({ scratch }: Selection): boolean {
  return scratch.fixed + scratch.perSample > 0;
}

export function fixed(elements: number): Extent {
  return { fixed: elements, perSample: 0 };
}

/** "e1", "e2", …: what kernels call the extra operands of an epilogue. x0 is the raw result. */
export function extraNames(node: Node, first: number): string[] {
  return node.inputs.slice(first).map((_, i) => `e${i + 1}`);
}

/** "map_16_32_32": a name with the shape of the node's samples. */
export function shapeLabel(name: string, node: Node): string {
  return [name, ...node.type.shape.filter((d) => d !== N)].join("_");
}

/**
 * The operands from `first` on whose memory the result may take: of its shape, and not read through another operand that is not.
 * Only for kernels that read element i of these operands just before they write element i.
 */
export function inPlaceOperands(node: Node, first = 0): number[] {
  const aligned = (i: number): boolean => i >= first && sameShape(node.inputs[i]!.type.shape, node.type.shape);
  const alone = (i: number): boolean => node.inputs.every((other, k) => aligned(k) || shown(other) !== shown(node.inputs[i]!));
  return node.inputs.map((_, i) => i).filter((i) => aligned(i) && alone(i));
}
