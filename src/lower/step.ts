// Steps of a chain: layers, blocks, merges, braces, assertions; repeated, labelled, named.
// Law: `step * n` is elaborated until its input and output types agree, then it is one instruction, however large n is.
import { sameShape, type TensorType } from "../ir/type.ts";
import type { Body, Call, Expression, Flow as Chain, ListExpression, Statement, Step, Target } from "../language/ast.ts";
import { isMerge } from "../language/builtins.ts";
import type { Fix } from "../source/diagnostic.ts";
import { spanText, type Span } from "../source/text.ts";
import { layerAttributes } from "./attributes.ts";
import { bind } from "./bind.ts";
import { invoke } from "./call.ts";
import { complain, spend, type Context, type Flow, type Surroundings } from "./context.ts";
import { emit } from "./emit.ts";
import { element, evaluate, given, integer, lookUp, member } from "./evaluate.ts";
import { labelOf } from "./label.ts";
import { limits } from "./limits.ts";
import { merge, skip } from "./merge.ts";
import { Numbering } from "./numbering.ts";
import { Recorder, whoMade, type Tensor } from "./recorder.ts";
import { calleeName, isCallable, isPoison, isSequence, isTensor, kindOf, poison, printSample, printShape, printValue, sampleShape, type Poison, type Value } from "./value.ts";

/** `a -> b -> c`. */
export function chain(c: Chain, context: Context, x: Flow): Flow {
  for (const [i, s] of c.steps.entries()) {
    spend(context, s.span);
    const [before, start] = [x, context.recorder.next];
    x = step(s, context, x, i === 0);
    context.recorder.pass(s.span, typeOf(before), typeOf(x), start);
    if (s.as) name(s.as, x, context);
  }
  return x;
}

/** `as name`, `as name[i]`, `let name = …`. */
export function name(target: Target, x: Flow, context: Context): void {
  if (x === null) nothing(target.span, context);
  const value = x ?? poison;
  context.recorder.pass(target.span, typeOf(x), typeOf(x));
  if (!target.index) return context.scope.set(target.name.text, value);
  const i = integer(target.index, context, "an index");
  if (i === null) return;
  if (i >= 0 && i < limits.list) return context.scope.setElement(target.name.text, i, value);
  complain(context, "RN409", target.index.span, `an index is at least 0 and below ${limits.list}, not ${i}`);
}

/** Null where nothing flows, or a mistake. */
export function typeOf(x: Flow): TensorType | null {
  return x && isTensor(x) ? x.type : null;
}

function step(s: Step, context: Context, x: Flow, first: boolean): Flow {
  const times = s.times ? integer(s.times, context, "a number of repetitions") : 1;
  if (times === null) return poison;
  if (times < 0) {
    complain(context, "RN405", s.times!.span, `a step is repeated 0 times or more, not ${times}`);
    return poison;
  }
  let label = labelOf(s.label, context);
  if (label !== null && hasBraces(s)) {
    context = { ...context, numbering: context.numbering.inside(label, s.label!.span) };
    label = null;
  }
  if (times === 0) return x;
  if (times === 1) return once(s, context, x, label, first);
  return namesValues(s) ? unrolled(s, context, x, label, times, first) : repeated(s, context, x, label, times, first);
}

/** Braces open a scope where they are labelled; a layer or block call passes its label on. */
function hasBraces({ what }: Step): boolean {
  return what.kind === "body" || (what.kind === "call" && what.branches !== null);
}

function once(s: Step, context: Context, x: Flow, label: string | null, first: boolean): Flow {
  switch (s.what.kind) {
    case "body": return context.session.body(s.what, context, x);
    case "list": return x === null ? nothing(s.what.span, context) : asserted(s.what, x, context);
    case "call": return call(s.what, context, x, label, first);
  }
}

/** Where something should flow. */
export function nothing(at: Span, context: Context): Poison {
  complain(context, "RN216", at, "nothing flows here yet", { help: ["begin with input x: [C, H, W]"] });
  return poison;
}

// ── repetition ─────────────────────────────────────────────────────────────────────────────────────────────────────

const taps = new WeakMap<Step, boolean>();

/** Does the step name values? Then they outlive the round that names them. */
function namesValues(s: Step): boolean {
  let known = taps.get(s);
  if (known === undefined) taps.set(s, (known = bodiesOf(s).some((b) => b.statements.some(names))));
  return known;
}

function bodiesOf({ what }: Step): readonly Body[] {
  return what.kind === "body" ? [what] : what.kind === "call" ? (what.branches ?? []) : [];
}

function names(s: Statement): boolean {
  switch (s.kind) {
    case "let": case "tap": return true;
    case "flow": return s.steps.some((step) => step.as !== null || namesValues(step));
    case "for": return s.body.statements.some(names);
    case "if": return s.then.statements.some(names) || (s.otherwise !== null && (s.otherwise.kind === "if" ? names(s.otherwise) : s.otherwise.statements.some(names)));
    default: return false;
  }
}

function unrolled(s: Step, context: Context, x: Flow, label: string | null, times: number, first: boolean): Flow {
  context = { ...context, model: null };
  for (let i = 0; i < times && x !== poison; i++) {
    spend(context, s.span);
    x = once(s, context, x, label, first && i === 0);
  }
  return x;
}

/** x → s(x) → s(s(x)) → …; where s keeps the type, all further rounds are equal and make one instruction. */
function repeated(s: Step, context: Context, x: Flow, label: string | null, times: number, first: boolean): Flow {
  for (let left = times; left > 0; ) {
    spend(context, s.span);
    if (!x || !isTensor(x)) return once(s, context, x, label, first && left === times);
    const recorder = new Recorder(`${spanText(s.span).split("\n", 1)[0]!.slice(0, 40)} …`, null, context.recorder);
    const numbering = new Numbering();
    const from = recorder.argument(x.type, whoMade(x));
    const y = once(s, { ...context, recorder, numbering, model: null }, from, label, first && left === times);
    const body = recorder.finish(y && isTensor(y) ? y : null);
    if (!y || !isTensor(y)) {
      context.recorder.fail(body);
      return y;
    }
    const count = sameType(y.type, x.type) ? left : 1;
    left -= count;
    const base = context.numbering.next;
    context.numbering.next += numbering.next * count;
    if (body.totals.nodes === 0 && body.output === body.arguments[0]) continue;
    refuseLabels(numbering, times, context);
    const inputs = [x, ...recorder.outer].map((v) => context.recorder.use(v));
    x = emit({ kind: "repeat", body, inputs, count, scope: context.numbering.path, base, stride: numbering.next, type: y.type, span: s.span }, context);
  }
  return x;
}

function sameType(a: TensorType, b: TensorType): boolean {
  return a === b || (a.dtype === b.dtype && sameShape(a.shape, b.shape));
}

/** Labels in a repeated step stand in the scope around it, so they can name parameters only once. */
function refuseLabels(numbering: Numbering, times: number, context: Context): void {
  for (const { name, span } of numbering.labelled) {
    complain(context, "RN219", span, `\`${name}\` would name the parameters of ${times} repetitions`, { help: ["without a label the repetitions are numbered", "a block has a scope of its own in each repetition"] });
  }
}

// ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function call(c: Call, context: Context, x: Flow, label: string | null, first: boolean): Flow {
  const word = c.name[0]!.text;
  if (c.name.length === 1 && isMerge(word)) {
    if (x === null) return nothing(c.name[0]!.span, context);
    return word === "skip" ? skip(c, context, x) : word === "id" ? identity(c, context, x) : merge(c, context, x);
  }
  const value = callee(c, context);
  if (isTensor(value) && first && !c.args && !c.branches) return value;
  if (!isCallable(value)) return isPoison(value) ? poison : noLayer(c, value, x, context);
  if (c.branches) {
    complain(context, "RN410", c.span, `\`${calleeName(value.callee)}\` takes no braces`, { help: ["skip, cat, add and mul do; a `{ }` as an argument stands in the parentheses"] });
    return poison;
  }
  if (x === null) return nothing(c.span, context);
  const f = c.args?.length ? bind(value, given(c.args, context), context) : value;
  if (f?.callee.kind === "identity") return x;
  const path = context.numbering.take(label);
  if (f && isTensor(x)) return invoke(f, x, path, c.span, context);
  if (f?.callee.kind === "layer") layerAttributes(f.callee, f.bound, c.span, context); // mistakes of its own
  return poison;
}

function identity(c: Call, context: Context, x: Flow): Flow {
  if (c.args?.length || c.branches) complain(context, "RN403", c.span, "`id` takes no arguments and no braces");
  return x;
}

/** What the name before the parentheses stands for: `conv`, `r.basic`, `enc[i]`. */
function callee(c: Call, s: Surroundings): Value {
  const [head, ...rest] = c.name;
  const value = rest.reduce((of, part) => member(of, part, s), lookUp(head!, s));
  return c.index ? element(value, evaluate(c.index, s), c.index.span, s) : value;
}

/** A name that is no layer, where a layer should stand. */
function noLayer(c: Call, value: Value, x: Flow, context: Context): Poison {
  const text = spanText({ ...c.span, end: c.index ? c.span.end : c.name.at(-1)!.span.end });
  if (isTensor(value)) {
    const uses: readonly Fix[] = fitting(value, x).map((m) => ({ message: `use ${m}(${text})`, edits: [{ span: c.span, text: `${m}(${text})` }] }));
    complain(context, "RN213", c.span, `\`${text}\` is a value, not a layer; use add(${text}) or cat(${text})`, { help: uses });
  } else {
    const help = isSequence(value) && !c.index ? [`an element is ${text}[i]`] : [];
    complain(context, "RN214", c.span, `\`${text}\` is ${typeof value === "object" ? kindOf(value) : printValue(value)}, not a layer or block`, { help });
  }
  return poison;
}

/** What can merge the two. */
function fitting(value: Tensor, x: Flow): readonly string[] {
  if (!x || !isTensor(x)) return ["add", "cat"];
  const [a, b] = [sampleShape(value.type), sampleShape(x.type)];
  return [...(sameShape(a, b) ? ["add"] : []), ...(sameShape(a.slice(1), b.slice(1)) ? ["cat"] : [])];
}

// ── shapes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A shape as the program writes it; null where it is none (reported). */
export function shapeOf(e: Expression, s: Surroundings): readonly number[] | null {
  const v = evaluate(e, s);
  if (isPoison(v)) return null;
  const items = typeof v === "object" && v.kind === "list" ? v.items : null;
  if (items?.every((d) => Number.isSafeInteger(d) && Number(d) > 0)) return items as readonly number[];
  complain(s, "RN305", e.span, `a shape is a list of positive integers, not ${printValue(v)}`);
  return null;
}

/** `[64, 8, 8]` as a step: what flows has that shape. */
export function asserted(e: ListExpression, x: Tensor | Poison, context: Context): Flow {
  const shape = shapeOf(e, context);
  if (!shape || isPoison(x)) return poison;
  if (sameShape(sampleShape(x.type), shape)) return x;
  const made = whoMade(x);
  complain(context, "RN303", e.span, `shape here is ${printShape(sampleShape(x.type))}, not ${printShape(shape)}`, {
    related: made ? [{ span: made, message: `this makes ${printSample(x.type)}` }] : [],
  });
  return poison;
}
