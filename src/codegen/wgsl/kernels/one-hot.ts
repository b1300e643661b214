// one_hot: an invocation per element of the result asks whether it is its label's.
import type { oneHot } from "../../../ops/core/one-hot.ts";
import { lines } from "../../code.ts";
import { fixed, shapeLabel } from "../../operands.ts";
import { resultOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { total } from "../loops.ts";
import { Shader } from "../shader.ts";

export const oneHotKernel: Kernel<SchemaOf<typeof oneHot>> = {
  select: (node) => ({ label: shapeLabel("onehot", node), packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const shader = new Shader(to, { labels: 0, y: resultOf(node) });
    const { classes, channelsLast } = node.attrs;
    const pixels = node.inputs[0]!.type.shape.slice(1).reduce<number>((p, d) => p * Number(d), 1);
    const where = channelsLast || pixels === 1
      ? [`let c = i % ${classes};`, `let at = i / ${classes};`]
      : [`let c = i / ${pixels} % ${classes};`, `let at = i / ${classes * pixels} * ${pixels} + i % ${pixels};`];
    return [shader.each(total(node.type.shape), lines(where, shader.store("y", "i", `select(0f, 1f, ${shader.one("labels", "at")} == i32(c))`)))];
  },
};
