// Kernels that only move elements: pad, window, concat, permute. Each is a loop nest that copies, or a few.
import type { concat } from "../../../ops/core/concat.ts";
import type { pad } from "../../../ops/core/pad.ts";
import type { permute } from "../../../ops/core/permute.ts";
import type { window } from "../../../ops/core/window.ts";
import type { Node } from "../../../ir/op.ts";
import type { Dim } from "../../../ir/type.ts";
import { lines, product, sum } from "../../code.ts";
import { kernelFunction, type Choice, type Kernel, type SchemaOf } from "../kernel.ts";
import { nest, quantityText } from "../loops.ts";
import { number } from "../scalar.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { joinAxes, quantity, rowMajor, type Quantity } from "../../axes.ts";

/** y[start + Σ i·to] = x[start + Σ i·from] over `sizes`. */
function copy(sizes: readonly Dim[], x: string, from: readonly Quantity[], xStart: string, to: readonly Quantity[], yStart: string, tag = ""): string {
  return nest(joinAxes(sizes, [from, to]), [xStart, yStart], ([a, b]) => `y[${b}] = ${x}[${a}];`, tag);
}

/** offset + Σ indexₖ · strideₖ */
function start(offset: string, indices: readonly number[], strides: readonly Quantity[]): string {
  return sum(offset, ...indices.map((i, k) => (i === 0 ? "0" : product(quantityText(strides[k]!), i))));
}

/** A choice with the shape in its label: "pad_64_8_8". */
function moved(name: string, node: Node): Choice {
  return { label: shapeLabel(name, node), packs: [], scratch: fixed(0), inPlace: [] };
}

export const permuteKernel: Kernel<SchemaOf<typeof permute>> = {
  select: (node) => moved("permute", node),
  emit: (node, to) => {
    const own = rowMajor(node.inputs[0]!.type.shape);
    return kernelFunction(node, to, ["x"], copy(node.type.shape, "x", node.attrs.perm.map((p) => own[p]!), "xo", rowMajor(node.type.shape), "yo"));
  },
};

export const windowKernel: Kernel<SchemaOf<typeof window>> = {
  select: (node) => moved("window", node),
  emit: (node, to) => {
    const own = rowMajor(node.inputs[0]!.type.shape);
    const from = own.map((q, k) => ({ ...q, k: q.k * node.attrs.step[k]! }));
    return kernelFunction(node, to, ["x"], copy(node.type.shape, "x", from, start("xo", node.attrs.start, own), rowMajor(node.type.shape), "yo"));
  },
};

export const padKernel: Kernel<SchemaOf<typeof pad>> = {
  select: (node) => moved("pad", node),
  emit: (node, to) => {
    const strides = rowMajor(node.type.shape);
    const { shape } = node.inputs[0]!.type;
    const body = lines(
      `y.fill(${number(node.attrs.value)}, yo, yo + ${quantityText(quantity(...node.type.shape))});`,
      copy(shape, "x", rowMajor(shape), "xo", strides.map((s, k) => ({ ...s, k: s.k * ((node.attrs.interior[k] ?? 0) + 1) })), start("yo", node.attrs.low, strides)),
    );
    return kernelFunction(node, to, ["x"], body);
  },
};

export const concatKernel: Kernel<SchemaOf<typeof concat>> = {
  select: (node) => moved("concat", node),
  emit: (node, to) => {
    const { axis } = node.attrs;
    const names = node.inputs.map((_, i) => `x${i}`);
    const strides = rowMajor(node.type.shape);
    let before = 0;
    const copies = node.inputs.map(({ type: { shape } }, i) => {
      const text = copy(shape, names[i]!, rowMajor(shape), `${names[i]}o`, strides, start("yo", strides.map((_, k) => (k === axis ? before : 0)), strides), `${i}_`);
      before += Number(shape[axis]);
      return text;
    });
    return kernelFunction(node, to, names, lines(copies));
  },
};
