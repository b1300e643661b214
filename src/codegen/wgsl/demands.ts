// What a plan asks of a device, limit by limit, for every batch up to one. Law: nothing that is asked for shrinks as the batch grows, so what holds for
// the largest batch holds for all: sizes and groups are fixed + perSample · n with neither below zero, and that is checked.
import { CompilerError } from "../../ir/problem.ts";
import { plus, scale, type Extent } from "../../ir/type.ts";
import { aligned } from "../../plan/place.ts";
import type { Plan } from "../../plan/plan.ts";
import type { TrainingModule } from "../module/trainer.ts";
import { LONGEST } from "../../runtime/check.ts";
import { MOST_GROUPS } from "../../runtime/gpu/recorder.ts";
import { finiteKernel, MARKS, piecesOf } from "./finite.ts";
import { accessOf, WgslFunctions, type PlacedStage, type WgslKernel } from "./functions.ts";
import type { Groups } from "./kernel.ts";
import type { LimitName, Limits } from "./limits.ts";
import { wgslFunctions } from "./module.ts";
import { BYTES, room } from "./programs.ts";
import { ALIGNMENT } from "./target.ts";

/** `indices`: how many elements of one buffer kernels can count, which is no device's affair. */
export type Bound = LimitName | "indices";

export interface Demand {
  readonly limit: Bound;
  /** What asks: "the buffer of activations". */
  readonly what: string;
  /** How much, for batches up to that one. Of an alignment: what it divides. */
  amount(batch: number): number;
}

/** Bytes of which every place where a stage's numbers begin is a multiple. */
const NUMBERS_APART = 256;

/** Of a net. */
export function demandsOf(plan: Plan): readonly Demand[] {
  const { kernels } = wgslFunctions(plan);
  return [...buffers(plan), ...shared(kernels), ...kernels.flatMap(kernelDemands)];
}

/** Of a trainer: its two programs, and what it has besides to look for numbers that are not finite, to take a step back and to read results. */
export function trainerDemandsOf({ step, evaluation }: TrainingModule): readonly Demand[] {
  const { offsets, size } = piecesOf(step);
  const functions = new WgslFunctions(step.alignment);
  for (const s of [...step.programs.run, ...evaluation.programs.run]) functions.nameOf(s);
  finiteKernel(functions, size);
  const { kernels } = functions;
  const weights = BYTES * room(step.regions.weights, step).fixed;
  const found = BYTES * MARKS * offsets.length;
  return [
    ...buffers(step),
    ...buffers(evaluation),
    demand("maxBufferSize", "the copy of the weights", constant(weights)),
    demand("maxBufferSize", "the buffer of marks where numbers are not finite", constant(found)),
    demand("maxBufferSize", "the buffer that results and weights are read from", constant(Math.max(2 * BYTES + found, weights))),
    ...shared(kernels),
    ...kernels.flatMap(kernelDemands),
  ];
}

/** Is there as much, for every batch up to that one? */
export function isMet({ limit, amount }: Demand, limits: Limits, batch: number): boolean {
  if (limit === "indices") return amount(batch) <= LONGEST;
  return limit.startsWith("min") ? amount(batch) % limits[limit] === 0 : amount(batch) <= limits[limit];
}

function buffers(plan: Plan): readonly Demand[] {
  const sizes: readonly (readonly [string, Extent])[] = [
    ...Object.entries(plan.regions).map(([region, size]) => [`the buffer of ${region}`, room(size, plan)] as const),
    ...plan.inputs.map((i) => [`the buffer of input ${i.name}`, room(i.buffer.size, plan)] as const),
    ["the buffer that outputs are read from", plan.outputs.reduce((sum, o) => plus(sum, o.buffer.size), { fixed: 0, perSample: 0 })],
  ];
  return sizes.flatMap(([what, size]) => [demand("maxBufferSize", what, scale(size, BYTES)), demand("indices", what, size)]);
}

/** What all kernels have together. */
function shared(kernels: readonly WgslKernel[]): readonly Demand[] {
  const numbers = kernels.flatMap((k) => k.stages).reduce((sum, s) => sum + aligned(BYTES * Math.max(s.numbers.length, s.subgroups?.numbers.length ?? 0), NUMBERS_APART), 0);
  return [
    demand("maxBufferSize", "the buffer of kernels' numbers", constant(numbers)),
    demand("minStorageBufferOffsetAlignment", "where ranges of buffers begin", constant(BYTES * ALIGNMENT)),
    demand("minUniformBufferOffsetAlignment", "where kernels' numbers begin", constant(NUMBERS_APART)),
  ];
}

function kernelDemands(kernel: WgslKernel): readonly Demand[] {
  return [...bindings(kernel), ...kernel.stages.flatMap((s) => [s, ...(s.subgroups ? [s.subgroups] : [])]).flatMap((s) => dispatch(kernel, s))];
}

function bindings({ name, sizes }: WgslKernel): readonly Demand[] {
  return sizes.map((size) => demand("maxStorageBufferBindingSize", `a range that ${name} works on`, scale(size, BYTES)));
}

function dispatch({ name }: WgslKernel, stage: PlacedStage): readonly Demand[] {
  const access = accessOf(stage);
  const uniforms = access.length - stage.bindings.length;
  const fixed: readonly (readonly [LimitName, number])[] = [
    ["maxBindGroups", 1],
    ["maxBindingsPerBindGroup", access.length],
    ["maxStorageBuffersPerShaderStage", stage.bindings.length],
    ["maxUniformBuffersPerShaderStage", uniforms],
    ["maxUniformBufferBindingSize", 16 * Math.max(1, Math.ceil(stage.numbers.length / 4))],
    ["maxComputeInvocationsPerWorkgroup", stage.invocations],
    ["maxComputeWorkgroupSizeX", stage.invocations],
    ["maxComputeWorkgroupStorageSize", stage.sharedBytes],
  ];
  return [...fixed.map(([limit, amount]) => demand(limit, name, constant(amount))), { limit: "maxComputeWorkgroupsPerDimension", what: name, amount: (batch) => longestSide(stage.groups, batch) }];
}

/** The host makes rows of equal length: at most so long, at most so many, for every number of groups up to the batch's. */
function longestSide({ fixed, perSample, per, times }: Groups, batch: number): number {
  const groups = Math.ceil(grown({ fixed, perSample }, batch) / per) * times;
  return Math.max(Math.min(groups, MOST_GROUPS), Math.ceil(groups / MOST_GROUPS));
}

function demand(limit: Bound, what: string, size: Extent): Demand {
  return { limit, what, amount: (batch) => grown(size, batch) };
}

function constant(amount: number): Extent {
  return { fixed: amount, perSample: 0 };
}

function grown({ fixed, perSample }: Extent, batch: number): number {
  if (!(fixed >= 0 && perSample >= 0)) throw new CompilerError("codegen", `a size of ${fixed} + ${perSample} · N shrinks as the batch grows`);
  return fixed + perSample * batch;
}
