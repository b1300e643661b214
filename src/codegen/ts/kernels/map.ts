// map: one loop nest, each operand read through its own strides; one flat loop where nothing broadcasts.
import type { map } from "../../../ops/core/map.ts";
import { lines } from "../../code.ts";
import { kernelFunction, type Kernel, type SchemaOf } from "../kernel.ts";
import { nest } from "../loops.ts";
import { scalarCode } from "../scalar.ts";
import { fixed, inPlaceOperands, shapeLabel } from "../../operands.ts";
import { broadcastStrides, joinAxes, rowMajor } from "../../axes.ts";

export const mapKernel: Kernel<SchemaOf<typeof map>> = {
  select: (node) => ({ label: shapeLabel("map", node), packs: [], scratch: fixed(0), inPlace: inPlaceOperands(node) }),
  emit: (node, to) => {
    const { shape } = node.type;
    const names = node.inputs.map((_, i) => `x${i}`);
    const axes = joinAxes(shape, [...node.inputs.map((x) => broadcastStrides(x.type.shape, shape)), rowMajor(shape)]);
    const body = nest(axes, [...names.map((x) => `${x}o`), "yo"], (at) => {
      const code = scalarCode(node.attrs.expr, names.map((x, i) => `${x}[${at[i]}]`), to);
      return lines(code.statements, `y[${at.at(-1)}] = ${code.value};`);
    });
    return kernelFunction(node, to, names, body);
  },
};
