// An export → a model's fragment with its signature. In: the declaration, overrides from outside. Out: the export, or null (reported).
import type { TensorType } from "../ir/type.ts";
import type { Export, Model } from "../language/ast.ts";
import type { Module } from "../language/program.ts";
import type { Fix } from "../source/diagnostic.ts";
import { span, type Span } from "../source/text.ts";
import { completeArguments } from "./call.ts";
import { complain, type Flow, type ModelSink, type Session } from "./context.ts";
import { atFile, evaluate } from "./evaluate.ts";
import type { Fragment, Ref } from "./fragment.ts";
import { Numbering } from "./numbering.ts";
import { Recorder } from "./recorder.ts";
import { Scope } from "./scope.ts";
import { isCallable, isPoison, isTensor, kindOf, printCall, printValue, type Bound, type Callee } from "./value.ts";

export interface Signature {
  readonly name: string;
  readonly ref: Ref;
  readonly type: TensorType;
  readonly span: Span;
}

export interface ElaboratedModel {
  readonly fragment: Fragment;
  readonly inputs: readonly Signature[];
  readonly outputs: readonly Signature[];
}

export interface Instance {
  readonly callee: Extract<Callee, { kind: "model" }>;
  readonly bound: ReadonlyMap<string, Bound>;
}

/** The model that an export names, with the arguments it gives; null where it is none (reported). */
export function modelOf(d: Export | Model, module: Module, session: Session): Instance | null {
  if (d.kind === "model") return { callee: { kind: "model", module, declaration: d }, bound: new Map() };
  const s = atFile(module, d, session);
  const value = evaluate(d.value, s);
  if (isCallable(value) && value.callee.kind === "model") return { callee: value.callee, bound: value.bound };
  if (!isPoison(value)) complain(s, "RN501", d.value.span, `an export is a model, not ${isCallable(value) ? `the ${kindOf(value).slice(2)} ` : ""}${printValue(value)}`);
  return null;
}

/** Elaborates the body of an export's model; null where the mistakes leave no model (reported). */
export function elaborateModel(name: string, { callee, bound }: Instance, at: Span, session: Session): ElaboratedModel | null {
  const { module, declaration } = callee;
  const home = atFile(module, declaration, session);
  const args = completeArguments(callee, bound, home.in, at, home);
  if (!args) return null;
  const scope = new Scope(null, true);
  for (const [parameter, { value }] of args) scope.set(parameter, value);
  const recorder = new Recorder(printCall(declaration.name.text, args), declaration.span);
  const model: ModelSink = { inputs: new Map(), outputs: new Map() };
  let y: Flow = null;
  let fragment: Fragment;
  try {
    y = session.body(declaration.body, { ...home, scope, recorder, numbering: new Numbering(), model }, null);
  } finally {
    session.models.set(name, (fragment = recorder.finish(y && isTensor(y) ? y : null)));
  }
  if (model.outputs.size === 0) {
    complain(home, "RN502", declaration.name.span, `the model \`${declaration.name.text}\` has no output`, { help: [outputFix(declaration.body.span, y)] });
    return null;
  }
  return signed(fragment, model);
}

/** An output before the `}`, on a line of its own; in words alone where nothing flows. */
function outputFix({ source, end }: Span, y: Flow): Fix {
  const at = end - 1;
  const text = /[\n\r]\s*$/.test(source.text.slice(0, at)) ? "  output y\n" : "\n  output y\n";
  return { message: "call what flows at its end an output", edits: y === null ? [] : [{ span: span(source, at, at), text }] };
}

function signed(fragment: Fragment, model: ModelSink): ElaboratedModel | null {
  const outputs: Signature[] = [];
  for (const [name, { value, span }] of model.outputs) {
    if (!isTensor(value)) return null;
    outputs.push({ name, ref: value.ref, type: value.type, span });
  }
  const inputs = [...model.inputs].map(([name, { value, span }]) => ({ name, ref: value.ref, type: value.type, span }));
  return { fragment, inputs, outputs };
}
