// dropout: regularises training; in inference it is the identity.
import type { Composite } from "../ir/op.ts";
import { N, tensor } from "../ir/type.ts";

const attrs = { p: { kind: "float", doc: "probability that a number is dropped in training", default: 0.5, min: 0, max: 1 } } as const;

export const dropout: Composite<typeof attrs> = {
  kind: "composite",
  name: "dropout",
  random: true,
  doc: "Drops numbers at random in training (Srivastava et al. 2014); in inference all pass unchanged.",
  inputs: ["x"],
  attrs,
  positional: 1,
  samples: [{ inputs: [tensor([N, 3, 4, 4])], attrs: { p: 0.2 } }],
  build: (_, [x]) => x!,
};
