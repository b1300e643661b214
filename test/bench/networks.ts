// The networks of the table: programs of examples/, weights that keep activations in the range of trained ones, an image.
// Speed does not depend on the values; that results can be compared does.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Compilation } from "../../src/index.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { random } from "../harness/random.ts";

export interface Network {
  readonly name: string;
  /** As the table calls it. */
  readonly title: string;
  readonly text: string;
  readonly export: string;
  /** Batch-norm scales: small where blocks are summed (each adds little to what passes it by), else about one. */
  readonly gamma: readonly [number, number];
}

export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
export type Weights = ReadonlyMap<string, Weight>;

const residual = [0.3, 0.6] as const;

export const networks: readonly Network[] = [
  ...[18, 34, 50].map((n) => ({ name: `resnet${n}`, title: `ResNet-${n}, 224×224`, text: example("imagenet"), export: `resnet${n}`, gamma: residual })),
  ...[20, 56, 110].map((n) => ({ name: `resnet${n}`, title: `ResNet-${n}, 32×32`, text: example("cifar"), export: `resnet${n}`, gamma: residual })),
  { name: "unet", title: "U-Net, 128×128", text: example("unet").replaceAll("256, 256]", "128, 128]"), export: "unet", gamma: [0.8, 1.1] },
];

function example(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../examples/${name}.rn`, import.meta.url)), "utf8");
}

/** The network in the language's layers. */
export function graphOf({ text, export: only }: Network): Graph {
  return new Compilation(text, { only }).exports[0]!.graph;
}

/** He's uniform distribution for what is multiplied; running statistics and scales near those of trained networks. */
export function weightsOf(graph: Graph, { gamma }: Network): Weights {
  const next = random(2);
  const between = (a: number, b: number): number => a + (b - a) * next();
  return new Map(graph.parameters.map((p) => {
    const { name, shape, fanIn } = p.attrs as unknown as { readonly name: string; readonly shape: readonly number[]; readonly fanIn: number };
    const he = Math.sqrt(6 / (fanIn || shape.slice(1).reduce((a, b) => a * b, 1)));
    const [low, high] = shape.length > 1 ? [-he, he] : name.endsWith("running_var") ? [0.8, 1.2] : name.endsWith("weight") ? gamma : [-0.1, 0.1];
    return [name, { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => between(low, high)) }];
  }));
}

export function imageOf(graph: Graph, batch: number): Float32Array {
  const next = random(1);
  const shape = graph.inputs[0]!.type.shape.slice(1) as number[];
  return Float32Array.from({ length: batch * shape.reduce((a, b) => a * b, 1) }, () => next() * 2 - 1);
}
