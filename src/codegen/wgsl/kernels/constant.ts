// constant: one number, over a shape.
import type { constant } from "../../../ir/leaf.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { resultOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { total } from "../loops.ts";
import { number } from "../scalar.ts";
import { Shader } from "../shader.ts";

export const constantKernel: Kernel<SchemaOf<typeof constant>> = {
  select: (node) => ({ label: shapeLabel("fill", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const shader = new Shader(to, { y: resultOf(node) }, [], true);
    return [shader.each(total(node.type.shape), shader.store("y", "i", number(node.attrs.value, shader)))];
  },
};
