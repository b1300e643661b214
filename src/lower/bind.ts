// Arguments → parameters of a layer, block or model: by position among those still unbound, or by name.
// Law: binding evaluates the arguments where they are written; nothing is elaborated before the callable is used.
import type { Argument, Name } from "../language/ast.ts";
import { suggest } from "../language/suggest.ts";
import type { Fix } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import { complain, type Surroundings } from "./context.ts";
import { calleeName, isPoison, type Callable, type Callee, type Value } from "./value.ts";

/** The names of the parameters, and how many of them may be given by position. */
export function parametersOf(c: Callee): { readonly names: readonly string[]; readonly positional: number } {
  switch (c.kind) {
    case "block": case "model": return { names: c.declaration.params.map((p) => p.name.text), positional: c.declaration.params.length };
    case "layer": return { names: Object.keys(c.op.attrs), positional: c.op.positional };
    case "identity": case "closure": return { names: [], positional: 0 };
  }
}

/** "conv(c, k = [1, 1], …)" in short: what may stand between the parentheses. */
export function signature(c: Callee): string {
  if (c.kind === "layer") return `${c.op.name}(${Object.entries(c.op.attrs).map(([name, a]) => (a.default === undefined && !a.optional ? name : `${name} = …`)).join(", ")})`;
  if (c.kind === "identity" || c.kind === "closure") return calleeName(c);
  return `${calleeName(c)}(${c.declaration.params.map((p) => (p.fallback ? `${p.name.text} = …` : p.name.text)).join(", ")})`;
}

/** An argument as written, and its value. */
export interface Given {
  readonly argument: Argument;
  readonly value: Value;
}

/** The callable with more of its parameters bound; null where an argument is wrong (reported). */
export function bind(f: Callable, given: readonly Given[], s: Surroundings): Callable | null {
  const { names, positional } = parametersOf(f.callee);
  const bound = new Map(f.bound);
  const free = names.slice(0, positional).filter((n) => !bound.has(n));
  let ok = true;
  const wrong = (code: "RN401" | "RN403", at: Span, message: string, help: Fix | string = `it is ${signature(f.callee)}`): void => {
    ok = false;
    complain(s, code, at, message, { help: [help] });
  };
  for (const { argument: a, value } of given) {
    if (isPoison(value)) ok = false;
    const name = a.name ? a.name.text : free.find((n) => !bound.has(n));
    if (name === undefined) wrong("RN403", a.span, tooMany(f.callee, names.length, positional));
    else if (a.separator === ":") wrong("RN401", a.span, "a ':' names the shortcut of a skip; an argument is written with '='");
    else if (!names.includes(name)) wrong("RN401", a.name!.span, `${calleeName(f.callee)} has no argument '${name}'`, didYouMean(a.name!, names) ?? `it is ${signature(f.callee)}`);
    else if (bound.has(name)) wrong("RN403", a.span, `'${name}' of ${calleeName(f.callee)} is given twice`);
    else bound.set(name, { value, span: a.value.span });
  }
  return ok ? { kind: "callable", callee: f.callee, bound } : null;
}

export function didYouMean(name: Name, names: Iterable<string>): Fix | null {
  const near = suggest(name.text, names);
  return near === null ? null : { message: `did you mean '${near}'?`, edits: [{ span: name.span, text: near }] };
}

function tooMany(c: Callee, all: number, positional: number): string {
  if (all === 0) return `${calleeName(c)} takes no arguments`;
  return `${calleeName(c)} takes ${positional < all ? "by position only " : ""}${positional} argument${positional === 1 ? "" : "s"}`;
}
