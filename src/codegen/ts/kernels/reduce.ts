// reduce: a loop nest over the axes that stay around one over the axes that go.
import type { reduce } from "../../../ops/core/reduce.ts";
import { arg } from "../../../ir/scalar.ts";
import { lines } from "../../code.ts";
import { kernelFunction, type Kernel, type SchemaOf } from "../kernel.ts";
import { nest } from "../loops.ts";
import { scalarCode } from "../scalar.ts";
import { extraNames, fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";
import { broadcastStrides, joinAxes, rowMajor } from "../../axes.ts";

export const reduceKernel: Kernel<SchemaOf<typeof reduce>> = {
  select: (node) => ({ label: shapeLabel(node.attrs.kind, node.inputs[0]!), packs: [], scratch: fixed(0), inPlace: inPlaceOperands(node, 1) }),
  emit: (node, to) => {
    const { kind, axes, keep, epilogue } = node.attrs;
    const { shape } = node.inputs[0]!.type;
    const own = rowMajor(shape);
    const kept = shape.map((_, k) => k).filter((k) => !axes.includes(k));
    const along = <T>(strides: readonly T[]): T[] => (keep ? kept.map((k) => strides[k]!) : [...strides]); // of the result's axes, those that stayed
    const extras = extraNames(node, 1);
    const arrays = [kept.map((k) => own[k]!), along(rowMajor(node.type.shape)), ...node.inputs.slice(1).map((e) => along(broadcastStrides(e.type.shape, node.type.shape)))];
    const outer = joinAxes(kept.map((k) => shape[k]!), arrays);
    const inner = joinAxes(axes.map((k) => shape[k]!), [axes.map((k) => own[k]!)]);
    const body = nest(outer, ["xo", "yo", ...extras.map((e) => `${e}o`)], ([from, result, ...places]) => {
      const sum = nest(inner, ["from"], ([i]) => (kind === "sum" ? `v += x[${i}];` : `v = Math.max(v, x[${i}]);`), "r");
      const code = scalarCode(epilogue ?? arg(0), ["v", ...extras.map((e, k) => `${e}[${places[k]}]`)], to);
      return lines(`const from = ${from};`, `let v = ${kind === "sum" ? "-0" : "-Infinity"};`, sum, code.statements, `y[${result}] = ${code.value};`);
    });
    return kernelFunction(node, to, ["x", ...extras], body);
  },
};
