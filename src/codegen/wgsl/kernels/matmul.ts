// matmul: in tiles; a right operand that is computed once is packed for it.
import type { matmul } from "../../../ops/core/matmul.ts";
import { N, type Dim } from "../../../ir/type.ts";
import type { Phase } from "../../../plan/plan.ts";
import { quantity } from "../../axes.ts";
import { lines, product as times } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type Choice, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { packColumns, paddedColumns, storeColumns } from "../routines/columns.ts";
import { apart, product, tileFor, type Tile } from "../routines/product.ts";
import { Shader } from "../shader.ts";

type Matmul = CoreNode<SchemaOf<typeof matmul>>;

interface Layout {
  readonly rows: Dim;
  readonly depth: Dim;
  readonly columns: Dim;
}

function layoutOf(node: Matmul): Layout {
  const [a] = node.inputs as [Matmul, Matmul];
  const [rows, columns] = node.type.shape as readonly [Dim, Dim];
  return { rows, columns, depth: a.type.shape[node.attrs.transposeA ? 0 : 1]! };
}

function selectProduct(node: Matmul, operands: readonly Phase[]): Choice {
  const { depth, columns } = layoutOf(node);
  const packed = operands[1] === "prepare" && depth !== N && columns !== N;
  const pack = { operand: 1, signature: `columns ${node.attrs.transposeB} ${depth} ${columns}`, label: "pack", size: packed ? (depth as number) * paddedColumns(columns as number) : 0 };
  const label = `matmul_${depth}_${columns}`;
  const algorithm = columns === N ? "direct" : packed ? "packed" : "plain";
  return { label, packs: packed ? [pack] : [], scratch: fixed(0), inPlace: [], algorithm };
}

export const matmulKernel: Kernel<SchemaOf<typeof matmul>> = {
  select: selectProduct,
  emit: (node, to) => {
    const { columns } = layoutOf(node);
    const direct = to.selection.algorithm === "direct";
    const epilogue = new Epilogue(node, 2, !direct && (columns as number) % 4 === 0);
    return [direct ? emitDirect(node, to, epilogue) : emitTiles(node, to, epilogue), ...epilogue.rest(to)];
  },
  pack: (node, _, to) => {
    const { depth, columns } = layoutOf(node) as { readonly depth: number; readonly columns: number };
    const [column, inner] = node.attrs.transposeB ? [depth, 1] : [1, columns];
    return packColumns(to, { depth, columns, inner: depth, strides: { column, outer: 0, inner } });
  },
};

function emitTiles(node: Matmul, to: Emission, epilogue: Epilogue): Stage {
  const { rows, depth, columns } = layoutOf(node) as Layout & { readonly columns: number };
  const { transposeA, transposeB } = node.attrs;
  const packed = to.selection.algorithm === "packed";
  const fours = columns % 4 === 0;
  const wideA = !transposeA && depth !== N && depth % 4 === 0;
  const wideB = packed || (!transposeB && fours);
  const shader = new Shader(to, { a: 0, b: 1, ...epilogue.names, y: resultOf(node) }, [...(wideA ? ["a"] : []), ...(wideB ? ["b"] : []), ...(fours ? ["y", ...epilogue.wide] : [])]);
  const size = (d: Dim): string => shader.quantity(quantity(d));
  const a = (m: string, k: string): string => shader.one("a", transposeA ? `${k} * ${size(rows)} + ${m}` : `${times(m, size(depth))} + ${k}`);
  const element = (k: string, c: string, j: number): string => `select(0f, ${shader.one("b", transposeB ? `min(4 * ${c} + ${j}, ${columns - 1}) * ${size(depth)} + ${k}` : `${k} * ${columns} + min(4 * ${c} + ${j}, ${columns - 1})`)}, 4 * ${c} + ${j} < ${columns})`;
  return product(shader, tileOf(rows, columns), {
    rows: quantity(rows),
    columns,
    depth: quantity(depth),
    a: (m, k) => (wideA ? [`v = ${shader.four("a", `${m} * ${Number(depth) / 4} + ${k} / 4`)};`] : apart(k, size(depth), (kj) => [`v[j] = ${a(m, kj)};`])),
    b: (k, c) => (wideB ? shader.four("b", `${k} * ${paddedColumns(columns) / 4} + ${c}`) : `vec4f(${[0, 1, 2, 3].map((j) => element(k, c, j)).join(", ")})`),
    store: (m, c, value) => storeColumns(shader, epilogue, columns, m, c, value),
  });
}

/** A batch is a few rows. */
function tileOf(rows: Dim, columns: number): Tile {
  return rows === N ? { ...tileFor(16, columns), rows: 16 } : tileFor(rows, columns);
}

/** An invocation per result: where the batch runs along the columns. */
function emitDirect(node: Matmul, to: Emission, epilogue: Epilogue): Stage {
  const { rows, depth, columns } = layoutOf(node);
  const { transposeA, transposeB } = node.attrs;
  const shader = new Shader(to, { a: 0, b: 1, ...epilogue.names, y: resultOf(node) });
  const size = (d: Dim): string => shader.quantity(quantity(d));
  const body = lines(
    `let m = i / ${size(columns)};`,
    `let c = i % ${size(columns)};`,
    `var v = 0f;`,
    `for (var k: u32 = 0; k < ${size(depth)}; k++) {`,
    `v += ${shader.one("a", transposeA ? `k * ${size(rows)} + m` : `m * ${size(depth)} + k`)} * ${shader.one("b", transposeB ? `c * ${size(depth)} + k` : `k * ${size(columns)} + c`)};`,
    `}`,
    epilogue.store(shader, "v", "i"),
  );
  return shader.each(quantity(rows, columns), body);
}
