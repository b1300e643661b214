// Applies a layer, a block or a `{ }` to what flows. A block becomes a fragment, once for equal arguments and input type.
// Law: what holds values of this place (a `{ }` or a named value among the arguments) cannot be shared: it is elaborated here.
import { printType } from "../ir/type.ts";
import type { Span } from "../source/text.ts";
import { layerAttributes } from "./attributes.ts";
import { parametersOf } from "./bind.ts";
import { complain, type Context, type Flow, type Inlet, type Session, type Surroundings } from "./context.ts";
import { applyLayer, emit } from "./emit.ts";
import { atFile, evaluateArgument } from "./evaluate.ts";
import type { Fragment, Path } from "./fragment.ts";
import { limits } from "./limits.ts";
import { Numbering } from "./numbering.ts";
import { Recorder, type Tensor } from "./recorder.ts";
import { Stop, type Mistake } from "./report.ts";
import { Scope } from "./scope.ts";
import { calleeName, isPoison, isTensor, poison, printCall, type Bound, type Callable, type Callee } from "./value.ts";

type BlockCallee = Extract<Callee, { kind: "block" }>;

/** `f` on `x`; `path` is the parameter scope it opens or, for a layer, the one its parameters are in. */
export function invoke(f: Callable, x: Tensor, path: Path, span: Span, context: Context): Flow {
  switch (f.callee.kind) {
    case "identity": return x;
    case "closure": return inline(f.callee, x, path, span, context);
    case "layer": {
      const attrs = layerAttributes(f.callee, f.bound, span, context);
      return attrs ? applyLayer(f.callee.op, x, attrs, path, span, context) : poison;
    }
    case "block": {
      const args = completeArguments(f.callee, f.bound, { value: x }, span, context);
      if (!args) return poison;
      const key = context.session.keys.arguments(args);
      return key === null ? inlineBlock(f.callee, args, x, path, span, context) : callFragment(f.callee, args, key, x, path, span, context);
    }
    case "model":
      complain(context, "RN214", span, `\`${calleeName(f.callee)}\` is a model; only layers and blocks can be steps`);
      return poison;
  }
}

// ── arguments ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Every parameter's value, in the order declared; null where one is missing or its default is wrong (reported). */
export function completeArguments(callee: Extract<Callee, { kind: "block" | "model" }>, bound: ReadonlyMap<string, Bound>, inlet: Inlet, at: Span, s: Surroundings): ReadonlyMap<string, Bound> | null {
  const { module, declaration } = callee;
  const home = atFile(module, declaration, s.session, inlet);
  const args = new Map<string, Bound>();
  for (const p of declaration.params) {
    const name = p.name.text;
    const given = bound.get(name) ?? (p.fallback && { value: evaluateArgument(p.fallback, home), span: p.fallback.span });
    if (!given && !s.session.report.knows(declaration.span)) complain(s, "RN402", at, `\`${declaration.name.text}\` needs \`${name}\``, { help: [`it is ${parametersOf(callee).signature}`] });
    if (!given || isPoison(given.value)) return null;
    args.set(name, given);
    home.scope.set(name, given.value);
  }
  return args;
}

function scopeOf(args: ReadonlyMap<string, Bound>): Scope {
  const scope = new Scope(null, true);
  for (const [name, { value }] of args) scope.set(name, value);
  return scope;
}

// ── fragments ──────────────────────────────────────────────────────────────────────────────────────────────────────

function callFragment(callee: BlockCallee, args: ReadonlyMap<string, Bound>, key: string, x: Tensor, path: Path, span: Span, context: Context): Flow {
  const fragment = fragmentOf(callee, args, key, x, span, context);
  if (fragment.output === null) {
    context.recorder.fail(fragment);
    return poison;
  }
  if (fragment.totals.nodes === 0 && fragment.output === fragment.arguments[0]) return x;
  const { type } = fragment.instructions[fragment.output]!;
  return emit({ kind: "call", callee: fragment, inputs: [context.recorder.use(x)], path, type, span }, context);
}

function fragmentOf(callee: BlockCallee, args: ReadonlyMap<string, Bound>, key: string, x: Tensor, span: Span, context: Context): Fragment {
  const { session } = context;
  const id = `${session.keys.identity(callee.declaration)}(${key})${printType(x.type)}`;
  const known = session.memo.get(id);
  if (known === "open") endless(callee, span, context);
  if (known) {
    session.report.replay(known.mistakes);
    return known.fragment;
  }
  session.memo.set(id, "open");
  const mistakes = new Set<Mistake>();
  const recorder = new Recorder(printCall(calleeName(callee), args), callee.declaration.span);
  try {
    const fragment = session.report.record(mistakes, () => {
      const input = recorder.argument(x.type, null);
      const y = block(callee, args, input, new Numbering(), recorder, span, context);
      return recorder.finish(y && isTensor(y) ? y : null);
    });
    session.memo.set(id, { fragment, mistakes });
    return fragment;
  } finally {
    if (session.memo.get(id) === "open") session.memo.delete(id); // stopped on the way
  }
}

/** The body of a block, with its own names, its file's defaults, and `in`. */
function block(callee: BlockCallee, args: ReadonlyMap<string, Bound>, x: Tensor, numbering: Numbering, recorder: Recorder, span: Span, context: Context): Flow {
  const { session } = context;
  const name = calleeName(callee);
  if (session.calls.length >= limits.calls) endless(callee, span, context);
  const home = atFile(callee.module, callee.declaration, session);
  session.calls.push({ name, text: () => printCall(name, args), span });
  try {
    return session.body(callee.declaration.body, { ...home, scope: scopeOf(args), in: { value: x }, recorder, numbering, model: null }, x);
  } finally {
    session.calls.pop();
  }
}

function inlineBlock(callee: BlockCallee, args: ReadonlyMap<string, Bound>, x: Tensor, path: Path, span: Span, context: Context): Flow {
  return block(callee, args, x, context.numbering.open(path, span), context.recorder, span, context);
}

/** `{ … }` given as an argument: the names and the `in` of where it was written, the parameters of where it is used. */
function inline(callee: Extract<Callee, { kind: "closure" }>, x: Tensor, path: Path, span: Span, context: Context): Flow {
  const home = callee.home as Surroundings;
  const here: Context = { ...home, scope: new Scope(home.scope, true), recorder: context.recorder, numbering: context.numbering.open(path, span), model: null };
  return here.session.body(callee.body, here, x);
}

/** Names the blocks that call each other without end. */
function endless(callee: BlockCallee, span: Span, s: { readonly session: Session }): never {
  const name = calleeName(callee);
  const open = s.session.calls.map((c) => c.name);
  const cycle = [...open.slice(Math.max(0, open.lastIndexOf(name))), name];
  const shown = cycle.length > 8 ? [...cycle.slice(0, 7), "…", name] : cycle;
  complain(s, "RN605", span, `\`${name}\` calls itself without end: ${shown.join(" → ")}`, { help: [`a block that calls itself needs an \`if\` that ends it; blocks may be ${limits.calls} deep`] });
  throw new Stop();
}
