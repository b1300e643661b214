// matmul: in blocks; a right operand that is computed once is packed for it.
import type { matmul } from "../../../ops/core/matmul.ts";
import { N, type Dim } from "../../../ir/type.ts";
import type { Phase } from "../../../plan/plan.ts";
import { quantity } from "../../axes.ts";
import { lines } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { Epilogue } from "../epilogue.ts";
import { resultOf, type Choice, type CoreNode, type Emission, type Kernel, type SchemaOf, type Stage } from "../kernel.ts";
import { packColumns, paddedColumns, storeColumns } from "../routines/columns.ts";
import { product } from "../routines/product.ts";
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
    return [direct ? emitDirect(node, to, epilogue) : emitProduct(node, to, epilogue), ...epilogue.rest(to)];
  },
  pack: (node, _, to) => {
    const { depth, columns } = layoutOf(node) as { readonly depth: number; readonly columns: number };
    const [column, inner] = node.attrs.transposeB ? [depth, 1] : [1, columns];
    return packColumns(to, { depth, columns, inner: depth, strides: { column, outer: 0, inner } });
  },
};

function emitProduct(node: Matmul, to: Emission, epilogue: Epilogue): Stage {
  const { rows, depth, columns } = layoutOf(node) as Layout & { readonly columns: number };
  const { transposeA, transposeB } = node.attrs;
  const wideB = to.selection.algorithm === "packed" || (!transposeB && columns % 4 === 0);
  const fours = wideB && !transposeA && depth !== N && depth % 4 === 0;
  const shader = new Shader(to, { a: 0, b: 1, ...epilogue.names, y: resultOf(node) }, [...(fours ? ["a"] : []), ...(wideB ? ["b"] : []), ...(columns % 4 === 0 ? ["y", ...epilogue.wide] : [])], true);
  return product(shader, {
    rows: quantity(rows),
    columns,
    fours,
    begin: shader.named({ depth: quantity(depth), ...(wideB ? {} : { last: columns - 1 }) }),
    walk: (step) => [`while (k < depth) {`, ...step, `}`],
    a: (r) => (fours ? shader.four("a", `(m${r} * depth + k) / 4`) : shader.one("a", transposeA ? `k * rows + m${r}` : `m${r} * depth + k`)),
    b: (k, c) => (wideB ? shader.four("b", `${k} * across + ${c}`) : `vec4f(${[0, 1, 2, 3].map((j) => element(shader, k, `(4 * ${c} + ${j})`, transposeB)).join(", ")})`),
    store: (m, c, value) => storeColumns(shader, epilogue, columns, m, c, value),
  });
}

/** Of a right operand that lies as it came; what is read beyond its last column is of no result. */
function element(shader: Shader, k: string, column: string, transposed: boolean): string {
  return shader.one("b", transposed ? `min(${column}, last) * depth + ${k}` : `${k} * (last + 1) + min(${column}, last)`);
}

/** An invocation per result: where the batch runs along the columns. */
function emitDirect(node: Matmul, to: Emission, epilogue: Epilogue): Stage {
  const { rows, depth, columns } = layoutOf(node);
  const { transposeA, transposeB } = node.attrs;
  const shader = new Shader(to, { a: 0, b: 1, ...epilogue.names, y: resultOf(node) }, [], true);
  const body = lines(
    shader.named({ rows: quantity(rows), depth: quantity(depth), columns: quantity(columns) }),
    `let m = i / columns;`,
    `let c = i % columns;`,
    `var v = 0f;`,
    `for (var k: u32 = 0; k < depth; k++) {`,
    `v += ${shader.one("a", transposeA ? `k * rows + m` : `m * depth + k`)} * ${shader.one("b", transposeB ? `c * depth + k` : `k * columns + c`)};`,
    `}`,
    epilogue.store(shader, "v", "i"),
  );
  return shader.each(quantity(rows, columns), body);
}
