// reduce: an invocation per result where little is summed, or where there are many results; else the summands are cut into parts, an
// invocation sums a part, and a second dispatch the parts: where there are subgroups and few results, a workgroup each.
import type { reduce } from "../../../ops/core/reduce.ts";
import { joinAxes, quantity, rowMajor, type Axis, type Quantity } from "../../axes.ts";
import { lines, sum } from "../../code.ts";
import { scale, elements } from "../../../ir/type.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { unravel } from "../loops.ts";
import { LEAST } from "../scalar.ts";
import { Shader } from "../shader.ts";

type Reduce = CoreNode<SchemaOf<typeof reduce>>;

/** Up to so many elements are summed by one invocation. */
const FEW = 64;
/** Where there are so many results, each is one invocation's, up to MODERATE elements. */
const [MANY, MODERATE] = [4096, 1024];
/** Samples that a sum over the batch is cut into parts for, and the most parts. */
const [BATCH, MOST] = [16, 256];
/** Invocations of a workgroup that sums the parts of one result: no more than there are parts. */
const TOGETHER = 32;

export const reduceKernel: Kernel<SchemaOf<typeof reduce>> = {
  select: (node) => {
    const parts = partsOf(node);
    return { label: shapeLabel(node.attrs.kind, node.inputs[0]!), packs: [], scratch: parts > 1 ? scale(elements(node.type.shape), parts) : fixed(0), inPlace: [] };
  },
  emit: (node, to) => {
    const epilogue = new Epilogue(node, 1, false);
    return [...(partsOf(node) > 1 ? [partial(node, to), whole(node, to, epilogue)] : [atOnce(node, to, epilogue)]), ...epilogue.rest(to)];
  },
};

interface Reduction {
  readonly results: Quantity;
  readonly summands: Quantity;
  /** Loops over results, and over the summands of one. */
  readonly outer: readonly Axis[];
  readonly inner: readonly Axis[];
  /** Do neighbours in memory belong to one sum? Then neighbouring invocations do, too. */
  readonly along: boolean;
}

function reductionOf(node: Reduce): Reduction {
  const { axes } = node.attrs;
  const { shape } = node.inputs[0]!.type;
  const own = rowMajor(shape);
  const kept = shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const keptSizes = kept.map((k) => shape[k]!);
  return {
    results: quantity(...keptSizes),
    summands: quantity(...axes.map((k) => shape[k]!)),
    outer: joinAxes(keptSizes, [kept.map((k) => own[k]!), rowMajor(keptSizes)]).map((a): Axis => ({ size: a.size, strides: [a.strides[0]!] })),
    inner: joinAxes(axes.map((k) => shape[k]!), [axes.map((k) => own[k]!)]),
    along: axes.includes(shape.length - 1),
  };
}

/** As many parts as each then has elements: a power of two. */
function partsOf(node: Reduce): number {
  const { results, summands } = reductionOf(node);
  if (!summands.batched && (summands.k <= FEW || (results.k >= MANY && summands.k <= MODERATE))) return 1;
  const count = summands.k * (summands.batched ? BATCH : 1);
  return Math.min(MOST, 2 ** Math.ceil(Math.log2(count) / 2));
}

function atOnce(node: Reduce, to: Emission, epilogue: Epilogue): Stage {
  const { results } = reductionOf(node);
  const shader = new Shader(to, { x: 0, ...epilogue.names, y: resultOf(node) }, [], true);
  return shader.each(results, lines(total(node, shader, "i", "0", "1"), epilogue.store(shader, "v", "i")));
}

function partial(node: Reduce, to: Emission): Stage {
  const { results, along } = reductionOf(node);
  const shader = new Shader(to, { x: 0, s: resultOf(node) + 1 }, [], true);
  const parts = partsOf(node);
  const body = lines(
    shader.named({ parts, ...(along ? {} : { results }) }),
    along ? [`let result = i / parts;`, `let first = i % parts;`] : [`let result = i % results;`, `let first = i / results;`],
    total(node, shader, "result", "first", "parts"),
    shader.store("s", "i", "v"),
  );
  return shader.each({ ...results, k: results.k * parts }, body);
}

function whole(node: Reduce, to: Emission, epilogue: Epilogue): Stage {
  const { results } = reductionOf(node);
  const shader = new Shader(to, { s: resultOf(node) + 1, ...epilogue.names, y: resultOf(node) }, [], true);
  const stage = shader.each(results, lines(sumOfParts(node, shader, "0", "1"), epilogue.store(shader, "v", "i")));
  const few = results.k * (results.batched ? BATCH : 1) < MANY;
  return few && partsOf(node) >= TOGETHER ? { ...stage, subgroups: together(node, to, epilogue) } : stage;
}

/** Subgroups may be of any size and any invocations: each leaves its sum with the first of them. */
function together(node: Reduce, to: Emission, epilogue: Epilogue): Stage {
  const { results } = reductionOf(node);
  const shader = new Shader(to, { s: resultOf(node) + 1, ...epilogue.names, y: resultOf(node) }, [], true);
  shader.enableSubgroups();
  shader.shared("part", TOGETHER);
  const isSum = node.attrs.kind === "sum";
  const body = lines(
    `let i = group;`,
    sumOfParts(node, shader, "lane", String(TOGETHER)),
    `let own = ${isSum ? "subgroupAdd" : "subgroupMax"}(v);`,
    `part[lane] = select(${isSum ? "0f" : LEAST}, own, subgroupBroadcastFirst(lane) == lane);`,
    `workgroupBarrier();`,
    `if (lane > 0) { return; }`,
    `v = part[0];`,
    `for (var k: u32 = 1; k < ${TOGETHER}; k++) { ${add(node, "part[k]")} }`,
    epilogue.store(shader, "v", "i"),
  );
  return shader.grouped(TOGETHER, { fixed: results.batched ? 0 : results.k, perSample: results.batched ? results.k : 0, per: 1, times: 1 }, shader.quantity(results), body);
}

/** Statements after which `v` is the sum or the maximum of every `step`th part of result i. */
function sumOfParts(node: Reduce, shader: Shader, first: string, step: string): readonly string[] {
  const { results, along } = reductionOf(node);
  return [
    ...shader.named({ parts: partsOf(node), ...(along ? {} : { results }) }),
    start(node),
    `for (var j: u32 = ${first}; j < parts; j += ${step}) {`,
    add(node, shader.one("s", along ? "i * parts + j" : "j * results + i")),
    `}`,
  ];
}

/** Statements after which `v` is the sum or the maximum of every `step`th summand of a result. */
function total(node: Reduce, shader: Shader, result: string, first: string, step: string): readonly string[] {
  const { outer, inner, summands } = reductionOf(node);
  const from = unravel(outer, result, 1, (q) => shader.quantity(q), "o");
  const at = unravel(inner, "j", 1, (q) => shader.quantity(q), "r");
  return [
    ...from.statements,
    `let origin: u32 = ${from.at[0]};`,
    start(node),
    `for (var j: u32 = ${first}; j < ${shader.quantity(summands)}; j += ${step}) {`,
    ...at.statements,
    add(node, shader.one("x", sum("origin", at.at[0]!))),
    `}`,
  ];
}

function start({ attrs }: Reduce): string {
  return `var v = ${attrs.kind === "sum" ? "0f" : LEAST};`;
}

function add({ attrs }: Reduce, value: string): string {
  return attrs.kind === "sum" ? `v += ${value};` : `v = max(v, ${value});`;
}
