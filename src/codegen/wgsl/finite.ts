// The kernel that looks for numbers that are infinite or none among all that a step stores. WGSL says nothing about such numbers, so
// their bits are looked at. Each invocation marks whether it found one.
import { quantity } from "../axes.ts";
import { lines } from "../code.ts";
import type { Stage } from "./kernel.ts";
import { Shader } from "./shader.ts";

/** Invocations: enough to keep a device busy, and few marks to read back. */
export const MARKS = 4096;

const EXPONENT = 0x7f800000;

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
