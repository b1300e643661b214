// What each kernel call takes inside whole runs, where weights come from memory and not from a cache that repetition warmed.
// Out: a table of a network's layers, equal ones together, and the numbers that the project promises.
import { labelOf } from "../../src/codegen/module/steps.ts";
import { Compilation } from "../../src/index.ts";
import { isOp } from "../../src/ir/graph.ts";
import type { Node } from "../../src/ir/op.ts";
import { printType } from "../../src/ir/type.ts";
import { conv2d } from "../../src/ops/index.ts";
import { Child } from "./child-process.ts";
import type { Models } from "./models.ts";
import { best, median } from "./statistics.ts";

export interface Layer {
  readonly label: string;
  readonly shapes: string;
  readonly node: Node;
  /** How often the network has it. */
  readonly count: number;
  /** Of one call, in milliseconds. */
  readonly best: number;
  readonly median: number;
  /** Of one call, convolutions as if computed directly. */
  readonly flops: number;
}
export interface Layers {
  readonly network: string;
  readonly title: string;
  readonly layers: readonly Layer[];
}

const [LEAST_RUNS, MILLISECONDS] = [20, 8000] as const;

export async function measureLayers(models: Models, quick: boolean): Promise<Layers> {
  const job = { ...models.job("wasm", 1, 1)!, kernels: true };
  const steps = new Compilation(models.network.text, { only: models.network.export, target: "wasm" }).exports[0]!.plan.programs.run;
  const { child } = await Child.start(job);
  try {
    await child.turn(500, 3);
    const { kernels } = await child.turn(quick ? 1000 : MILLISECONDS, LEAST_RUNS);
    if (kernels.some((run) => run.length !== steps.length)) throw new Error(`${models.network.name}: ${kernels[0]?.length} calls of kernels for ${steps.length} steps`);
    const calls = steps.map(({ node, selection }, i) => ({ node, label: labelOf(selection.label, node), times: kernels.map((run) => run[i]!) }));
    return { network: models.network.name, title: models.network.title, layers: together(calls) };
  } finally {
    child.end();
  }
}

interface Call {
  readonly node: Node;
  readonly label: string;
  readonly times: readonly number[];
}

/** Calls of one label on one shape; the figures are the mean of theirs. */
function together(calls: readonly Call[]): readonly Layer[] {
  const groups = new Map<string, Call[]>();
  for (const c of calls) {
    const key = `${c.label} ${shapesOf(c.node)}`;
    groups.set(key, [...(groups.get(key) ?? []), c]);
  }
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return [...groups.values()].map((group) => {
    const [{ node, label }] = group as [Call];
    return { label, node, shapes: shapesOf(node), count: group.length, best: mean(group.map((c) => best(c.times))), median: mean(group.map((c) => median(c.times))), flops: flopsOf(node) };
  });
}

function shapesOf(node: Node): string {
  return `${node.inputs.slice(0, 2).map((i) => printType(i.type)).join(" ")} → ${printType(node.type)}`;
}

/** Multiplications and additions of the direct method, at batch 1. */
function flopsOf(node: Node): number {
  if (node.op.kind !== "core" || !node.op.macs) return 0;
  const { fixed, perSample } = node.op.macs(node.inputs.map((i) => i.type), node.attrs, node.type);
  return 2 * (fixed + perSample);
}

/** GFLOP/s over all layers that are asked for: work by time; and of the slowest of them. */
export function speedOf({ layers }: Layers, asked: (convolution: Node<typeof conv2d>) => boolean): { readonly best: number; readonly median: number; readonly slowest: number } | null {
  const chosen = layers.filter((l) => isOp(l.node, conv2d) && asked(l.node));
  if (chosen.length === 0) return null;
  const work = chosen.reduce((sum, l) => sum + l.count * l.flops, 0);
  const time = (of: "best" | "median"): number => chosen.reduce((sum, l) => sum + l.count * l[of], 0);
  return { best: work / time("best") / 1e6, median: work / time("median") / 1e6, slowest: Math.min(...chosen.map((l) => l.flops / l.median / 1e6)) };
}

/** 1×1 convolutions that sum 128 products or more: matrix products. */
export function isPointwise(n: Node<typeof conv2d>): boolean {
  const [, k, rows, columns] = n.inputs[1]!.type.shape as readonly number[];
  return rows === 1 && columns === 1 && k! >= 128;
}

/** Of stride 1, which Winograd's method can compute. */
export function isThreeByThree(n: Node<typeof conv2d>): boolean {
  const [, , rows, columns] = n.inputs[1]!.type.shape;
  return rows === 3 && columns === 3 && n.attrs.stride.every((s) => s === 1);
}

/** Is its result, channels last, of 28 × 28 pixels or more? */
export function isLarge(n: Node<typeof conv2d>): boolean {
  return Number(n.type.shape[1]) >= 28;
}

export function isStridedThreeByThree(n: Node<typeof conv2d>): boolean {
  const [, , rows, columns] = n.inputs[1]!.type.shape;
  return rows === 3 && columns === 3 && !isThreeByThree(n);
}
