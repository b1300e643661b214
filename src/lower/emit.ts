// Instructions → the recorder, with the checks that hold for each: names are owned once, sizes stay exact, networks stay finite.
import { attrsKey, completeAttrs } from "../ir/attr.ts";
import { inferType } from "../ir/builder.ts";
import type { Composite } from "../ir/op.ts";
import { isProblem, type Problem } from "../ir/problem.ts";
import { elementsPerSample, printShape, printType, tensor, type TensorType } from "../ir/type.ts";
import type { Code } from "../source/codes.ts";
import type { Fix } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import type { GivenAttrs } from "./attributes.ts";
import { complain, count, spend, type Context, type Flow, type Refusal, type Usage } from "./context.ts";
import { totalsOf, type FragmentCall, type LayerUse, type Path, type Repetition } from "./fragment.ts";
import { limits } from "./limits.ts";
import { whoMade, type Tensor } from "./recorder.ts";
import { Stop } from "./report.ts";
import { poison, printSample } from "./value.ts";

/** Records a call or repetition; poison where it makes the network too large. */
export function emit(instruction: LayerUse | FragmentCall | Repetition, context: Context): Flow {
  const { recorder } = context;
  const own = totalsOf(instruction);
  if (recorder.totals.nodes + own.nodes > limits.nodes) {
    complain(context, "RN607", instruction.span, `this makes a network of ${count(recorder.totals.nodes + own.nodes)} layers and parameters; at most ${count(limits.nodes)} can be`);
    throw new Stop();
  }
  if (recorder.totals.parameters + own.parameters > limits.elements || elementsPerSample(instruction.type.shape) > limits.elements) {
    complain(context, "RN608", instruction.span, `${printSample(instruction.type)} with ${count(own.parameters)} parameters is more than can be counted exactly`);
    return poison;
  }
  if (own.parameters > 0) claim(instruction, context);
  return recorder.add(instruction);
}

/** A path of parameters has one owner. The numbers of a repetition are its scope's. */
function claim(instruction: LayerUse | FragmentCall | Repetition, context: Context): void {
  const path = instruction.kind === "repeat" ? null : instruction.path;
  for (const { name, span, first } of context.numbering.claim(path, instruction.span)) {
    complain(context, "RN219", span, `\`${name}\` already names parameters here`, {
      related: [{ span: first, message: "the first of this name" }],
      help: [/(^|\.)shortcut$/.test(name) ? "give one of the shortcuts a label: skip(name: …)" : "give one of them another label"],
    });
  }
}

/** Applies an op to values: checks, asks for its parameters, infers its type. */
export function apply(op: Composite, operands: readonly Tensor[], attrs: GivenAttrs, path: Path | null, span: Span, context: Context, wrong: (p: Problem) => void): Flow {
  const types = operands.map((o) => o.type);
  const used = use(op, types, attrs, span, context);
  if (isProblem(used)) {
    if (used.limit) complainShape("RN608", used.problem, [], operands, span, context);
    else wrong(used);
    return poison;
  }
  const inputs = operands.map((o) => context.recorder.use(o));
  return emit({ kind: "layer", op, inputs, path, span, ...used }, context);
}

/** What a layer is on operands of these types. A program pays for each signature once, also where another has met it before. */
function use(op: Composite, types: readonly TensorType[], attrs: GivenAttrs, span: Span, { session }: Context): Usage | Refusal {
  const key = `${op.name}${types.map(printType).join()}${attrsKey(op.attrs, attrs)}`;
  let known = session.usages.get(key);
  if (!known) {
    spend({ session }, span, limits.usage);
    session.usages.set(key, (known = remembered(op, key, types, attrs)));
  }
  return known;
}

const usages = new WeakMap<Composite, Map<string, Usage | Refusal>>();
const mostUsages = 1024; // per layer; a server that elaborates for months must not grow

function remembered(op: Composite, key: string, types: readonly TensorType[], attrs: GivenAttrs): Usage | Refusal {
  let of = usages.get(op);
  if (!of) usages.set(op, (of = new Map()));
  let known = of.get(key);
  if (!known) {
    if (of.size >= mostUsages) of.clear();
    of.set(key, (known = workOut(op, types, attrs)));
  }
  return known;
}

/** What a layer is on operands of these types, or why it cannot be applied to them. */
export function workOut(op: Composite, types: readonly TensorType[], given: GivenAttrs): Usage | Refusal {
  const attrs = completeAttrs(op, given);
  if (isProblem(attrs)) return attrs;
  const wrong = op.check?.(types, attrs as never);
  if (wrong) return wrong;
  const params = op.params?.(types, attrs as never) ?? [];
  const large = params.find((p) => elementsPerSample(p.shape) > limits.elements);
  if (large) return { problem: `the ${large.name} of ${op.name} would be ${printShape(large.shape)}: more than 2^53 numbers`, limit: true };
  const type = inferType(op, [...types, ...params.map((p) => tensor(p.shape))], attrs);
  return isProblem(type) ? type : { attrs, params, type };
}

/** A layer on what flows; its mistakes are about what flows in. */
export function applyLayer(op: Composite, x: Tensor, attrs: GivenAttrs, path: Path, span: Span, context: Context): Flow {
  return apply(op, [x], attrs, path, span, context, (p) => complainShape("RN302", p.problem, p.help === undefined ? [] : [p.help], [x], span, context));
}

/** A mistake of shapes, with a label on whoever made each value. */
export function complainShape(code: Code, message: string, help: readonly (Fix | string)[], values: readonly Tensor[], span: Span, context: Context): void {
  const related = values.flatMap((v) => {
    const made = whoMade(v);
    return made && (made.start !== span.start || made.end !== span.end) ? [{ span: made, message: `this makes ${printSample(v.type)}` }] : [];
  });
  complain(context, code, span, message, { related, help });
}
