// dropout: regularises training; in inference it is the identity.
import type { Composite } from "../ir/op.ts";
import { arg, mul, num, select } from "../ir/scalar.ts";
import { N, tensor } from "../ir/type.ts";
import { map } from "./core/map.ts";

const attrs = { p: { kind: "float", doc: "probability that a number is dropped in training", default: 0.5, min: 0, max: 1 } } as const;

export const dropout: Composite<typeof attrs> = {
  kind: "composite",
  name: "dropout",
  random: true,
  doc: "Drops numbers at random in training, and scales the others by 1 / (1 − p) (Srivastava et al. 2014); in inference all pass unchanged.",
  inputs: ["x"],
  attrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 3, 4, 4])], attrs: { p: 0.2 } }],
  build: (b, [x], { p }) => {
    if (!b.training || p === 0) return x!;
    const kept = p < 1 ? mul(arg(0), num(1 / (1 - p))) : num(0);
    return b.make(map, [x!, b.random(x!.type.shape)], { expr: select("<=", num(p), arg(1), kept, num(0)) });
  },
};
