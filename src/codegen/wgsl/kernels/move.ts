// Kernels that only move elements: pad, window, concat, permute. An invocation per element of the result finds where it comes from;
// concat takes a dispatch per operand, whose elements find where they go.
import type { concat } from "../../../ops/core/concat.ts";
import type { pad } from "../../../ops/core/pad.ts";
import type { permute } from "../../../ops/core/permute.ts";
import type { window } from "../../../ops/core/window.ts";
import type { Node } from "../../../ir/op.ts";
import type { Dim } from "../../../ir/type.ts";
import { joinAxes, quantity, rowMajor, type Quantity } from "../../axes.ts";
import { lines, product, sum } from "../../code.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { resultOf, type Choice, type Kernel, type SchemaOf } from "../kernel.ts";
import { dividedBy, inFours, total, unravel } from "../loops.ts";
import { number } from "../scalar.ts";
import { Shader } from "../shader.ts";

/** A choice with the shape in its label: "pad_64_8_8". */
function moved(name: string, node: Node): Choice {
  return { label: shapeLabel(name, node), packs: [], scratch: fixed(0), inPlace: [] };
}

/** Σ indexₖ · strideₖ / unit */
function start(shader: Shader, indices: readonly number[], strides: readonly Quantity[], unit = 1): string {
  return sum(...indices.map((i, k) => (i === 0 ? "0" : shader.quantity({ ...strides[k]!, k: (strides[k]!.k * i) / unit }))));
}

/** y[i] = x[start + Σ indexₖ · fromₖ] for the elements of `shape`, in order. */
function gather(shader: Shader, shape: readonly Dim[], from: readonly Quantity[], first: string): string {
  const axes = joinAxes(shape, [from, rowMajor(shape)]).map((a) => ({ size: a.size, strides: [a.strides[0]!] }));
  const { statements, at } = unravel(axes, "i", 1, (q) => shader.quantity(q));
  return lines(statements, shader.store("y", "i", shader.one("x", sum(first, at[0]!))));
}

export const permuteKernel: Kernel<SchemaOf<typeof permute>> = {
  select: (node) => moved("permute", node),
  emit: (node, to) => {
    const shader = new Shader(to, { x: 0, y: resultOf(node) }, [], true);
    const own = rowMajor(node.inputs[0]!.type.shape);
    return [shader.each(total(node.type.shape), gather(shader, node.type.shape, node.attrs.perm.map((p) => own[p]!), "0"))];
  },
};

export const windowKernel: Kernel<SchemaOf<typeof window>> = {
  select: (node) => moved("window", node),
  emit: (node, to) => {
    const shader = new Shader(to, { x: 0, y: resultOf(node) }, [], true);
    const own = rowMajor(node.inputs[0]!.type.shape);
    const from = own.map((q, k) => ({ ...q, k: q.k * node.attrs.step[k]! }));
    return [shader.each(total(node.type.shape), gather(shader, node.type.shape, from, start(shader, node.attrs.start, own)))];
  },
};

export const padKernel: Kernel<SchemaOf<typeof pad>> = {
  select: (node) => moved("pad", node),
  emit: (node, to) => {
    const shader = new Shader(to, { x: 0, y: resultOf(node) }, [], true);
    const { low, interior, value } = node.attrs;
    const from = node.inputs[0]!.type.shape;
    const own = rowMajor(from);
    const { shape } = node.type;
    const unit = (axis: number): Quantity[] => shape.map((_, k) => ({ k: k === axis ? 1 : 0, batched: false }));
    const { statements, at } = unravel(shape.map((d, k) => ({ size: quantity(d), strides: unit(k) })), "i", shape.length, (q) => shader.quantity(q));
    const places: string[] = [];
    const tests: string[] = [];
    const terms = shape.map((d, k) => {
      const apart = (interior[k] ?? 0) + 1;
      if (d === from[k]) return product(at[k]!, shader.quantity(own[k]!));
      places.push(`let q${k}: u32 = ${at[k]} - ${shader.number(low[k]!)};`); // before the first element it wraps around, to more than any
      const step = shader.number(apart);
      tests.push(`q${k} < ${shader.number((Number(from[k]) - 1) * apart + 1)}`, ...(apart === 1 ? [] : [`q${k} % ${step} == 0`]));
      return product(apart === 1 ? `q${k}` : `(q${k} / ${step})`, shader.quantity(own[k]!));
    });
    const body = lines(
      statements,
      places,
      `var v = ${number(value, shader)};`,
      `if (${tests.length > 0 ? tests.join(" && ") : "true"}) { v = ${shader.one("x", sum(...terms))}; }`,
      shader.store("y", "i", "v"),
    );
    return [shader.each(total(shape), body)];
  },
};

export const concatKernel: Kernel<SchemaOf<typeof concat>> = {
  select: (node) => moved("concat", node),
  emit: (node, to) => {
    const { axis } = node.attrs;
    const strides = rowMajor(node.type.shape);
    const wide = [node, ...node.inputs].every((n) => inFours(n.type.shape));
    const unit = wide ? 4 : 1;
    let before = 0;
    return node.inputs.map((x, k) => {
      const { shape } = x.type;
      const shader = new Shader(to, { x: k, y: resultOf(node) }, wide ? ["x", "y"] : [], true);
      const first = start(shader, strides.map((_, j) => (j === axis ? before : 0)), strides, unit);
      before += Number(shape[axis]);
      const last = shape.length - 1;
      const sizes = shape.map((d, j) => (j === last && wide ? (d as number) / unit : d));
      const to_ = strides.map((s, j) => (j === last ? s : dividedBy(s, unit)));
      const axes = joinAxes(sizes, [to_, rowMajor(sizes)]).map((a) => ({ size: a.size, strides: [a.strides[0]!] }));
      const { statements, at } = unravel(axes, "i", 1, (q) => shader.quantity(q));
      return shader.each(dividedBy(total(shape), unit), lines(statements, shader.store("y", sum(first, at[0]!), wide ? shader.four("x", "i") : shader.one("x", "i"))));
    });
  },
};
