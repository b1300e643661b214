// The numbers of a random case as the f64 interpreter takes them.
import type { Given } from "../../src/ir/eval.ts";
import { bind } from "../../src/ir/type.ts";
import type { Case } from "./generate.ts";
import { nameOf, numbersOf, tensorOf } from "./generate-data.ts";

export function givenOf(it: Case): Given {
  const { inputs, parameters } = numbersOf(it);
  return {
    inputs: Object.fromEntries(it.graph.inputs.map((n) => [nameOf(n), tensorOf(bind(n.type.shape, it.samples), inputs[nameOf(n)]!)])),
    parameters: Object.fromEntries(Object.entries(parameters).map(([name, t]) => [name, tensorOf(t.shape, t.data)])),
    batch: it.samples,
  };
}
