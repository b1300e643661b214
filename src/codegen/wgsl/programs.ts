// Programs as text: each step a call of its kernel on buffers, which a host records.
import type { Extent } from "../../ir/type.ts";
import { aligned } from "../../plan/place.ts";
import type { Plan, Step } from "../../plan/plan.ts";
import { programText, type Calls } from "../module/steps.ts";
import type { WgslFunctions } from "./functions.ts";

/** Of an element. */
export const BYTES = 4;

/** Names that a module uses besides those of every module. */
export const ownNames = ["call", "net", "program", "shaders", "trainingProgram", "checkStep", "found"];

/** `inputs`: what the buffers of inputs are called. */
export function programOf(steps: readonly Step[], inputs: ReadonlyMap<string, string>, functions: WgslFunctions): string {
  const calls: Calls = { functionOf: (step) => `call.${functions.nameOf(step)}!`, unit: BYTES, counted: false, argument: (place, offset) => `${place}, ${offset}` };
  return programText(steps, inputs, calls).replaceAll("!(", "«!»(");
}

/** What a buffer must have, so that ranges of whole multiples of 256 bytes can be bound. */
export function room({ fixed, perSample }: Extent, { alignment }: Plan): Extent {
  return { fixed: aligned(fixed, alignment), perSample: aligned(perSample, alignment) };
}
