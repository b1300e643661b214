// A trained network's weights in a deeper one. Parameters of the same name keep their values; the last layer of each new branch is zero,
// so that its block adds nothing: relu(x + 0) = x of what has passed a relu (Goyal et al. 2017, section 5.1, start blocks this way).
import { reachable, type Graph } from "../ir/graph.ts";
import { parameter } from "../ir/leaf.ts";
import type { Node } from "../ir/op.ts";
import { initialValues, type Init } from "../runtime/initialise.ts";
import type { Float32Tensor } from "../runtime/safetensors-file.ts";
import { skip } from "../ops/index.ts";

export type Deepened =
  | { readonly tensors: readonly (readonly [string, Float32Tensor])[]; readonly newBlocks: number; readonly newParameters: number }
  | { readonly problem: string; readonly help: string };

type Parameter = Node<typeof parameter>;

/** `weights`: of the shallow network, by name, all of them. */
export function deepen(weights: ReadonlyMap<string, Float32Tensor>, deep: Graph, seed: number): Deepened {
  const parameters = deep.parameters as readonly Parameter[];
  const names = new Set(parameters.map((p) => p.attrs.name));
  const lost = [...weights.keys()].find((name) => !names.has(name));
  if (lost !== undefined) return { problem: `${deep.name} has no ${lost}`, help: naming };
  const other = parameters.find((p) => weights.has(p.attrs.name) && weights.get(p.attrs.name)!.shape.join() !== p.attrs.shape.join());
  if (other) return { problem: `${other.attrs.name} is [${other.attrs.shape.join(", ")}] in ${deep.name}, and [${weights.get(other.attrs.name)!.shape.join(", ")}] in the weights`, help: naming };
  const isNew = (p: Node): boolean => !weights.has((p as Parameter).attrs.name);
  const ends = reachable(deep).filter((n) => n.op === skip).map((n) => endOf(n.inputs[0]!)).filter((end) => end.length > 0 && end.every(isNew));
  const zero = new Set(ends.flat());
  const tensors = parameters.map((p, site) => [p.attrs.name, weights.get(p.attrs.name) ?? { shape: p.attrs.shape, data: zero.has(p) ? new Float32Array(sizeOf(p)) : initialValues(p.attrs as Init, site, seed, sizeOf(p)) }] as const);
  const added = parameters.filter((p) => isNew(p) && !p.attrs.state);
  return { tensors, newBlocks: ends.length, newParameters: added.reduce((sum, p) => sum + sizeOf(p), 0) };
}

const naming = "parameters are matched by name: name the stages, as in \"layer{i + 1}\": { … }, and let the deeper network repeat the last block of each";

/** What the last layer of a branch has learned: with zeros there the branch is zero. */
function endOf(branch: Node): readonly Node[] {
  for (let n = branch; ;) {
    const learned = n.inputs.filter((i) => i.op === parameter && !(i as Parameter).attrs.state);
    if (learned.length > 0 || n.inputs.length !== 1) return learned;
    n = n.inputs[0]!;
  }
}

function sizeOf({ attrs: { shape } }: Parameter): number {
  return shape.reduce((a, b) => a * b, 1);
}
