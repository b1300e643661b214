// matmul: the rows of one operand stream past a few columns of the other. The operand whose elements along k lie together streams
// (a dense layer's weights); the other is gathered, a tile at a time.
import type { matmul } from "../../../ops/core/matmul.ts";
import { plus, type Dim, type Extent } from "../../../ir/type.ts";
import { lines, product, sum, times } from "../../code.ts";
import { storedValue } from "../epilogue.ts";
import { index, kernelFunction, type CoreNode, type Emission, type Kernel, type SchemaOf } from "../kernel.ts";
import { quantityText } from "../loops.ts";
import { multiply, tileWidth } from "../routines/multiply.ts";
import { extraNames, inPlaceOperands } from "../../operands.ts";
import { quantity } from "../../axes.ts";

type Matmul = CoreNode<SchemaOf<typeof matmul>>;

/** A matrix as it is read: `step` between rows or columns of the result, `stride` along k. */
interface Operand {
  readonly name: "a" | "b";
  readonly index: 0 | 1;
  readonly count: Dim;
  readonly step: Dim;
  readonly stride: Dim;
}

interface Layout {
  readonly depth: Dim;
  readonly streamed: Operand;
  readonly gathered: Operand;
  /** Tiles of the gathered operand: of that many columns, then one by one where the number is not known. */
  readonly widths: readonly number[];
}

function layoutOf(node: Matmul): Layout {
  const { transposeA, transposeB } = node.attrs;
  const a = node.inputs[0]!.type.shape as readonly [Dim, Dim];
  const [m, o] = node.type.shape as readonly [Dim, Dim];
  const depth = transposeA ? a[0] : a[1];
  const left: Operand = { name: "a", index: 0, count: m, step: transposeA ? 1 : depth, stride: transposeA ? m : 1 };
  const right: Operand = { name: "b", index: 1, count: o, step: transposeB ? depth : 1, stride: transposeB ? 1 : o };
  const [streamed, gathered] = transposeB ? [right, left] : [left, right];
  return { depth, streamed, gathered, widths: typeof gathered.count === "number" ? [tileWidth(gathered.count)] : [4, 1] };
}

/** The tile, then the sums: both for the widest tile. */
function scratchOf(l: Layout): { readonly tile: Extent; readonly total: Extent } {
  const tile = extent(l.depth, l.widths[0]!);
  return { tile, total: plus(tile, extent(l.streamed.count, l.widths[0]!)) };
}

function extent(d: Dim, k: number): Extent {
  return typeof d === "number" ? { fixed: d * k, perSample: 0 } : { fixed: 0, perSample: k };
}

export const matmulKernel: Kernel<SchemaOf<typeof matmul>> = {
  select: (node) => {
    const l = layoutOf(node);
    const label = ["matmul", l.depth, node.type.shape[1]].join("_");
    return { label, packs: [], scratch: scratchOf(l).total, inPlace: inPlaceOperands(node, 2) };
  },
  emit: (node, to) => {
    const l = layoutOf(node);
    const count = text(l.gathered.count);
    const [wide, single] = l.widths;
    const body =
      single === undefined
        ? lines(`for (let t = 0; t < ${count}; t += ${wide}) {`, tile(node, l, wide!, to), `}`)
        : lines(`let t = 0;`, `for (; t + ${wide} <= ${count}; t += ${wide}) {`, tile(node, l, wide!, to), `}`, `for (; t < ${count}; t++) {`, tile(node, l, single, to), `}`);
    return kernelFunction(node, to, ["a", "b", ...extraNames(node, 2)], body);
  },
};

function tile(node: Matmul, l: Layout, width: number, to: Emission): string {
  const { streamed, gathered } = l;
  const fixedCount = typeof gathered.count === "number";
  const clamped = fixedCount && (gathered.count as number) % width !== 0;
  const column = (j: number): string => (clamped && j > 0 ? `Math.min(t + ${j}, ${Number(gathered.count) - 1})` : sum("t", j));
  const sums = sum("so", sizeText(scratchOf(l).tile));
  const stride = streamed.stride === "N" ? "n" : streamed.stride;
  const product_ = multiply(to, width, l.depth === "N" ? "n" : l.depth, { element: to.inputs[streamed.index]!, stride });
  const [rows, columns] = [text(streamed.count), clamped ? `Math.min(${width}, ${text(gathered.count)} - t)` : String(width)];
  const [m, o] = streamed.name === "a" ? ["r", "t + j"] : ["t + j", "r"];
  const code = storedValue(node, 2, to, `s[${sum("c", product("r", width), "j")}]`, [m!, o!]);
  return lines(
    times(width, (j) => `const f${j} = ${index(sum(`${gathered.name}o`, product(column(j), text(gathered.step))))};`),
    `for (let k = 0; k < ${text(l.depth)}; k++) {`,
    times(width, (j) => `s[${sum("so", product("k", width), j)}] = ${gathered.name}[${sum(`f${j}`, product("k", text(gathered.stride)))}];`),
    `}`,
    `const c = ${index(sums)};`,
    `s.fill(0, c, c + ${product(rows, width)});`,
    `${product_}(${stride === "n" ? "n, " : ""}${rows}, ${text(l.depth)}, ${streamed.name}, ${streamed.name}o, ${text(streamed.step)}, s, so, s, c);`,
    `const count = ${columns};`,
    streamed.name === "a" ? [`for (let r = 0; r < ${rows}; r++) {`, `for (let j = 0; j < count; j++) {`] : [`for (let j = 0; j < count; j++) {`, `for (let r = 0; r < ${rows}; r++) {`],
    code.statements,
    `y[${sum("yo", product(m!, text(node.type.shape[1]!)), o!)}] = ${code.value};`,
    `}`,
    `}`,
  );
}

function text(d: Dim): string {
  return quantityText(quantity(d));
}

function sizeText(e: Extent): string {
  return e.perSample > 0 ? product("n", e.perSample) : String(e.fixed);
}
