// THE list of passes, in order, with the reasons for the order; checked when this file loads. In: the graph in the language's
// layers. Out: the same function in few core ops. The graph is verified after each pass; who fails is named.
import { decompose } from "../ir/decompose.ts";
import type { Graph } from "../ir/graph.ts";
import { CompilerError } from "../ir/problem.ts";
import { verify } from "../ir/verify.ts";
import { foldBatchNorm } from "./batchnorm.ts";
import { addEpilogues } from "./epilogue.ts";
import { fold } from "./fold.ts";
import { fuse } from "./fuse.ts";
import { channelsLast } from "./layout.ts";
import { absorbPadding } from "./padding.ts";
import { splitSums } from "./sums.ts";

export interface Pass {
  readonly name: string;
  /** One sentence. */
  readonly doc: string;
  /** May be left out: results stay the same but for rounding. */
  readonly optional: boolean;
  /** Runs only for targets that want it. */
  readonly wanted?: "channelsLast";
  /** Pure: the graph goes in, another comes out. */
  run(graph: Graph): Graph;
  /** Passes that come before this one where both run, and why. */
  readonly after: readonly { readonly pass: string; readonly reason: string }[];
}

export const passes: readonly Pass[] = [
  {
    name: "decompose",
    doc: "Replaces every layer by what it means in core ops.",
    optional: false,
    run: (graph) => decompose(graph),
    after: [],
  },
  {
    name: "fold",
    doc: "Computes constants and removes identities.",
    optional: true,
    run: fold,
    after: [{ pass: "decompose", reason: "core ops know their identities, layers do not" }],
  },
  {
    name: "padding",
    doc: "Makes zeros around an image the convolution's own padding.",
    optional: true,
    run: absorbPadding,
    after: [{ pass: "fold", reason: "a pad by nothing would hide the pad below it" }],
  },
  {
    name: "batchnorm",
    doc: "Moves scales and shifts of a convolution's channels into its weights.",
    optional: true,
    run: foldBatchNorm,
    after: [{ pass: "fold", reason: "a map of one operand in disguise is no chain" }],
  },
  {
    name: "fuse",
    doc: "Makes chains of elementwise ops one map.",
    optional: true,
    run: fuse,
    after: [{ pass: "batchnorm", reason: "scale and shift are sought in a map of their own; the ReLU fused to them would hide them" }],
  },
  {
    name: "epilogue",
    doc: "Does elementwise work on a kernel's result while it is in registers.",
    optional: true,
    run: addEpilogues,
    after: [
      { pass: "batchnorm", reason: "a convolution with an epilogue is no longer linear" },
      { pass: "fuse", reason: "a shortcut's addition and the ReLU behind it go into one epilogue as one map" },
    ],
  },
  {
    name: "layout",
    doc: "Puts the channels of images last between the edges of the program.",
    optional: false,
    wanted: "channelsLast",
    run: channelsLast,
    after: [{ pass: "epilogue", reason: "what other passes know of channels is written for [N, C, H, W]" }],
  },
  {
    name: "sums",
    doc: "Sums samples before it sums over them.",
    optional: true,
    wanted: "channelsLast",
    run: splitSums,
    after: [{ pass: "layout", reason: "only where channels are last do sums over pixels lie side by side" }],
  },
];

checkOrder();

export const optionalPasses: readonly string[] = passes.filter((p) => p.optional).map((p) => p.name);

export interface PipelineOptions {
  /** Optional passes to leave out, by name. */
  readonly disabled: ReadonlySet<string>;
  /** The target's kernels want channels last. */
  readonly channelsLast?: boolean;
  /** Sees each pass's graph before and after. */
  observe?(pass: Pass, before: Graph, after: Graph): void;
}

/** All passes but the disabled ones, each verified. Throws a CompilerError that names the pass. */
export function runPipeline(graph: Graph, options: PipelineOptions): Graph {
  let now = graph;
  for (const pass of passes) {
    if (pass.optional && options.disabled.has(pass.name)) continue;
    if (pass.wanted && !options[pass.wanted]) continue;
    const after = runPass(pass, now);
    options.observe?.(pass, now, after);
    now = after;
  }
  return now;
}

export function runPass(pass: Pass, graph: Graph): Graph {
  const where = `pass ${pass.name}`;
  let after: Graph;
  try {
    after = pass.run(graph);
  } catch (e) {
    throw new CompilerError(where, e instanceof Error ? e.message : String(e));
  }
  verify(after, where, { core: true });
  return after;
}

function checkOrder(): void {
  passes.forEach((p, at) => {
    for (const { pass, reason } of p.after) {
      const other = passes.findIndex((q) => q.name === pass);
      if (other < 0 || other >= at) throw new CompilerError("pipeline", `${p.name} comes after ${pass}: ${reason}`);
    }
  });
}
