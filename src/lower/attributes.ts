// A layer's arguments → the attributes of its op. In: bound values, the layer's defaults, the op's schema. Out: attributes of the right kind.
import { checkAttr, type AttrSchema, type AttrSpec, type AttrValue } from "../ir/attr.ts";
import { withoutPad } from "../language/builtins.ts";
import type { Span } from "../source/text.ts";
import { attributeParameters } from "./bind.ts";
import { complain, type Surroundings } from "./context.ts";
import { limits } from "./limits.ts";
import { elementOf, isPoison, isSequence, lengthOf, printValue, type Bound, type Callee, type Value } from "./value.ts";

export type GivenAttrs = { readonly [name: string]: AttrValue };

/** An op, or a word of `train`: something whose arguments have a schema. */
export interface Described {
  readonly name: string;
  readonly attrs: AttrSchema;
}

export function layerAttributes({ op, defaults }: Extract<Callee, { kind: "layer" }>, bound: ReadonlyMap<string, Bound>, at: Span, s: Surroundings): GivenAttrs | null {
  return attributes(op, new Map([...defaults, ...bound]), at, s);
}

/** The attributes that are given; null where one is missing or wrong (reported). */
export function attributes(of: Described, given: ReadonlyMap<string, Bound>, at: Span, s: Surroundings): GivenAttrs | null {
  const out: Record<string, AttrValue> = {};
  let ok = true;
  for (const [name, spec] of Object.entries(of.attrs)) {
    const bound = given.get(name);
    if (!bound && spec.default === undefined && !spec.optional) {
      complain(s, "RN402", at, `\`${of.name}\` needs \`${name}\`: ${spec.doc}`, { help: [`it is ${attributeParameters(of.name, of.attrs, 0).signature}`] });
      ok = false;
    } else if (bound) {
      const value = attribute(of.name, name, spec, bound, s);
      if (value === undefined) ok = false;
      else out[name] = value;
    }
  }
  return ok ? out : null;
}

/** The value of one attribute; undefined where it is wrong (reported). */
export function attribute(of: string, name: string, spec: AttrSpec, { value, span }: Bound, s: Surroundings): NonNullable<AttrValue> | undefined {
  if (isPoison(value)) return undefined;
  const converted = convert(spec, value);
  if (converted === undefined) {
    complain(s, "RN404", span, `${name} of ${of} is ${wanted(spec)}, not ${printValue(value)}`, spec.kind === "padding" && value === "same" ? { help: [withoutPad] } : {});
    return undefined;
  }
  const wrong = checkAttr(of, name, spec, converted, () => printValue(value));
  if (!wrong) return converted;
  complain(s, "RN405", span, wrong.problem);
  return undefined;
}

/** The value as an attribute of that kind; undefined where it is none. Bounds are the schema's business. */
function convert({ kind }: AttrSpec, v: Value): NonNullable<AttrValue> | undefined {
  switch (kind) {
    case "int": return Number.isSafeInteger(v) ? Number(v) : undefined;
    case "float": return typeof v === "number" ? v : undefined;
    case "bool": return typeof v === "boolean" ? v : undefined;
    case "string": return typeof v === "string" ? v : typeof v === "object" && v.kind === "word" ? v.word : undefined;
    case "ints": case "dims": return integers(v) ?? undefined;
    case "size": {
      const [h, w, ...rest] = integers(v) ?? [v, v];
      return Number.isSafeInteger(h) && Number.isSafeInteger(w) && rest.length === 0 ? [Number(h), Number(w)] : undefined;
    }
    case "padding": return padding(v);
    case "scalar": return undefined; // no layer has one
  }
}

/** `valid` is 0; n is n on every side; [h, w] is h above and below, w left and right; [top, left, bottom, right]. */
function padding(v: Value): readonly [number, number, number, number] | undefined {
  if (typeof v === "object" && v.kind === "word") return v.word === "valid" ? [0, 0, 0, 0] : undefined;
  if (typeof v === "number") return Number.isSafeInteger(v) ? [v, v, v, v] : undefined;
  const [top, left, bottom = top, right = left, ...rest] = integers(v) ?? [];
  const count = isSequence(v) ? lengthOf(v) : 0;
  if ((count !== 2 && count !== 4) || rest.length > 0) return undefined;
  return [top!, left!, bottom!, right!];
}

function integers(v: Value): readonly number[] | null {
  if (!isSequence(v) || lengthOf(v) > limits.list) return null;
  const items = Array.from({ length: lengthOf(v) }, (_, i) => elementOf(v, i));
  return items.every((i) => Number.isSafeInteger(i)) ? (items as number[]) : null;
}

function wanted({ kind, oneOf }: AttrSpec): string {
  switch (kind) {
    case "int": return "an integer";
    case "float": return "a number";
    case "bool": return "true or false";
    case "string": return oneOf ? `one of ${oneOf.join(", ")}` : "a string";
    case "ints": case "dims": return "a list of integers";
    case "size": return "an integer or [h, w]";
    case "padding": return "an integer, [h, w], [top, left, bottom, right] or valid";
    case "scalar": return "a scalar expression";
  }
}
