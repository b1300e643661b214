// conv2d_weight: a workgroup per weight; its invocations share out the images' pixels and add their sums up in a tree.
import type { conv2dWeight } from "../../../ops/core/conv2d-weight.ts";
import { lines } from "../../code.ts";
import { fixed } from "../../operands.ts";
import { resultOf, type Kernel, type SchemaOf } from "../kernel.ts";
import { dividedBy } from "../loops.ts";
import { tree } from "../routines/tree.ts";
import { LANES, Shader } from "../shader.ts";
import { imageOf } from "./image.ts";

export const conv2dWeightKernel: Kernel<SchemaOf<typeof conv2dWeight>> = {
  select: (node) => ({ label: `convweight${node.attrs.kernel.join("x")}_${node.inputs[0]!.type.shape[3]}_${node.type.shape[0]}`, packs: [], scratch: fixed(0), inPlace: [] }),
  emit: (node, to) => {
    const from = imageOf(node.inputs[0]!);
    const image = imageOf(node.inputs[1]!);
    const [outputs, inputs, kh, kw] = node.type.shape as readonly [number, number, number, number];
    const { stride, dilation, pad, groups } = node.attrs;
    const shader = new Shader(to, { x: 0, dy: 1, y: resultOf(node) });
    const pixels = shader.quantity(dividedBy(image.total, image.channels));
    const body = lines(
      `let t = group % ${kw};`,
      `let u = group / ${kw} % ${kh};`,
      `let o = group / ${inputs * kh * kw};`,
      `let channel = o / ${outputs / groups} * ${inputs} + group / ${kh * kw} % ${inputs};`,
      `var v = 0f;`,
      `for (var p = lane; p < ${pixels}; p += ${LANES}) {`,
      `let h = p / ${image.columns} % ${image.rows} * ${stride[0]} + u * ${dilation[0]} - ${pad[0]};`,
      `let b = p % ${image.columns} * ${stride[1]} + t * ${dilation[1]} - ${pad[1]};`,
      `if (h < ${from.rows} && b < ${from.columns}) {`,
      `let at = ((p / ${image.rows * image.columns} * ${from.rows} + h) * ${from.columns} + b) * ${from.channels} + channel;`,
      `v += ${shader.one("dy", `p * ${image.channels} + o`)} * ${shader.one("x", "at")};`,
      `}`,
      `}`,
      tree(shader, LANES, "v", "sum"),
      `if (lane == 0) { ${shader.store("y", "group", "part[0]")} }`,
    );
    const weights = outputs * inputs * kh * kw;
    return [shader.grouped(LANES, { fixed: weights, perSample: 0, per: 1, times: 1 }, String(weights), body)];
  },
};
