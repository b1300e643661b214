// Attributes: the compile-time arguments of an op. One schema per op drives checking, printing, the language's arguments
// (names, order, defaults), hover and completion.
import { size, type Scalar } from "./scalar.ts";
import type { Dim } from "./type.ts";
import { problem, type Problem } from "./problem.ts";
import { printNumber, printScalar } from "./scalar-text.ts";

export interface AttrValues {
  int: number;
  float: number;
  bool: boolean;
  string: string;
  ints: readonly number[];
  /** A shape that may hold N. */
  dims: readonly Dim[];
  scalar: Scalar;
  /** A number or [h, w] in the language; always [h, w] here. */
  size: readonly [number, number];
  /** A number, [h, w] or `valid` in the language; [top, left, bottom, right] here. */
  padding: readonly [number, number, number, number];
}
export type AttrKind = keyof AttrValues;

export interface AttrSpec<K extends AttrKind = AttrKind> {
  readonly kind: K;
  readonly doc: string;
  /** The value where none is given. An attribute with neither `default` nor `optional` must be given. */
  readonly default?: AttrValues[K];
  /** May be null: the op works the value out itself (`pad`, `maxpool`'s stride) or does without. */
  readonly optional?: true;
  /** Bounds for numbers, and for every number of a list. */
  readonly min?: number;
  readonly max?: number;
  /** Numbers are less than this. */
  readonly below?: number;
  /** The strings allowed. */
  readonly oneOf?: readonly string[];
}
export type AttrSchema = { readonly [name: string]: AttrSpec };
export type AttrValue = AttrValues[AttrKind] | null;
export type Attrs<S extends AttrSchema> = {
  readonly [K in keyof S]: S[K] extends { readonly optional: true } ? AttrValues[S[K]["kind"]] | null : AttrValues[S[K]["kind"]];
};

/** Attributes that `completeAttrs` made: complete, checked and not to be checked again. Carries its text, made when first asked for. */
class Completed {
  readonly #schema: AttrSchema;
  #text: string | null = null;

  constructor(schema: AttrSchema) {
    this.#schema = schema;
  }

  static is(attrs: object, schema: AttrSchema): attrs is { readonly [name: string]: AttrValue } {
    return #schema in attrs && attrs.#schema === schema;
  }

  static text(attrs: object): string | null {
    if (!(#schema in attrs)) return null;
    return (attrs.#text ??= attrsText(attrs.#schema, attrs as object as { readonly [name: string]: AttrValue }));
  }
}

/** Nodes of an expression as an attribute, written out: every attribute is printed, for keys and for people, and sharing can make that endless. */
const MOST_WRITTEN = 2 ** 20;

/** All attributes of `op` in schema order, or what is wrong with one of them. Free for attributes that were complete already. */
export function completeAttrs(op: { readonly name: string; readonly attrs: AttrSchema }, given: { readonly [name: string]: AttrValue | undefined }): { readonly [name: string]: AttrValue } | Problem {
  if (Completed.is(given, op.attrs)) return given;
  const out = new Completed(op.attrs) as object as Record<string, AttrValue>;
  for (const name in op.attrs) {
    const spec = op.attrs[name]!;
    const value = given[name] ?? spec.default ?? null;
    if (value === null) {
      if (!spec.optional) return problem(`${op.name} needs ${name}`, spec.doc);
    } else {
      const wrong = checkAttr(op.name, name, spec, value);
      if (wrong) return wrong;
    }
    out[name] = value;
  }
  return out;
}

/** What is wrong with the value of one attribute; `written` is how its author has it. */
export function checkAttr(op: string, name: string, spec: AttrSpec, value: NonNullable<AttrValue>, written = (): string => printAttr(value)): Problem | null {
  if (spec.kind === "scalar" && size(value as Scalar) > MOST_WRITTEN) return problem(`${name} of ${op} takes more than ${MOST_WRITTEN} terms to write out`);
  const wrong = check(spec, value);
  return wrong === null ? null : problem(`${name} of ${op} ${wrong}, not ${written()}`);
}

function check(spec: AttrSpec, value: NonNullable<AttrValue>): string | null {
  if (typeof value === "string") return spec.oneOf && !spec.oneOf.includes(value) ? `is one of ${spec.oneOf.join(", ")}` : null;
  const numbers = typeof value === "number" ? [value] : Array.isArray(value) ? (value as readonly unknown[]).filter((v) => typeof v === "number") : [];
  for (const n of numbers) {
    if (spec.kind !== "float" && !Number.isSafeInteger(n)) return "must be an integer";
    if (spec.min !== undefined && !(n >= spec.min)) return `must be at least ${spec.min}`;
    if (spec.max !== undefined && !(n <= spec.max)) return `must be at most ${spec.max}`;
    if (spec.below !== undefined && !(n < spec.below)) return `must be less than ${spec.below}`;
  }
  return null;
}

/** Canonical text: what `--emit` shows and the graph parser reads back. -0, NaN and infinities included. */
export function printAttr(value: AttrValue): string {
  if (value === null) return "none";
  if (typeof value === "number") return printNumber(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${(value as readonly (number | string)[]).join(", ")}]`;
  return `(${printScalar(value as Scalar)})`;
}

/** Key for interning: every attribute, in schema order. */
export function attrsKey(schema: AttrSchema, attrs: { readonly [name: string]: AttrValue }): string {
  return Completed.text(attrs) ?? attrsText(schema, attrs);
}

function attrsText(schema: AttrSchema, attrs: { readonly [name: string]: AttrValue }): string {
  let key = "";
  for (const name in schema) key += `;${printAttr(attrs[name] ?? null)}`;
  return key;
}
