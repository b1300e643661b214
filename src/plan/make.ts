// A plan from an optimised graph: which kernel, in which program, on which memory.
import type { Graph } from "../ir/graph.ts";
import type { Node } from "../ir/op.ts";
import type { Extent } from "../ir/type.ts";
import { withCheckpoints, type Allowance } from "./checkpoints.ts";
import { assignMemory, type MemoryOptions } from "./memory.ts";
import { separateOutputs } from "./outputs.ts";
import { ALIGN } from "./place.ts";
import type { Buffer, ParameterSlot, Plan, Step, Target } from "./plan.ts";
import { selectSteps, type Draft, type Drafts } from "./select.ts";
import { copyUpdates, placeUpdates, type Updated } from "./updates.ts";

export interface PlanOptions extends Omit<MemoryOptions, "alignment" | "streams"> {
  /** Parameters change from run to run: nothing is prepared. Always so where the graph itself changes them. */
  readonly changing?: boolean;
  /** What its activations may take, by computing some of them twice. The plan takes more where that cannot be. */
  readonly allowance?: Allowance;
}

export function makePlan(graph: Graph, target: Target, name: string, options: PlanOptions = {}): Plan {
  const owned = copyUpdates(separateOutputs(graph));
  const alignment = target.alignment ?? ALIGN;
  const memory: MemoryOptions = { ...options, alignment, streams: target.streams ?? false };
  const selected = selectSteps(owned, target, options.changing || owned.updates.length > 0);
  const place = (drafts: Drafts): Updated => placeUpdates(owned, drafts);
  const plain = place(selected);
  const drafts = options.allowance ? withCheckpoints(owned, selected, options.allowance, place, memory) : plain;
  const { buffers, regions, arrivals } = assignMemory(owned, drafts, memory, plain);
  const of = (n: Node): Buffer => buffers.get(drafts.values.get(n)!)!;
  let id = buffers.size;

  const step = ({ kind, node, selection, pack, inputs, output }: Draft): Step => ({
    kind,
    node,
    selection,
    pack,
    inputs: inputs.map((v) => buffers.get(v)!),
    output: buffers.get(output)!,
    scratch: kind === "compute" && isSome(selection.scratch) ? scratch(id++, selection.scratch) : null,
  });
  return {
    name,
    target: target.name,
    inputs: owned.inputs.map((n) => ({ name: of(n).name!, buffer: of(n) })),
    outputs: owned.outputs.map((o) => ({ name: o.name, buffer: of(o.node), type: o.node.type })),
    parameters: owned.parameters.map((n) => ({ node: n, buffer: of(n), before: arrivals.get(drafts.values.get(n)!) ?? 0 })).sort(asLoaded),
    programs: { prepare: drafts.prepare.map(step), run: drafts.run.map(step) },
    regions,
    memory: target.memory,
    alignment,
  };
}

const NONE: Extent = { fixed: 0, perSample: 0 };

function asLoaded(a: ParameterSlot, b: ParameterSlot): number {
  return a.before - b.before || Number(a.buffer.region === "staging") - Number(b.buffer.region === "staging") || a.buffer.offset.fixed - b.buffer.offset.fixed;
}

function isSome(e: Extent): boolean {
  return e.fixed + e.perSample > 0;
}

function scratch(id: number, size: Extent): Buffer {
  return { id, region: "scratch", offset: NONE, size, type: null, name: null };
}
