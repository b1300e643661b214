// skip, cat, add, mul: branches side by side, and what joins them.
// Equations: skip { f } = f(x) + x · skip(via) { f } = f(x) + via(x) · skip(none) { f } = f(x) · cat { a | b } = [a(x), b(x)].
import type { Argument, Block, Call } from "../language/ast.ts";
import { makeImportFix } from "../language/names.ts";
import type { Module } from "../language/program.ts";
import type { Edit, Fix } from "../source/diagnostic.ts";
import { span, spanText } from "../source/text.ts";
import { parametersOf } from "./bind.ts";
import { invoke } from "./call.ts";
import { complain, type Context, type Flow } from "./context.ts";
import { apply, complainShape } from "./emit.ts";
import { evaluateArgument } from "./evaluate.ts";
import type { Tensor } from "./recorder.ts";
import { isCallable, isPoison, isTensor, kindOf, list, poison, printValue, sampleShape, type Callable, type Poison, type Value } from "./value.ts";

// ── skip ───────────────────────────────────────────────────────────────────────────────────────────────────────────

type Shortcut = "identity" | "none" | { readonly argument: Argument; readonly via: Callable };

export function skip(call: Call, context: Context, x: Tensor | Poison): Flow {
  const shortcut = shortcutOf(call, context);
  const [branch, ...more] = call.branches ?? [];
  if (!branch) return poison; // the parser has said so
  if (more.length > 0) complain(context, "RN410", more[0]!.span, "skip has one branch", { help: ["to add several branches write add { … | … }"] });
  const y = context.session.body(branch, context, x);
  if (shortcut === null || !y || !isTensor(y) || !isTensor(x)) return poison;
  if (shortcut === "none" || context.session.plain) return y;
  const other = shortcut === "identity" ? x : through(shortcut, x, y, context);
  return other && isTensor(other) ? add(call, y, other, shortcut === "identity", context) : poison;
}

/** What stands in the parentheses; null where it is wrong (reported). */
function shortcutOf(call: Call, context: Context): Shortcut | null {
  const [argument, ...more] = call.args ?? [];
  if (!argument) return "identity";
  if (more.length > 0 || (argument.name && argument.separator === "=")) {
    complain(context, "RN401", (more[0] ?? argument).span, "skip takes one argument, its shortcut", { help: ["a name for the shortcut's parameters is written skip(name: via)"] });
    return null;
  }
  const via = evaluateArgument(argument.value, context);
  if (isPoison(via)) return null;
  if (typeof via === "object" && via.kind === "word" && via.word === "none") return "none";
  if (isCallable(via) && via.callee.kind !== "model") return { argument, via };
  complain(context, "RN404", argument.value.span, `the shortcut of a skip is a block, a layer or none, not ${printValue(via)}`, isTensor(via) ? { help: [`to add a named value write add(${spanText(argument.value.span)})`] } : {});
  return null;
}

/** via(x); a free parameter `to` receives the shape that the branch made. */
function through({ argument, via }: Exclude<Shortcut, string>, x: Tensor, y: Tensor, context: Context): Flow {
  const adapts = via.callee.kind === "block" && !via.bound.has("to") && parametersOf(via.callee).names.includes("to");
  const bound = adapts ? new Map([...via.bound, ["to", { value: list(sampleShape(y.type)), span: argument.span }]]) : via.bound;
  const path = context.numbering.take(argument.name?.text ?? "shortcut");
  return invoke({ ...via, bound }, x, path, argument.value.span, context);
}

function add(call: Call, branch: Tensor, shortcut: Tensor, plain: boolean, context: Context): Flow {
  const at = call.name[0]!.span;
  const help = plain ? adapting(call, branch, shortcut, context.module) : ["a shortcut block with a parameter `to` receives the shape it has to make"];
  return apply(context.session.layers.get("skip")!, [branch, shortcut], {}, context.numbering.path, at, context, (p) => complainShape("RN301", p.problem, help, [branch, shortcut], at, context));
}

/** "give the skip a shortcut that adapts": for images one that the file can see, or the library's; for a vector a dense layer. */
function adapting({ name: [word], args }: Call, branch: Tensor, shortcut: Tensor, { names, file }: Module): readonly Fix[] {
  const { source, end } = word!.span;
  const written = args ? /^\s*\(\s*\)/.exec(source.text.slice(end))?.[0] : ""; // not where a comment is in the parentheses
  const shortcutBy = (name: string): readonly Edit[] => (written === undefined ? [] : [{ span: span(source, end, end + written.length), text: `(${name})` }]);
  const offer = (name: string): Fix => ({ message: `give the skip a shortcut that adapts: skip(${name}) { … }`, edits: shortcutBy(name) });
  const [to, from] = [sampleShape(branch.type), sampleShape(shortcut.type)];
  if (to.length === 1) return [offer(`dense(${to[0]})`)];
  if (to.length !== IMAGE || from.length !== IMAGE) return [{ message: "give the skip a shortcut that adapts: a block with a parameter `to` receives the shape it has to make", edits: [] }];
  const seen = [...names].filter(([, d]) => d.kind === "block" && isShortcut(d.declaration)).map(([name]) => name);
  if (seen.length > 0) return seen.slice(0, MOST_SHORTCUTS).map(offer);
  const message = 'give the skip a shortcut that adapts: import { project } from "rn/resnet", then skip(project) { … }';
  const brought = names.has("project") ? null : makeImportFix(file, "project", "rn/resnet");
  return [{ message, edits: brought && written !== undefined ? [...brought.edits, ...shortcutBy("project")] : [] }];
}

/** Axes of [C, H, W]. */
const IMAGE = 3;
const MOST_SHORTCUTS = 2;

/** Has it a parameter `to`, and needs nothing else? */
function isShortcut({ params }: Block): boolean {
  return params.some((p) => p.name.text === "to") && params.every((p) => p.name.text === "to" || p.fallback !== null);
}

// ── cat, add, mul ──────────────────────────────────────────────────────────────────────────────────────────────────

export function merge(call: Call, context: Context, x: Tensor | Poison): Flow {
  const name = call.name[0]!.text;
  if (call.branches && call.args) {
    complain(context, "RN410", call.span, `${name} takes either values in parentheses or branches in braces`);
    return poison;
  }
  const operands: (Flow | Value)[] = call.branches ? [] : [x, ...(call.args ?? []).map((a) => operand(name, a, context))];
  for (const b of call.branches ?? []) operands.push(context.session.body(b, context, x));
  const values = operands.filter((v) => v !== null).filter(isTensor);
  if (values.length < operands.length) return poison;
  const at = call.branches ? call.name[0]!.span : call.span;
  return apply(context.session.layers.get(name)!, values, {}, context.numbering.path, at, context, (p) => complainShape("RN301", p.problem, p.help === undefined ? [] : [p.help], values, at, context));
}

function operand(name: string, { value: written, name: label, span }: Argument, context: Context): Value {
  if (label) {
    complain(context, "RN401", span, `the arguments of ${name} have no names`);
    return poison;
  }
  const value = evaluateArgument(written, context);
  if (isTensor(value) || isPoison(value)) return value;
  const branch = isCallable(value) ? `as a branch: ${name} { id | ${spanText(written.span)} }` : null;
  complain(context, "RN404", span, `${name} takes named values, not ${kindOf(value)}`, branch === null ? {} : { help: [branch] });
  return poison;
}
