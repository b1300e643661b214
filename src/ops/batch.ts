// The batch as a number of the graph: what means over it divide by.
import { constant } from "../ir/leaf.ts";
import type { Maker, Node } from "../ir/op.ts";
import { N } from "../ir/type.ts";
import { reduce } from "./core/reduce.ts";

/** How many samples there are: a sum of as many ones. Exact in f32 up to 2²⁴. */
export function batchSize(b: Maker): Node {
  return b.make(reduce, [b.make(constant, [], { value: 1, shape: [N] })], { kind: "sum", axes: [0] });
}
