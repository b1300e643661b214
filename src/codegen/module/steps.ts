// The programs of a plan as text: a call per step, in order, repeated blocks as loops.
import { size } from "../../ir/scalar.ts";
import { printScalar } from "../../ir/scalar-text.ts";
import type { Scalar } from "../../ir/scalar.ts";
import { printType } from "../../ir/type.ts";
import type { Node } from "../../ir/op.ts";
import type { Buffer, Step } from "../../plan/plan.ts";
import type { Row } from "../../plan/reroll.ts";
import { lineReference } from "../../source/text.ts";
import { product } from "../code.ts";
import { comment, ident } from "../names.ts";
import { isBatched } from "../operands.ts";
import { isZero, rolledText, termText, type Term } from "./rolled.ts";

/** How a target calls its kernels. */
export interface Calls {
  /** The name of the step's function, made where it is new. */
  functionOf(step: Step): string;
  /** What one element of memory counts in an offset: 1 in an array, its bytes in a memory. */
  readonly unit: number;
  /** False where kernels are not given n, the samples of the run. */
  readonly counted?: boolean;
  /** An argument from the name of what it lies in and its offset there ("0" at its start). */
  argument(place: string, offset: string): string;
}

/** What the programs call the memory of a region; inputs have names of their own. */
const regions = { weights: "weights", packed: "packed", staging: "staging", activations: "activations", scratch: "scratch" } as const;

/** What stands between the calls: statements before a step. */
export type Between = (step: number) => string | null;

/** The calls of a program. `inputs` are the names of the inputs. */
export function programText(steps: readonly Step[], inputs: ReadonlyMap<string, string>, { functionOf, unit, counted = true, argument }: Calls, between: Between = () => null): string {
  const before = (t: number): readonly Row[] => {
    const statement = between(t);
    return statement === null ? [] : [{ key: JSON.stringify({ statement }), numbers: [] }];
  };
  const row = (step: Step): Row => {
    const name = functionOf(step);
    const buffers = buffersOf(step);
    const places = buffers.map((b) => (b.region === "input" ? inputs.get(b.name!)! : regions[b.region]));
    const origin = originOf(step.node);
    const batched = counted && step.kind === "compute" && isBatched(step.node);
    return {
      key: JSON.stringify({ call: name, batched, places, origin: origin?.text ?? null }),
      numbers: [...buffers.flatMap((b) => [unit * b.offset.fixed, unit * b.offset.perSample]), ...(origin?.numbers ?? [])],
    };
  };
  const rows = steps.length === 0 ? before(0) : steps.flatMap((step, t) => [...before(t), row(step)]);
  return rolledText(rows, (key, numbers) => {
    const { statement, call, batched, places, origin } = JSON.parse(key) as { statement?: string; call: string; batched: boolean; places: string[]; origin: string[] | null };
    if (statement !== undefined) return statement;
    const args = places.map((place, i) => argument(place, offset(numbers[2 * i]!, numbers[2 * i + 1]!)));
    const where = origin ? `// ${origin.map((text, i) => text + (i < origin.length - 1 ? shown(numbers[2 * places.length + i]!) : "")).join("")}\n` : "";
    return `${where}${call}(${[...(batched ? ["n"] : []), ...args].join(", ")});`;
  });
}

/** What a step's function is given: operands, the result, scratch where the kernel wants it. */
function buffersOf({ kind, inputs, output, scratch }: Step): readonly Buffer[] {
  return [...inputs, output, ...(kind === "compute" && scratch ? [scratch] : [])];
}

/** fixed + perSample · N, where N is the batch that the memory was made for. */
function offset(fixed: Term, perSample: Term): string {
  if (isZero(perSample)) return termText(fixed);
  const grown = product(termText(perSample), "N");
  return isZero(fixed) ? grown : `${termText(fixed)} + ${grown}`;
}

/** A number in a comment: `{1 + i}` where it grows. */
function shown(term: Term): string {
  return term.steps.length === 0 ? String(term.base) : `{${termText(term)}}`;
}

/** "cifar.rn:14 layer1.0.conv1", taken apart at the numbers of its path, which may grow from one repetition to the next. */
function originOf(node: Node): { readonly text: readonly string[]; readonly numbers: readonly number[] } | null {
  const { origin } = node;
  if (!origin || (!origin.span && origin.path === "")) return null;
  const line = origin.span ? comment(lineReference(origin.span)) : "";
  const { text: [first, ...rest], numbers } = splitNumbers(comment(origin.path)); // the first is "" where the path begins with a number
  return { text: [`${line}${line === "" || origin.path === "" ? "" : " "}${first}`, ...rest], numbers };
}

/** "layer1.0.bn" → ["layer", ".", ".bn"] and [1, 0]. Numbers that would not print as they were stay text. */
export function splitNumbers(name: string): { readonly text: readonly string[]; readonly numbers: readonly number[] } {
  const parts = name.split(/(?<!\d)(0|[1-9]\d{0,8})(?!\d)/);
  return { text: parts.filter((_, i) => i % 2 === 0), numbers: parts.filter((_, i) => i % 2 === 1).map(Number) };
}

/** "conv2d [N, 16, 32, 32] [16, 16, 3, 3] [16, 1, 1] → [N, 16, 32, 32], then max(x0 + x1, 0)" */
export function description(node: Node): string {
  const expr = (node.attrs["epilogue"] ?? node.attrs["expr"]) as Scalar | null | undefined;
  const shapes = node.inputs.length > 8 ? `${node.inputs.length} operands` : node.inputs.map((x) => printType(x.type)).join(" ");
  const what = expr && size(expr) <= 60 ? `${"expr" in node.attrs ? ": " : ", then "}${printScalar(expr)}` : "";
  return comment(`${node.op.name} ${shapes} → ${printType(node.type)}${what}`);
}

const RELU = /^max\(.*, 0\)$/;

/** The kernel's label, and "_relu" where its epilogue ends in one. */
export function labelOf(label: string, node: Node): string {
  const expr = (node.attrs["epilogue"] ?? node.attrs["expr"]) as Scalar | null | undefined;
  return ident(expr && size(expr) <= 60 && RELU.test(printScalar(expr)) ? `${label}_relu` : label);
}
