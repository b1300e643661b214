// What a case contains, read off the case itself: the names that coverage counters count.
import type { AttrValue } from "../../src/ir/attr.ts";
import { decompose } from "../../src/ir/decompose.ts";
import { evaluateNode } from "../../src/ir/eval.ts";
import { isOp, reachable, readers } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { N } from "../../src/ir/type.ts";
import { pool } from "../../src/ops/index.ts";
import { givenOf } from "./execute-check.ts";
import { nameOf } from "./generate-data.ts";
import type { Case } from "./generate.ts";

/** The features a run of many cases must have met; each is counted once per case. */
export function featuresOf(c: Case): ReadonlySet<string> {
  const found = new Set<string>([`special ${c.special}`, `size ${c.size}`, `batch ${c.batch}`, c.samples < c.batch ? "samples below batch" : "full batch"]);
  const nodes = reachable(c.graph);
  const reads = readers(nodes);
  const outputs = new Set(c.graph.outputs.map((o) => o.node));
  for (const n of nodes) {
    found.add(n.op.name);
    for (const f of ofNode(n)) found.add(f);
    const uses = reads.get(n)!.length;
    if (uses >= 3) found.add("used 3 times");
    if (uses >= 8) found.add("used 8 times");
    if (n.op.name === "conv" && reads.get(n)!.filter((r) => r.op.name === "bn").length > 1) found.add("conv read by several bn");
    if (n.op.name === "conv" && uses > 1 && reads.get(n)!.some((r) => r.op.name === "bn")) found.add("conv read by bn and others");
    if (outputs.has(n) && uses > 0) found.add("output that is read");
  }
  const unread = (n: Node): boolean => reads.get(n)!.length === 0 && !outputs.has(n);
  if (c.graph.inputs.some(unread)) found.add("unused input");
  if (c.graph.parameters.some(unread)) found.add("unused parameter");
  if (c.graph.inputs.some((n) => outputs.has(n))) found.add("input that is an output");
  if (c.graph.outputs.length > 1) found.add("several outputs");
  if (c.graph.outputs.length > outputs.size) found.add("one value, two outputs");
  if (c.graph.inputs.length > 1) found.add("several inputs");
  if (c.without.length > 0) found.add("passes left out");
  if (c.special === "negative" && maximumOfNegatives(c)) found.add("maximum of negative numbers");
  return found;
}

/** Is there a max pool that reads negative numbers only? One that began at zero would show. */
function maximumOfNegatives(c: Case): boolean {
  const graph = decompose(c.graph);
  const { inputs, parameters, batch } = givenOf(c);
  const values = new Map<Node, Tensor>();
  for (const n of reachable(graph)) {
    const operands = n.inputs.map((i) => values.get(i)!);
    if (isOp(n, pool) && n.attrs.kind === "max" && operands[0]!.data.every((v) => v < 0)) return true;
    values.set(n, n.op === input ? inputs[nameOf(n)]! : n.op === parameter ? parameters[nameOf(n)]! : evaluateNode(n, operands, batch));
  }
  return false;
}

function* ofNode({ op, inputs, attrs, type }: Node): Iterable<string> {
  const a = attrs as { readonly [name: string]: AttrValue };
  const numbers = (name: string): readonly number[] => (Array.isArray(a[name]) ? (a[name] as readonly number[]) : []);
  const kernel = numbers("k").length > 0 ? numbers("k") : numbers("size").length > 0 ? numbers("size") : op.name.startsWith("conv2d") ? (inputs[1]!.type.shape.slice(2) as number[]) : [];
  const pad = numbers("pad");
  if (kernel.length === 2 && kernel[0] !== kernel[1]) yield "kernel not square";
  if (kernel.some((k) => k >= 5)) yield "kernel of 5 or more";
  if (numbers("stride").some((s) => s > 1)) yield "stride";
  if (numbers("stride").some((s) => s === 4)) yield "stride 4";
  if (numbers("dilation").some((d) => d > 1)) yield "dilation";
  if (pad.length === 4 && new Set(pad).size > 2) yield "pad of its own on each side";
  if (pad.some((p, i) => p >= (kernel[i % 2] ?? Infinity))) yield "pad of k or more";
  if (a["groups"] === 2) yield "groups 2";
  if (typeof a["groups"] === "number" && a["groups"] > 2) yield "depthwise";
  if (a["ceil"] === true) yield "ceil";
  if (a["epilogue"]) yield inputs.length > 2 ? "epilogue with extras" : "epilogue";
  if (/^cat$|^concat$/.test(op.name)) {
    if (new Set(inputs).size < inputs.length) yield "concatenation of duplicates";
    if (inputs.length === 6) yield "concatenation of six";
  }
  if (op.name === "skip") yield "skip";
  if (/^add$|^mul$|^map$/.test(op.name)) for (const i of inputs) yield* broadcastOf(i, type.shape.length, type.shape.join() === i.type.shape.join());
  const [, , h, w] = type.shape;
  if (type.shape.length === 4 && h === 1 && w === 1) yield "1×1 pixels";
  if (type.shape.length === 4 && h === 1 && w !== 1) yield "one row of pixels";
}

function* broadcastOf({ type: { shape } }: Node, rank: number, same: boolean): Iterable<string> {
  if (same || rank < 2) return;
  if (shape.length === 0) yield "broadcast of a scalar";
  else if (shape.filter((d) => d !== N).every((d) => d === 1)) yield "broadcast of one number per sample";
  else if (shape.slice(-2).every((d) => d === 1)) yield "broadcast over pixels";
  else yield "broadcast over channels";
}
