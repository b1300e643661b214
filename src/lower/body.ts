// Statements of a body, in order: what flows goes in, what flows comes out.
import { elementsPerSample, N, tensor, type DType } from "../ir/type.ts";
import type { Body, For, If, Input, Output, Statement } from "../language/ast.ts";
import { complain, count, enter, leave, spend, type Context, type Flow } from "./context.ts";
import { condition, evaluate, withDefault } from "./evaluate.ts";
import { labelOf } from "./label.ts";
import { limits } from "./limits.ts";
import type { Tensor } from "./recorder.ts";
import { Scope } from "./scope.ts";
import { asserted, chain, name, nothing, shapeOf, typeOf } from "./step.ts";
import { elementOf, isPoison, isSequence, isTensor, lengthOf, poison, printValue, printSample, printShape, type Poison } from "./value.ts";

export function elaborateBody(body: Body, context: Context, x: Flow): Flow {
  enter(context, body.span);
  try {
    for (const s of body.statements) {
      if (s.kind === "default") context = { ...context, defaults: withDefault(s.layer, s.args, context) };
      else x = statement(s, context, x);
    }
    return x;
  } finally {
    leave(context);
  }
}

function statement(s: Exclude<Statement, { kind: "default" }>, context: Context, x: Flow): Flow {
  switch (s.kind) {
    case "flow": return chain(s, context, x);
    case "tap":
      name(s.target, x, context);
      return x;
    case "let":
      name(s.target, chain(s.value, context, x), context);
      return x;
    case "if": return branch(s, context, x);
    case "for": return loop(s, context, x);
    case "input": return input(s, context, x);
    case "output":
      output(s, context, x);
      return x;
  }
}

function branch(first: If, context: Context, x: Flow): Flow {
  const inside: Context = { ...context, numbering: context.numbering.inside(labelOf(first.label, context), first.label?.span ?? first.span) };
  for (let s: If | Body | null = first; s; s = s.otherwise) {
    spend(context, s.span);
    if (s.kind === "body") return context.session.body(s, inside, x);
    const test = condition(s.condition, context);
    if (test === null) return poison;
    if (test) return context.session.body(s.then, inside, x);
  }
  return x;
}

function loop(s: For, context: Context, x: Flow): Flow {
  const over = evaluate(s.list, context);
  if (isPoison(over)) return poison;
  if (!isSequence(over)) {
    complain(context, "RN407", s.list.span, `\`for\` runs over a list or a range, not over ${printValue(over)}`, { help: typeof over === "number" ? [`0..${over} counts from 0 to ${over - 1}`] : [] });
    return poison;
  }
  const rounds = lengthOf(over);
  if (rounds > limits.list) {
    complain(context, "RN606", s.list.span, `this loop runs ${count(rounds)} times; at most ${count(limits.list)} are possible`);
    return poison;
  }
  const numbering = context.numbering.inside(labelOf(s.label, context), s.label?.span ?? s.span);
  for (let i = 0; i < rounds; i++) {
    spend(context, s.span);
    const scope = new Scope(context.scope);
    scope.set(s.item.text, elementOf(over, i) ?? poison);
    if (s.index) scope.set(s.index.text, i);
    x = context.session.body(s.body, { ...context, scope, numbering, model: null }, x);
  }
  return x;
}

// ── the signature of a model ───────────────────────────────────────────────────────────────────────────────────────

const elements: ReadonlyMap<string, DType> = new Map([["float", "f32"], ["int", "i32"]]);

/** The first input is what flows. */
function input(s: Input, context: Context, x: Flow): Flow {
  const value = declared(s, context);
  context.scope.set(s.name.text, value);
  context.recorder.pass(s.name.span, null, typeOf(value));
  context.in.value ??= value;
  const first = !context.model || context.model.inputs.size <= 1;
  return first && x === null ? value : x;
}

function declared(s: Input, context: Context): Tensor | Poison {
  const { model } = context;
  if (!model) {
    complain(context, "RN217", s.span, "only a model has inputs, each of them once: not in a `for` or a repetition", { help: ["a block's input is `in`"] });
    return poison;
  }
  const dtype = elements.get(s.element?.text ?? "float");
  if (!dtype) complain(context, "RN404", s.element!.span, `the elements of an input are int or float, not ${s.element!.text}`);
  const shape = shapeOf(s.shape, context);
  if (!shape || !dtype) return poison;
  if (elementsPerSample(shape) > limits.elements) {
    complain(context, "RN608", s.shape.span, `${printShape(shape)} has more elements than can be counted exactly`);
    return poison;
  }
  const value = context.recorder.argument(tensor([N, ...shape], dtype), s.span);
  model.inputs.set(s.name.text, { value, span: s.name.span });
  return value;
}

function output(s: Output, context: Context, x: Flow): void {
  const made = s.value ? chain(s.value, context, x) : x;
  context.recorder.pass(s.name.span, typeOf(made), typeOf(made));
  if (!context.model) return complain(context, "RN217", s.span, "only a model has outputs, each of them once: not in a `for` or a repetition", { help: ["a block's result is what flows at its end"] });
  const flowing = made ?? nothing(s.span, context); // an output still: the model does not lack one
  const before = context.model.outputs.get(s.name.text);
  if (before) return complain(context, "RN218", s.name.span, `there is already an output \`${s.name.text}\``, { related: [{ span: before.span, message: "the first one" }] });
  const value = s.shape ? asserted(s.shape, flowing, context) : flowing;
  checkElement(s, flowing, context);
  context.model.outputs.set(s.name.text, { value: value ?? poison, span: s.name.span });
}

/** Outputs are numbers to be trained on and read as they are: floats. */
function checkElement({ element, name }: Output, flowing: Tensor | Poison, context: Context): void {
  const wanted = element && elements.get(element.text);
  if (element && !wanted) complain(context, "RN404", element.span, `the elements of an output are float, not ${element.text}`);
  else if (isTensor(flowing) && flowing.type.dtype !== "f32") complain(context, "RN303", (element ?? name).span, `an output is float, and this is ${printSample(flowing.type)}`);
  else if (isTensor(flowing) && wanted && flowing.type.dtype !== wanted) complain(context, "RN303", element.span, `this is float ${printSample(flowing.type)}`);
}
