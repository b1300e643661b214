// A case, compiled and run as an application would run it, but watched: the module's kernels are wrapped (function declarations can
// be assigned to, and so can the one that instantiates WebAssembly), so that each call shows its arguments. What a kernel wrote is copied as soon as it returns; around it, memory
// that nobody may read any more is filled with NaN.
// Law: the text that runs is the emitter's, with lines after it and none changed.
import { targets } from "../../src/compiler/targets.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { elementsPerSample, bind, type Extent } from "../../src/ir/type.ts";
import { passes, runPass } from "../../src/passes/pipeline.ts";
import { makePlan } from "../../src/plan/make.ts";
import { separateOutputs } from "../../src/plan/outputs.ts";
import type { Plan, Step } from "../../src/plan/plan.ts";
import { writeSafetensors } from "../../src/runtime/safetensors-file.ts";
import { deadAfter, guards, type Range } from "./dead.ts";
import type { Numbers } from "./generate-data.ts";
import type { Case } from "./generate.ts";
import type { Module } from "./module.ts";

/** A compiler bug to seed: each changes one form on its way. */
export interface Mutation {
  readonly graph?: (graph: Graph, pass: string) => Graph;
  readonly plan?: (plan: Plan) => Plan;
  readonly text?: (text: string) => string;
}

export interface Compiled {
  readonly graph: Graph;
  /** As it was before a mutation of it: what the text ought to do. */
  readonly plan: Plan;
  readonly text: string;
}

/** What a step of the plan wrote, in the element type of its memory. */
export interface Written {
  readonly step: Step;
  readonly data: Float32Array | Float64Array;
}

export interface Run {
  /** Compute steps of `prepare`, then of `run`, in order. */
  readonly written: readonly Written[];
  readonly outputs: Readonly<Record<string, Float32Array>>;
  /** Of a second run, unwatched and unpoisoned; of every fourth case. */
  readonly again: Readonly<Record<string, Float32Array>> | null;
}

export type TargetName = keyof typeof targets;

export function compileCase(c: Case, mutation: Mutation = {}, target: TargetName = "ts"): Compiled {
  const { target: targetOf, emit, channelsLast } = targets[target];
  let graph = c.graph;
  for (const pass of passes) {
    if (pass.optional && c.without.includes(pass.name)) continue;
    if (pass.wanted && !channelsLast) continue;
    graph = runPass(pass, graph);
    graph = mutation.graph?.(graph, pass.name) ?? graph;
  }
  graph = separateOutputs(graph); // as planning would: the plan's nodes are this graph's
  const plan = makePlan(graph, targetOf({ strictMath: c.seed % 8 === 7 }), "fuzz", { guard: c.seed % 3 === 0 ? 5 : 0 });
  const text = emit(mutation.plan?.(plan) ?? plan, { version: "0", js: true, threads: false, source: "fuzz.rn", doc: null, macs: 0, weightsFile: "fuzz.safetensors" }).files.find((f) => f.name.endsWith(".js"))!.text;
  return { graph, plan, text: mutation.text?.(text) ?? text };
}

type Watch = (call: () => void, args: readonly unknown[]) => void;
export interface Watched extends Pick<Module, "create"> {
  watch(watch: Watch | null): void;
  /** Of a module whose kernels work in one memory: the memory of the last net. */
  memory(): ArrayBuffer;
  /** Where its regions lie there, in bytes. */
  place(batch: number): Readonly<Record<string, number>>;
}

/** name(…, y, yo) or name(…, y, yo, s, so): how kernels and packings end their parameters, and nothing else does. */
const kernels = /^function (\w+)\((?:[^)]*, )?y, yo(?:, s, so)?\)/gm;

/**
 * Evaluates the module as the body of a function, not as an import: an engine never forgets an import, and these are many. `more`: what
 * else of the module is wanted, by name.
 */
export function evaluate(text: string, more: readonly (string | null)[] = []): Watched {
  const wasm = /^async function instantiate\(/m.test(text);
  const wraps = wasm ? [instantiation] : [...text.matchAll(kernels)].map(([, name]) => `${name} = $wrap(${name});`);
  const body = `"use strict";
${text.replace(/^export (?=(?:async )?function|class|const)/gm, "")}
let $seen = null;
let $memory = null;
function $wrap(f) { return (...args) => ($seen ? $seen(() => f(...args), args) : f(...args)); }
${wraps.join("\n")}
return { create, watch: (watch) => { $seen = watch; }, memory: () => $memory, place: ${wasm ? "place" : "null"}${more.map((name) => (name ? `, ${name}` : "")).join("")} };`;
  return (new Function(body) as () => Watched)();
}

/** Kernels of WebAssembly are an object's functions. */
const instantiation = `const $instantiate = instantiate;
instantiate = async (module, memory) => {
  $memory = memory.buffer;
  return Object.fromEntries(Object.entries(await $instantiate(module, memory)).map(([name, f]) => [name, $wrap(f)]));
};`;

/** What a call writes: its arguments end in y, yo or y, yo, s, so (arrays and offsets), or in y or y, s (addresses in bytes). */
function written(module: Watched, plan: Plan, step: Step, args: readonly unknown[], batch: number): { readonly y: Float32Array | Float64Array; readonly yo: number; readonly base: number } {
  if (plan.target === "ts") {
    const [y, yo] = args.slice(args.length - (step.scratch ? 4 : 2)) as [Float32Array | Float64Array, number];
    return { y, yo, base: 0 };
  }
  return { y: new Float32Array(module.memory()), yo: (args.at(step.scratch ? -2 : -1) as number) / 4, base: module.place(batch)["activations"]! / 4 };
}

export async function execute({ plan, text }: Compiled, c: Case, { inputs, parameters }: Numbers): Promise<Run> {
  const module = evaluate(text);
  const seen: Written[] = [];
  const elements = (e: Extent): number => e.fixed + e.perSample * c.batch;

  const watch = (steps: readonly Step[], dead: readonly (readonly Range[])[] = [], free: readonly (readonly Range[])[] = []): (() => void) => {
    let t = 0;
    module.watch((call, args) => {
      const step = steps[t];
      if (!step) throw new Error(`kernel call ${t + 1} of ${steps.length} steps`);
      const { y, yo, base } = written(module, plan, step, args, c.batch);
      const poison = (ranges: readonly Range[] = []): void => ranges.forEach((r) => y.fill(NaN, base + elements(r.offset), base + elements(r.offset) + elements(r.size)));
      poison(free[t]);
      call();
      if (step.kind === "compute") seen.push({ step, data: y.slice(yo, yo + elementsPerSample(bind(step.node.type.shape, c.samples))) });
      poison(dead[t]);
      t++;
    });
    return () => {
      module.watch(null);
      if (t !== steps.length) throw new Error(`${t} kernel calls of ${steps.length} steps`);
    };
  };

  const prepared = watch(plan.programs.prepare);
  const net = await module.create({ weights: writeSafetensors(Object.entries(parameters)), batch: c.batch });
  prepared();
  const done = watch(plan.programs.run, deadAfter(plan), guards(plan));
  const outputs = copied(net.runSync(inputs));
  done();
  const again = c.seed % 4 === 0 ? copied(net.runSync(inputs)) : null;
  net.dispose();
  return { written: seen, outputs, again };
}

function copied(outputs: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(outputs).map(([name, data]) => [name, data.slice()]));
}
