// Arguments → parameters of a layer, block or model: by position among those still unbound, or by name.
// Law: binding evaluates the arguments where they are written; nothing is elaborated before the callable is used.
import type { AttrSchema } from "../ir/attr.ts";
import type { Argument, Block, Model, Name } from "../language/ast.ts";
import { suggest } from "../language/suggest.ts";
import type { Fix } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import { complain, type Surroundings } from "./context.ts";
import { calleeName, isPoison, type Bound, type Callable, type Callee, type Value } from "./value.ts";

/** What may stand between the parentheses. */
export interface Parameters {
  readonly name: string;
  readonly names: readonly string[];
  /** How many of them may be given by position. */
  readonly positional: number;
  /** "conv(c, k = …)" */
  readonly signature: string;
  /** Where they are declared; null for a layer's. */
  readonly declaration: Span | null;
}

const known = new WeakMap<object, Parameters>(); // by declaration or op: calls repeat

export function parametersOf(c: Callee): Parameters {
  if (c.kind === "identity" || c.kind === "closure") return { name: calleeName(c), names: [], positional: 0, signature: calleeName(c), declaration: null };
  const of = c.kind === "layer" ? c.op : c.declaration;
  let parameters = known.get(of);
  if (!parameters) known.set(of, (parameters = c.kind === "layer" ? attributeParameters(c.op.name, c.op.attrs, c.op.positional) : declaredParameters(c.declaration)));
  return parameters;
}

function declaredParameters({ name: { text: name }, params, span }: Block | Model): Parameters {
  const shown = params.map((p) => (p.fallback ? `${p.name.text} = …` : p.name.text));
  return { name, names: params.map((p) => p.name.text), positional: params.length, signature: `${name}(${shown.join(", ")})`, declaration: span };
}

export function attributeParameters(name: string, attrs: AttrSchema, positional: number): Parameters {
  const shown = Object.entries(attrs).map(([key, a]) => (a.default === undefined && !a.optional ? key : `${key} = …`));
  return { name, names: Object.keys(attrs), positional, signature: `${name}(${shown.join(", ")})`, declaration: null };
}

/** An argument as written, and its value. */
export interface Given {
  readonly argument: Argument;
  readonly value: Value;
}

/** The callable with more of its parameters bound; null where an argument is wrong (reported). */
export function bind(f: Callable, given: readonly Given[], s: Surroundings): Callable | null {
  const bound = assign(parametersOf(f.callee), f.bound, given, s);
  return bound && { kind: "callable", callee: f.callee, bound };
}

/** `before` and the arguments given; null where one is wrong (reported, or the declaration is at fault and that is). */
export function assign(to: Parameters, before: ReadonlyMap<string, Bound>, given: readonly Given[], s: Surroundings): ReadonlyMap<string, Bound> | null {
  const bound = new Map(before);
  const free = to.names.slice(0, to.positional).filter((n) => !bound.has(n));
  let ok = true;
  let surplus = false; // told once
  const wrong = (code: "RN401" | "RN403", at: Span, message: string, help: Fix | string = `it is ${to.signature}`): void => {
    ok = false;
    if (!to.declaration || !s.session.report.knows(to.declaration)) complain(s, code, at, message, { help: [help] });
  };
  for (const { argument: a, value } of given) {
    if (isPoison(value)) ok = false;
    const name = a.name ? a.name.text : free.find((n) => !bound.has(n));
    if (name === undefined) {
      if (!surplus) wrong("RN403", a.span, tooMany(to));
      surplus = true;
    } else if (a.separator === ":") wrong("RN401", a.span, "a `:` names the shortcut of a skip; an argument is written with `=`");
    else if (!to.names.includes(name)) wrong("RN401", a.name!.span, `\`${to.name}\` has no argument \`${name}\``, didYouMean(a.name!, to.names) ?? undefined);
    else if (bound.has(name)) wrong("RN403", a.span, `\`${name}\` of \`${to.name}\` is given twice`);
    else bound.set(name, { value, span: a.value.span });
  }
  return ok ? bound : null;
}

export function didYouMean(name: Name, names: Iterable<string>): Fix | null {
  const near = suggest(name.text, names);
  return near === null ? null : { message: `did you mean \`${near}\`?`, edits: [{ span: name.span, text: near }] };
}

function tooMany({ name, names, positional }: Parameters): string {
  if (names.length === 0) return `\`${name}\` takes no arguments`;
  const arguments_ = `${positional} argument${positional === 1 ? "" : "s"}`;
  return `\`${name}\` takes ${positional === 0 ? "its arguments by name" : positional < names.length ? `${arguments_} by position` : arguments_}`;
}
