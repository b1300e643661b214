// Expressions → values, at compile time. Names are looked up here: parameters and values first, then the file, then the language.
// Law: a mistake is reported where it is and becomes poison; whoever meets poison says nothing more.
import { isProblem, type Problem } from "../ir/problem.ts";
import type { Argument, Body, Const, Declaration, Expression, Name } from "../language/ast.ts";
import { isFunction, isMerge, isWord } from "../language/builtins.ts";
import type { Definition, Module } from "../language/program.ts";
import type { Span } from "../source/text.ts";
import { binary, call } from "./arithmetic.ts";
import { attribute } from "./attributes.ts";
import { bind, didYouMean, type Given } from "./bind.ts";
import { complain, type Defaults, type Inlet, type Session, type Surroundings } from "./context.ts";
import { limits } from "./limits.ts";
import { Stop } from "./report.ts";
import { Scope } from "./scope.ts";
import { elementOf, isPoison, isSequence, isTensor, kindOf, lengthOf, list, poison, printSample, printValue, sampleShape, word, type Bound, type Callable, type Value } from "./value.ts";

const nothingBound: ReadonlyMap<string, Bound> = new Map();

export function evaluate(e: Expression, s: Surroundings): Value {
  switch (e.kind) {
    case "number": case "boolean": return e.value;
    case "missing": return poison;
    case "string": return interpolate(e.parts, e.span, s);
    case "name": return lookUp(e, s);
    case "list": return whole(e.items.map((i) => evaluate(i, s)), list);
    case "unary": return unary(e, s);
    case "conditional": {
      const test = condition(e.test, s);
      return test === null ? poison : evaluate(test ? e.then : e.otherwise, s);
    }
    case "binary": {
      if (e.op === "&&" || e.op === "||") {
        const left = condition(e.left, s);
        return left === null ? poison : left === (e.op === "||") ? left : (condition(e.right, s) ?? poison);
      }
      const [op, left, right] = [e.op, evaluate(e.left, s), evaluate(e.right, s)];
      return whole([left, right], () => settle(binary(op, left, right, s.session.keys), e.span, s));
    }
    case "member": return member(evaluate(e.of, s), e.name, s);
    case "index": return element(evaluate(e.of, s), evaluate(e.at, s), e.at.span, s);
    case "call-expression": {
      const { callee, args } = e;
      if (callee.kind === "name" && isFunction(callee.text) && isBuiltin(callee.text, s)) return applyFunction(callee.text, args, e.span, s);
      const value = evaluate(callee, s);
      if (typeof value === "object" && value.kind === "callable") return bind(value, given(args, s), s) ?? poison;
      if (!isPoison(value)) complain(s, "RN407", callee.span, `${printValue(value)} is ${kindOf(value)}, which takes no arguments`);
      return poison;
    }
  }
}

/** `make` of the parts, or poison where one of them is. */
function whole(parts: readonly Value[], make: (parts: readonly Value[]) => Value): Value {
  return parts.some(isPoison) ? poison : make(parts);
}

function settle(result: Value | Problem, at: Span, s: Surroundings): Value {
  if (typeof result !== "object" || !isProblem(result)) return result;
  complain(s, "RN407", at, result.problem);
  return poison;
}

function unary(e: Extract<Expression, { kind: "unary" }>, s: Surroundings): Value {
  if (e.op === "!") {
    const v = condition(e.operand, s);
    return v === null ? poison : !v;
  }
  const v = evaluate(e.operand, s);
  return whole([v], () => settle(binary("-", 0, v, s.session.keys), e.span, s));
}

/** A truth value, or null where there is none (reported). */
export function condition(e: Expression, s: Surroundings): boolean | null {
  const v = evaluate(e, s);
  if (typeof v === "boolean") return v;
  if (!isPoison(v)) complain(s, "RN407", e.span, `a condition is true or false, not ${printValue(v)}`, typeof v === "number" ? { help: ["compare it: `n > 0`"] } : {});
  return null;
}

/** A safe integer, or null where there is none (reported). */
export function integer(e: Expression, s: Surroundings, what: string): number | null {
  const v = evaluate(e, s);
  if (Number.isSafeInteger(v)) return Number(v);
  if (!isPoison(v)) complain(s, "RN406", e.span, `${what} is an integer, not ${printValue(v)}`);
  return null;
}

/** An argument's value; `{ }` becomes a closure. */
export function evaluateArgument(a: Expression | Body, s: Surroundings): Value {
  if (a.kind === "body") return { kind: "callable", callee: { kind: "closure", body: a, home: s }, bound: nothingBound };
  return evaluate(a, s);
}

export function given(args: readonly Argument[], s: Surroundings): readonly Given[] {
  return args.map((argument) => ({ argument, value: evaluateArgument(argument.value, s) }));
}

// ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function isBuiltin(name: string, s: Surroundings): boolean {
  return s.scope.get(name) === undefined && !s.module.names.has(name);
}

/** What a name stands for here. */
export function lookUp({ text, span }: Name, s: Surroundings): Value {
  if (text === "in") {
    if (!s.in.value) complain(s, "RN210", span, "`in` is the input of a block or model; there is none here");
    return s.in.value ?? poison;
  }
  const local = s.scope.get(text);
  if (local !== undefined) return local;
  const definition = s.module.names.get(text);
  if (definition) return defined(definition, s);
  if (text === "") return poison; // recovery found none
  const layer = s.session.layers.get(text);
  if (layer && !isMerge(text)) return callable({ kind: "layer", op: layer, defaults: s.defaults.get(text) ?? nothingBound });
  if (text === "id") return callable({ kind: "identity" });
  if (isWord(text)) return word(text);
  if (isMerge(text)) complain(s, "RN211", span, `\`${text}\` is a step, not a value to pass on`, { help: [`put it in braces: { ${text} { … } }`] });
  else if (isFunction(text)) complain(s, "RN211", span, `\`${text}\` is a function; as a value write ${text}(…)`);
  else complain(s, "RN215", span, `\`${text}\` has no value here`, { help: [didYouMean({ text, span }, s.module.names.keys())].filter((h) => h !== null) });
  return poison;
}

function callable(callee: Callable["callee"]): Callable {
  return { kind: "callable", callee, bound: nothingBound };
}

function defined(d: Definition, s: Surroundings): Value {
  switch (d.kind) {
    case "missing": return poison;
    case "namespace": return { kind: "namespace", module: d.module };
    case "const": return constant(d.module, d.declaration, s.session);
    case "block": case "model": return callable(d);
  }
}

/** Evaluates the constants and defaults of a file: a mistake in one is a mistake, used or not. */
export function evaluateFile(module: Module, session: Session): void {
  defaultsAt(module, null, session);
  for (const d of module.file.declarations) if (d.kind === "const") constant(module, d, session);
}

function constant(module: Module, c: Const, session: Session): Value {
  const known = session.constants.get(c);
  const home = atFile(module, c, session);
  if (known === "open") complain(home, "RN408", c.name.span, `the constant \`${c.name.text}\` needs its own value`);
  if (known !== undefined) return known === "open" ? poison : known;
  session.constants.set(c, "open");
  let value: Value = poison;
  try {
    return (value = early(c, home));
  } finally {
    session.constants.set(c, value); // poison where the program is stopped
  }
}

/** A constant that another needs before the file has come to it: recursion, within bounds. */
function early(c: Const, home: Surroundings): Value {
  const { work } = home.session;
  if (work.depth + limits.constant > limits.depth) {
    complain(home, "RN604", c.name.span, `constants need others that are declared after them, more than ${Math.floor(limits.depth / limits.constant)} in a row`, { help: ["declare a constant before those that need it"] });
    throw new Stop();
  }
  work.depth += limits.constant;
  try {
    return evaluate(c.value, home);
  } finally {
    work.depth -= limits.constant;
  }
}

/** What holds in a file where a declaration stands; null: at its end. */
export function atFile(module: Module, declaration: Declaration | null, session: Session, inlet: Inlet = { value: null }): Surroundings {
  // the defaults are worked out when a layer asks: they may need the very constant that is evaluated here
  return { session, module, scope: new Scope(null, true), in: inlet, get defaults() { return defaultsAt(module, declaration, session); } };
}

function defaultsAt(module: Module, declaration: Declaration | null, session: Session): Defaults {
  const known = declaration && session.defaults.get(declaration);
  if (known) return known;
  let defaults: Defaults = new Map();
  for (const d of module.file.declarations) {
    session.defaults.set(d, defaults);
    if (d === declaration) return defaults;
    if (d.kind === "default") defaults = withDefault(d.layer, d.args, { session, module, scope: new Scope(null, true), defaults, in: { value: null } });
  }
  return defaults;
}

/** The defaults after `default layer(args)`. */
export function withDefault(layer: Name, args: readonly Argument[], s: Surroundings): Defaults {
  const op = s.session.layers.get(layer.text);
  if (layer.text === "") return s.defaults;
  if (!op || isMerge(layer.text)) {
    complain(s, "RN212", layer.span, `\`${layer.text}\` has no arguments that could have defaults`);
    return s.defaults;
  }
  const bound = bind(callable({ kind: "layer", op, defaults: nothingBound }), given(args, s), s);
  if (!bound) return s.defaults;
  for (const [name, value] of bound.bound) attribute(op.name, name, op.attrs[name]!, value, s); // a mistake, used or not
  return new Map([...s.defaults, [layer.text, new Map([...(s.defaults.get(layer.text) ?? []), ...bound.bound])]]);
}

// ── parts of values ────────────────────────────────────────────────────────────────────────────────────────────────

const axes: { readonly [name: string]: number } = { c: 0, h: 1, w: 2 };

/** `value.c .h .w .shape`, `library.name`. */
export function member(of: Value, name: Name, s: Surroundings): Value {
  if (isPoison(of) || name.text === "") return poison;
  const field = name.text;
  if (typeof of === "object" && of.kind === "namespace") {
    const d = of.module.names.get(field);
    if (d && d.kind !== "missing" && d.module === of.module) return defined(d, s);
    complain(s, "RN201", name.span, `${of.module.source.name} has no \`${field}\``);
    return poison;
  }
  const shape = isTensor(of) ? list(sampleShape(of.type)) : of;
  if (isTensor(of) && field === "shape") return shape;
  const axis = axes[field];
  if (axis === undefined || !isSequence(shape)) {
    complain(s, "RN304", name.span, isSequence(shape) ? `a shape has .c, .h and .w${isTensor(of) ? ", a value also .shape" : ""}, not .${field}` : `${printValue(of)} is ${kindOf(of)}, it has no .${field}`);
    return poison;
  }
  const size = axis > 0 && lengthOf(shape) !== 3 ? undefined : elementOf(shape, axis);
  if (size === undefined) complain(s, "RN304", name.span, `${isTensor(of) ? printSample(of.type) : printValue(of)} has no .${field}: it is not [C, H, W]`);
  return size ?? poison;
}

export function element(of: Value, at: Value, span: Span, s: Surroundings): Value {
  return whole([of, at], () => {
    if (!isSequence(of)) {
      complain(s, "RN407", span, `${printValue(of)} is ${kindOf(of)}, it has no elements`);
      return poison;
    }
    const value = Number.isSafeInteger(at) ? elementOf(of, Number(at)) : undefined;
    if (value === undefined) complain(s, "RN409", span, `there is no element ${printValue(at)}; the list has ${lengthOf(of)}, counted from 0`);
    return value ?? poison;
  });
}

/** A string with its `{…}` filled in. */
export function interpolate(parts: readonly (string | Expression)[], span: Span, s: Surroundings): Value {
  let text = "";
  for (const p of parts) {
    const v = typeof p === "string" ? p : evaluate(p, s);
    if (isPoison(v)) return poison;
    if (typeof v === "object") {
      complain(s, "RN407", span, `a string is made of numbers and strings, not of ${kindOf(v)}`);
      return poison;
    }
    text += String(v);
    if (text.length > limits.string) {
      complain(s, "RN606", span, `this string has more than ${limits.string} characters`);
      return poison;
    }
  }
  return text;
}

function applyFunction(name: Parameters<typeof call>[0], args: readonly Argument[], span: Span, s: Surroundings): Value {
  const named = args.find((a) => a.name);
  if (named) {
    complain(s, "RN401", named.span, `the arguments of ${name} have no names`);
    return poison;
  }
  return whole(args.map((a) => evaluateArgument(a.value, s)), (values) => settle(call(name, values), span, s));
}
