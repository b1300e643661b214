// one_hot: zeros, and a one for each label that is a class.
import type { oneHot } from "../../../ops/core/one-hot.ts";
import { lines } from "../../code.ts";
import { kernelFunction, type Kernel, type SchemaOf } from "../kernel.ts";
import { quantityText } from "../loops.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { quantity } from "../../axes.ts";

export const oneHotKernel: Kernel<SchemaOf<typeof oneHot>> = {
  select: (node) => ({ label: shapeLabel("onehot", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const { shape } = node.inputs[0]!.type;
    const { classes } = node.attrs;
    const pixels = shape.slice(1).reduce<number>((p, d) => p * Number(d), 1);
    const body = lines(
      `y.fill(0, yo, yo + ${quantityText(quantity(...node.type.shape))});`,
      `for (let b = 0; b < ${quantityText(quantity(shape[0]!))}; b++) {`,
      `for (let p = 0; p < ${pixels}; p++) {`,
      `const label = labels[labelso + b * ${pixels} + p];`,
      `if (label >= 0 && label < ${classes}) y[yo + (b * ${classes} + label) * ${pixels} + p] = 1;`,
      `}`,
      `}`,
    );
    return kernelFunction(node, to, ["labels"], body);
  },
};
