// one_hot: classes as vectors. A label that is no class makes zeros: whoever feeds a network checks its labels.
import type { Core } from "../../ir/op.ts";
import { problem } from "../../ir/problem.ts";
import { elements, N, printType, scale, tensor } from "../../ir/type.ts";
import { channelsLastAttr } from "./channels.ts";
import { count } from "./strided.ts";

const attrs = {
  classes: { kind: "int", doc: "how many", min: 1 },
  channelsLast: { ...channelsLastAttr, doc: "the new axis is the last instead of the second" },
} as const;

export const oneHot: Core<typeof attrs> = {
  kind: "core",
  name: "one_hot",
  doc: "Labels [N, …] as vectors along a new second axis: y[n, c, …] is 1 where the label is c, else 0.",
  inputs: ["labels"],
  integers: ["labels"],
  attrs,
  samples: [
    { inputs: [tensor([N], "i32")], attrs: { classes: 5 } },
    { inputs: [tensor([N, 3, 2], "i32")], attrs: { classes: 4 } },
    { inputs: [tensor([N, 3, 2], "i32")], attrs: { classes: 5, channelsLast: true } },
  ],
  infer: ([labels], { classes, channelsLast }) => {
    const [batch, ...rest] = labels!.shape;
    if (batch === undefined) return problem(`one_hot needs labels [N, …], found ${printType(labels!)}`);
    return tensor(channelsLast ? [batch, ...rest, classes] : [batch, classes, ...rest]);
  },
  eval: ([labels], { classes, channelsLast }, shape) => {
    const out = new Float64Array(count(shape));
    const pixels = count(labels!.shape.slice(1));
    labels!.data.forEach((label, i) => {
      if (!Number.isInteger(label) || label < 0 || label >= classes) return;
      out[channelsLast ? i * classes + label : (Math.floor(i / pixels) * classes + label) * pixels + (i % pixels)] = 1;
    });
    return out;
  },
  flops: (_, __, out) => scale(elements(out.shape), 1),
};
