// What layers say of the tensors they own: names and layouts as in PyTorch, and how training starts them.
import type { AttrSpec } from "../ir/attr.ts";
import type { ParamSpec } from "../ir/op.ts";

export const initialisations = ["he", "xavier", "zero", "one"] as const;

export const initAttr = (fallback: (typeof initialisations)[number]) =>
  ({ kind: "string", doc: "how training starts the weight: he, xavier, zero or one", oneOf: initialisations, default: fallback }) as const satisfies AttrSpec;

/** A learned tensor that starts as all zeros or all ones. */
export function plainParam(name: string, doc: string, shape: readonly number[], init: string): ParamSpec {
  return { name, doc, shape, init, fanIn: 0, fanOut: 0, state: false };
}

/** A running statistic: in the weights file, not learned by gradient. */
export function stateParam(name: string, doc: string, shape: readonly number[], init: string): ParamSpec {
  return { ...plainParam(name, doc, shape, init), state: true };
}

/** A weight whose start depends on how many numbers it sums and reaches. */
export function weightParam(doc: string, shape: readonly number[], init: string, fanIn: number, fanOut: number): ParamSpec {
  return { name: "weight", doc, shape, init, fanIn, fanOut, state: false };
}
