// Kernels that only move elements: window, concat, permute, pad. Where both sides run side by side, vectors are copied; where one of
// them does along another axis, squares of four by four are turned over in registers; else one element at a time.
import type { concat } from "../../../ops/core/concat.ts";
import type { pad } from "../../../ops/core/pad.ts";
import type { permute } from "../../../ops/core/permute.ts";
import type { window } from "../../../ops/core/window.ts";
import type { Node } from "../../../ir/op.ts";
import type { Dim } from "../../../ir/type.ts";
import { add, load, type Expression, type Local, type Operand } from "../assembler/expression.ts";
import { frameOf, type Choice, type Frame, type Kernel, type SchemaOf } from "../kernel.ts";
import { amount, BYTES, copyStrided, isFixed, storeRun, walk } from "../loops.ts";
import { emitPad } from "./move-pad.ts";
import { transposed, turnOver } from "./move-transpose.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { joinAxes, rowMajor, type Quantity } from "../../axes.ts";

/** One side of a copy: its first element, and its strides along the axes. */
interface Side {
  readonly start: Operand;
  readonly strides: readonly Quantity[];
}

/** y[Σ i·to] = x[Σ i·from] over `sizes`. */
function copy(frame: Frame, sizes: readonly Dim[], x: Side, y: Side): void {
  const axes = joinAxes(sizes, [x.strides, y.strides]);
  const [from, to] = axes.at(-1)?.strides ?? [];
  const turned = transposed(axes);
  if (turned) turnOver(frame, turned, x.start, y.start);
  else if (axes.length > 0 && !(isFixed(from, 1) && isFixed(to, 1))) walk(frame, axes, [x.start, y.start], ([p, q], length) => copyStrided(frame, length, [p!, q!], [from!, to!]));
  else walk(frame, axes, [x.start, y.start], ([p, q], length) => storeRun(frame.f, length, q!, [p!, q!], 4, (vectors, store) => {
    for (let v = 0; v < vectors; v++) store(v, load("v128.load", p!, 16 * v));
  }));
}

/** base + Σ indexₖ · strideₖ, in bytes */
function start({ n }: Frame, base: Local, indices: readonly number[], strides: readonly Quantity[]): Expression {
  return add(base, ...indices.map((i, k) => amount(n, { ...strides[k]!, k: i * strides[k]!.k * BYTES })));
}

/** A choice with the shape in its label: "pad_64_8_8". */
function moved(name: string, node: Node): Choice {
  return { label: shapeLabel(name, node), packs: [], scratch: fixed(0), inPlace: [] };
}

export const permuteKernel: Kernel<SchemaOf<typeof permute>> = {
  select: (node) => moved("permute", node),
  emit: (node, to) => {
    const frame = frameOf(node, to, ["x"]);
    const own = rowMajor(node.inputs[0]!.type.shape);
    copy(frame, node.type.shape, { start: frame.operands[0]!, strides: node.attrs.perm.map((p) => own[p]!) }, { start: frame.y, strides: rowMajor(node.type.shape) });
    return frame.f.finish();
  },
};

export const windowKernel: Kernel<SchemaOf<typeof window>> = {
  select: (node) => moved("window", node),
  emit: (node, to) => {
    const frame = frameOf(node, to, ["x"]);
    const own = rowMajor(node.inputs[0]!.type.shape);
    const from = own.map((q, k) => ({ ...q, k: q.k * node.attrs.step[k]! }));
    copy(frame, node.type.shape, { start: start(frame, frame.operands[0]!, node.attrs.start, own), strides: from }, { start: frame.y, strides: rowMajor(node.type.shape) });
    return frame.f.finish();
  },
};

export const concatKernel: Kernel<SchemaOf<typeof concat>> = {
  select: (node) => moved("concat", node),
  emit: (node, to) => {
    const { axis } = node.attrs;
    const frame = frameOf(node, to, node.inputs.map((_, i) => `x${i}`));
    const strides = rowMajor(node.type.shape);
    let before = 0;
    node.inputs.forEach(({ type: { shape } }, i) => {
      const at = start(frame, frame.y, strides.map((_, k) => (k === axis ? before : 0)), strides);
      copy(frame, shape, { start: frame.operands[i]!, strides: rowMajor(shape) }, { start: at, strides });
      before += Number(shape[axis]);
    });
    return frame.f.finish();
  },
};

export const padKernel: Kernel<SchemaOf<typeof pad>> = {
  select: (node) => moved("pad", node),
  emit: (node, to) => {
    const frame = frameOf(node, to, ["x"]);
    emitPad(frame, node.inputs[0]!.type.shape, node.attrs);
    return frame.f.finish();
  },
};
