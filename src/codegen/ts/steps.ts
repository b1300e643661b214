// The two programs of a plan as functions of the module: a call per step, in order, repeated blocks as loops.
import { size } from "../../ir/scalar.ts";
import { printScalar } from "../../ir/scalar-text.ts";
import type { Scalar } from "../../ir/scalar.ts";
import { printType } from "../../ir/type.ts";
import type { Node } from "../../ir/op.ts";
import { CompilerError } from "../../ir/problem.ts";
import type { Buffer, Plan, Step } from "../../plan/plan.ts";
import type { Row } from "../../plan/reroll.ts";
import { lineReference } from "../../source/text.ts";
import { product } from "../code.ts";
import { comment, ident } from "../names.ts";
import type { Functions } from "./functions.ts";
import { hasScratch, isBatched, type Element, type TsSelection } from "./kernel.ts";
import { kernelOf } from "./kernels/index.ts";
import { isZero, rolledText, termText, type Term } from "./rolled.ts";

/** What the programs call the memory of a region; inputs have names of their own. */
const arrays = { weights: "weights", packed: "packed", staging: "staging", activations: "activations", scratch: "scratch" } as const;

/** The calls of a program. `inputs` are the names of the inputs' arrays. */
export function programText(steps: readonly Step[], plan: Plan, functions: Functions, inputs: ReadonlyMap<string, string>): string {
  const element = (b: Buffer): Element => plan.memory[b.region];
  const rows = steps.map((step): Row => {
    const name = functionOf(step, functions, element);
    const buffers = [...step.inputs, step.output, ...(step.kind === "compute" && hasScratch(step.selection) ? [step.scratch!] : [])];
    const places = buffers.map((b) => (b.region === "input" ? inputs.get(b.name!)! : arrays[b.region]));
    const origin = originOf(step.node);
    const batched = step.kind === "compute" && isBatched(step.node);
    return {
      key: JSON.stringify({ call: name, batched, places, origin: origin?.text ?? null }),
      numbers: [...buffers.flatMap((b) => [b.offset.fixed, b.offset.perSample]), ...(origin?.numbers ?? [])],
    };
  });
  return rolledText(rows, (key, numbers) => {
    const { call, batched, places, origin } = JSON.parse(key) as { call: string; batched: boolean; places: string[]; origin: string[] | null };
    const args = places.map((place, i) => `${place}, ${offset(numbers[2 * i]!, numbers[2 * i + 1]!)}`);
    const where = origin ? `// ${origin.map((text, i) => text + (i < origin.length - 1 ? shown(numbers[2 * places.length + i]!) : "")).join("")}\n` : "";
    return `${where}${call}(${[...(batched ? ["n"] : []), ...args].join(", ")});`;
  });
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

function functionOf(step: Step, functions: Functions, element: (b: Buffer) => Element): string {
  const { node, selection, pack } = step;
  const kernel = kernelOf(node);
  if (!kernel) throw new CompilerError("codegen", `the ts target has no kernel for ${node.op.name}`);
  const inputs = step.inputs.map(element);
  const output = element(step.output);
  const key = `${pack ? pack.signature : selection.signature} ${inputs.join()} ${output}`;
  return functions.add(key, () => pack?.label ?? labelOf(selection.label, node), (name) => {
    const to = { name, selection: selection as TsSelection, inputs, output, ...functions.services };
    if (pack) return kernel.pack!(node as never, pack.operand, to);
    return `/** ${description(node)} */\n${kernel.emit(node as never, to)}`;
  });
}

/** "conv2d [N, 16, 32, 32] [16, 16, 3, 3] [16, 1, 1] → [N, 16, 32, 32], then max(x0 + x1, 0)" */
function description(node: Node): string {
  const expr = (node.attrs["epilogue"] ?? node.attrs["expr"]) as Scalar | null | undefined;
  const shapes = node.inputs.length > 8 ? `${node.inputs.length} operands` : node.inputs.map((x) => printType(x.type)).join(" ");
  const what = expr && size(expr) <= 60 ? `${"expr" in node.attrs ? ": " : ", then "}${printScalar(expr)}` : "";
  return comment(`${node.op.name} ${shapes} → ${printType(node.type)}${what}`);
}

const RELU = /^max\(.*, 0\)$/;

/** The kernel's label, and "_relu" where its epilogue ends in one. */
function labelOf(label: string, node: Node): string {
  const expr = (node.attrs["epilogue"] ?? node.attrs["expr"]) as Scalar | null | undefined;
  return ident(expr && size(expr) <= 60 && RELU.test(printScalar(expr)) ? `${label}_relu` : label);
}
