// The kernel that looks for numbers that are infinite or none among all that a step stores. WGSL says nothing about such numbers, so
// their bits are looked at. Each invocation marks whether it found one.
import type { Plan } from "../../plan/plan.ts";
import { quantity } from "../axes.ts";
import { lines, times } from "../code.ts";
import type { WgslFunctions } from "./functions.ts";
import type { Stage } from "./kernel.ts";
import { room } from "./programs.ts";
import { Shader } from "./shader.ts";

/** Invocations: enough to keep a device busy, and few marks to read back. */
export const MARKS = 4096;

const EXPONENT = 0x7f800000;
/** Elements that every device binds at once. */
const MOST_BOUND = 2 ** 25;

/** Ranges of equal size that cover the weights: the last may begin before the end of the one before it. */
export function piecesOf(step: Plan): { readonly offsets: readonly number[]; readonly size: number } {
  const all = room(step.regions.weights, step).fixed;
  const count = Math.ceil(all / MOST_BOUND);
  const size = room({ fixed: Math.ceil(all / count), perSample: 0 }, step).fixed;
  return { offsets: times(count, (k) => Math.min(k * size, all - size)), size };
}

/** The name of the kernel for a piece of that size. */
export function finiteKernel(functions: WgslFunctions, size: number): string {
  return functions.add("finite", "finite", [{ fixed: size, perSample: 0 }, { fixed: MARKS, perSample: 0 }], () => [finiteStage(size)]);
}

/** Of so many elements of argument 0, marked in argument 1. */
export function finiteStage(elements: number): Stage {
  const shader = new Shader({ label: "finite", arguments: [{ place: 0, access: "read", element: "i32" }, { place: 1, access: "read_write", element: "f32" }] }, { x: 0, y: 1 }, [], true);
  return shader.each(quantity(MARKS), lines(
    `var mark = 0.0;`,
    `for (var k = i; k < ${shader.number(elements)}; k += ${MARKS}u) {`,
    `if ((x[k] & ${EXPONENT}) == ${EXPONENT}) { mark = 1.0; }`,
    `}`,
    shader.store("y", "i", "mark"),
  ));
}
