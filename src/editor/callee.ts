// What a call calls, as far as the text alone tells: a layer, a block, a model, a merge or a function; and what it can be given.
import type { Argument, Call, CallExpression, Expression } from "../language/ast.ts";
import { functions, isFunction, isMerge, merges } from "../language/builtins.ts";
import type { Definition, Module } from "../language/program.ts";
import { parametersOf } from "../lower/bind.ts";
import type { AttrSpec } from "../ir/attr.ts";
import type { Composite } from "../ir/op.ts";
import { layers } from "../ops/index.ts";
import { spanText, type Span } from "../source/text.ts";
import type { Applied } from "./tree.ts";

export type Known =
  | { readonly kind: "layer"; readonly op: Composite }
  | Extract<Definition, { kind: "block" | "model" }>
  | { readonly kind: "language"; readonly name: string; readonly doc: string };

/** A parameter as people are told about it. */
export interface Parameter {
  readonly name: string;
  /** "stride = [1, 1]" */
  readonly text: string;
  readonly doc: string;
  readonly required: boolean;
  readonly positional: boolean;
}

/** The names before the parentheses: `conv`, `r.basic`; null where it is something else. */
export function nameOf(call: Applied | Call | CallExpression): readonly { readonly text: string; readonly span: Span }[] | null {
  return call.kind === "call" ? call.name : names(call.callee);
}

function names(e: Expression): readonly { readonly text: string; readonly span: Span }[] | null {
  if (e.kind === "name") return [e];
  const of = e.kind === "member" ? names(e.of) : null;
  return of && e.kind === "member" ? [...of, e.name] : null;
}

/** Null where it is a parameter or a value, or unknown. */
export function meaningOf(path: readonly { readonly text: string; readonly span: Span }[], module: Module): Known | null {
  const [head, member] = path;
  if (!head) return null;
  const local = module.references.find((r) => r.use.start === head.span.start && r.use.end === head.span.end)?.meaning;
  if (local === "parameter" || local === "variable" || local === "value") return null;
  const declared = module.names.get(head.text);
  const found = declared?.kind === "namespace" && member ? declared.module.names.get(member.text) : declared;
  if (found) return found.kind === "block" || found.kind === "model" ? found : null;
  return builtin(head.text);
}

export function builtin(name: string): Known | null {
  if (isMerge(name)) return { kind: "language", name, doc: merges[name] };
  if (isFunction(name)) return { kind: "language", name, doc: functions[name] };
  const op = layers.get(name);
  return op ? { kind: "layer", op } : null;
}

export function parametersFor(known: Known): readonly Parameter[] {
  if (known.kind === "language") return [];
  if (known.kind === "layer") {
    return Object.entries(known.op.attrs).map(([name, spec], i) => ({ name, text: attributeText(name, spec), doc: spec.doc, required: spec.default === undefined && !spec.optional, positional: i < known.op.positional }));
  }
  return known.declaration.params.map((p) => ({
    name: p.name.text, text: spanText(p.span).replaceAll(/\s+/g, " "), doc: "", required: p.fallback === null, positional: true,
  }));
}

function attributeText(name: string, { default: value, optional }: AttrSpec): string {
  if (optional || value === undefined) return optional ? `${name} = …` : name;
  const same = Array.isArray(value) && value.every((v) => v === value[0]);
  return `${name} = ${same ? String((value as readonly number[])[0]) : Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`;
}

/** "conv(c, k = 1, …)" */
export function signatureOf(known: Known): string {
  if (known.kind === "language") return known.name;
  const callee = known.kind === "layer" ? { ...known, defaults: new Map() } : known;
  const { name } = parametersOf(callee);
  const parameters = parametersFor(known);
  return parameters.length === 0 ? name : `${name}(${parameters.map((p) => p.text).join(", ")})`;
}

export function docOf(known: Known): string {
  if (known.kind === "layer") return known.op.doc;
  return known.kind === "language" ? known.doc : (known.declaration.doc ?? "");
}

/** The parameter that each argument is for; null where that is not known. */
export function assigned(args: readonly Argument[], parameters: readonly Parameter[]): readonly (Parameter | null)[] {
  const given = new Set(args.flatMap((a) => (a.name ? [a.name.text] : [])));
  const free = parameters.filter((p) => p.positional && !given.has(p.name));
  return args.map((a) => (a.name ? (parameters.find((p) => p.name === a.name!.text) ?? null) : (free.shift() ?? null)));
}
