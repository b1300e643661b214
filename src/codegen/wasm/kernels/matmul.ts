// matmul: rows of a stream past panels of b, packed. Where a is transposed or the batch is among b's axes, a plain loop.
import type { matmul } from "../../../ops/core/matmul.ts";
import { arg } from "../../../ir/scalar.ts";
import { N, type Dim } from "../../../ir/type.ts";
import { add, f32, load, mul, op, type Expression, type Local } from "../assembler/expression.ts";
import type { WasmFunction } from "../assembler/function.ts";
import { Epilogue } from "../epilogue.ts";
import { frameOf, quantity, shared, type CoreNode, type Emission, type Kernel, type SchemaOf } from "../kernel.ts";
import { Scratchpad, storeLanes, vectorCode } from "../vectors.ts";
import { packProducts, packedSize } from "./packing.ts";
import { PANEL, ProductEmitter, type Product } from "./product.ts";
import { extraNames, fixed, inPlaceOperands } from "../../operands.ts";

type Matmul = CoreNode<SchemaOf<typeof matmul>>;

interface Sizes {
  readonly rows: Dim;
  readonly depth: Dim;
  readonly columns: Dim;
}

function sizesOf(node: Matmul): Sizes {
  const [rows, columns] = node.type.shape as readonly [Dim, Dim];
  return { rows, columns, depth: node.inputs[0]!.type.shape[node.attrs.transposeA ? 0 : 1]! };
}

/** Null where b cannot be packed once. */
function productOf(node: Matmul, strictMath: boolean): Product | null {
  const { depth, columns } = sizesOf(node);
  if (node.attrs.transposeA || depth === N || columns === N) return null;
  return { depth: { loops: [], run: depth }, outputs: columns, pixelStep: 4 * depth, fused: !strictMath, split: true };
}

export const matmulKernel: Kernel<SchemaOf<typeof matmul>> = {
  select: (node, { strictMath }) => {
    const { depth, columns } = sizesOf(node);
    const product = productOf(node, strictMath);
    const name = `panels_1_${columns}_${depth}_1x1${node.attrs.transposeB ? "" : "_t"}`;
    return { label: ["matmul", depth, columns].join("_"), packs: product ? [{ operand: 1, signature: name, label: name, size: packedSize(product) }] : [], scratch: fixed(0), inPlace: inPlaceOperands(node, 2) };
  },
  emit: (node, to) => {
    const product = productOf(node, to.selection.strictMath);
    return product ? packed(node, product, to) : plain(node, to);
  },
  pack: (node, _, to) => {
    const { depth, columns } = sizesOf(node) as { depth: number; columns: number };
    const [outputStep, step] = node.attrs.transposeB ? [depth, 1] : [1, columns];
    return packProducts(to, [{ groups: 1, outputs: columns, start: 0, groupStep: 0, outputStep, loops: [{ count: depth, step }] }]);
  },
};

/** Panels are shared out between threads, and rows where there are many. */
function packed(node: Matmul, product: Product, to: Emission): WasmFunction {
  const frame = frameOf(node, to, ["a", "b", ...extraNames(node, 2)]);
  const { f, n } = frame;
  const [a, b, ...extras] = frame.operands as [Local, Local, ...Local[]];
  const emitter = new ProductEmitter(f, product, new Epilogue(f, to, node, 2, extras, frame.y));
  const rows = quantity(n, sizesOf(node).rows);
  shared(frame, Math.ceil(product.outputs / PANEL), (panel) =>
    emitter.emit({ count: rows, address: (p) => add(a, mul(p, product.pixelStep!)), weights: b, result: (p) => add(p), channel: 0, panels: { from: panel, to: add(panel, 1) } }),
  );
  return f.finish();
}

/** One number of the result at a time: where nothing can be packed once, and nothing is known of the sizes. */
function plain(node: Matmul, to: Emission): WasmFunction {
  const frame = frameOf(node, to, ["a", "b", ...extraNames(node, 2)]);
  const { f, n, y } = frame;
  const [a, b, ...extras] = frame.operands as [Local, Local, ...Local[]];
  const { transposeA, transposeB, epilogue } = node.attrs;
  const sizes = sizesOf(node);
  const [rows, depth, columns] = [sizes.rows, sizes.depth, sizes.columns].map((d, i) => f.let(["rows", "depth", "columns"][i]!, quantity(n, d))) as [Local, Local, Local];
  /** Bytes to element [i, j] of a matrix of `width` columns. */
  const place = (i: Local, width: Local, j: Local): Expression => mul(add(op("i32.mul", [i, width]), j), 4);
  const [column, k] = [f.local("i32", "column"), f.local("i32", "k")];
  const sum = f.local("f32", "sum");
  const [raw, value] = [f.local("v128", "raw"), f.local("v128", "value")];
  const pad = new Scratchpad(f);
  shared(frame, rows, (row) => {
    f.count(column, 0, columns, 1, () => {
      f.set(sum, f32(0));
      f.count(k, 0, depth, 1, () => {
        const x = load("f32.load", add(a, transposeA ? place(k, rows, row) : place(row, depth, k)));
        const w = load("f32.load", add(b, transposeB ? place(column, depth, k) : place(k, columns, column)));
        f.set(sum, op("f32.add", [sum, op("f32.mul", [x, w])]));
      });
      f.set(raw, op("f32x4.splat", [sum]));
      const reads = extras.map((e, i) => load("v128.load32_splat", add(e, extraPlace(node.inputs[2 + i]!.type.shape, row, columns, column))));
      f.set(value, vectorCode(f, to, pad, epilogue ?? arg(0), [raw, ...reads]));
      storeLanes(f, add(y, place(row, columns, column)), 0, value, 1);
    });
  });
  return f.finish();
}

/** Bytes to the element of an extra operand, [rows, columns] or less, that goes with an element of the result. */
function extraPlace(shape: readonly Dim[], row: Local, columns: Local, column: Local): Expression {
  const [height, width] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const above = height === 1 ? add(0) : width === 1 ? add(row) : op("i32.mul", [row, columns]);
  return mul(add(above, width === 1 ? 0 : column), 4);
}
