// constant: one number, stored over a whole tensor.
import type { constant } from "../../../ir/leaf.ts";
import { splat } from "../assembler/expression.ts";
import { frameOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { storeRun, walk } from "../loops.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { joinAxes, rowMajor } from "../../axes.ts";

export const constantKernel: Kernel<SchemaOf<typeof constant>> = {
  select: (node) => ({ label: shapeLabel("fill", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const { shape } = node.type;
    const frame = frameOf(node, to, []);
    const { f } = frame;
    const value = f.let("value", splat(node.attrs.value));
    walk(frame, joinAxes(shape, [rowMajor(shape)]), [frame.y], ([y], length) => {
      storeRun(f, length, y!, [y!], 4, (vectors, store) => {
        for (let v = 0; v < vectors; v++) store(v, value);
      });
    });
    return f.finish();
  },
};
