// Compile-time values: what expressions are about. Numbers, strings and truth values are JavaScript's own; the rest has a `kind`.
// Law: a range is never written out (0..1_000_000_000 is three numbers); a poison value is a mistake already reported.
import type { Composite } from "../ir/op.ts";
import type { TensorType } from "../ir/type.ts";
import type { Block, Body, Model } from "../language/ast.ts";
import type { Module } from "../language/program.ts";
import type { Word } from "../language/builtins.ts";
import type { Span } from "../source/text.ts";
import type { Tensor } from "./recorder.ts";

export type Value = number | string | boolean | List | Range | Callable | WordValue | Tensor | Namespace | Poison;

/** Also what `as enc[i]` fills, which may have holes. */
export interface List {
  readonly kind: "list";
  readonly items: readonly (Value | undefined)[];
}

/** `start, start + step, …`: `length` numbers. */
export interface Range {
  readonly kind: "range";
  readonly start: number;
  readonly step: 1 | -1;
  readonly length: number;
}

/** A layer, block, model or `{ }` with the arguments that are bound so far. */
export interface Callable {
  readonly kind: "callable";
  readonly callee: Callee;
  readonly bound: ReadonlyMap<string, Bound>;
}

/** An argument and where it was written. */
export interface Bound {
  readonly value: Value;
  readonly span: Span;
}

export type Callee =
  | { readonly kind: "block"; readonly module: Module; readonly declaration: Block }
  | { readonly kind: "model"; readonly module: Module; readonly declaration: Model }
  /** `defaults` are those that held where the layer's name was written. */
  | { readonly kind: "layer"; readonly op: Composite; readonly defaults: ReadonlyMap<string, Bound> }
  | { readonly kind: "identity" }
  /** `{ … }` as an argument; `home` is where it was written (a Context, which only the elaboration of bodies looks into). */
  | { readonly kind: "closure"; readonly body: Body; readonly home: object };

export interface WordValue {
  readonly kind: "word";
  readonly word: Word;
}
export interface Namespace {
  readonly kind: "namespace";
  readonly module: Module;
}
export interface Poison {
  readonly kind: "poison";
}

export const poison: Poison = { kind: "poison" };

/** A list or a range. */
export type Sequence = List | Range;

export function isSequence(v: Value): v is Sequence {
  return typeof v === "object" && (v.kind === "list" || v.kind === "range");
}

export function isPoison(v: Value): v is Poison {
  return v === poison;
}

export function isTensor(v: Value): v is Tensor {
  return typeof v === "object" && v.kind === "tensor";
}

export function isCallable(v: Value): v is Callable {
  return typeof v === "object" && v.kind === "callable";
}

export function lengthOf(s: Sequence): number {
  return s.kind === "list" ? s.items.length : s.length;
}

/** The element at `i`; undefined where there is none. */
export function elementOf(s: Sequence, i: number): Value | undefined {
  if (s.kind === "list") return s.items[i];
  return i >= 0 && i < s.length ? s.start + s.step * i : undefined;
}

/** The dimensions of one sample: what the language calls the shape. */
export function sampleShape(type: TensorType): readonly number[] {
  return type.shape.filter((d) => typeof d === "number");
}

export function list(items: readonly (Value | undefined)[]): List {
  return { kind: "list", items };
}

/** The name that stands for a callee in messages. */
export function calleeName(c: Callee): string {
  switch (c.kind) {
    case "block": case "model": return c.declaration.name.text;
    case "layer": return c.op.name;
    case "identity": return "id";
    case "closure": return "{ … }";
  }
}

export function word(w: Word): WordValue {
  return { kind: "word", word: w };
}

/** "a number", "a list": for messages. */
export function kindOf(v: Value): string {
  if (typeof v === "number") return "a number";
  if (typeof v === "string") return "a string";
  if (typeof v === "boolean") return "a truth value";
  switch (v.kind) {
    case "list": case "range": return "a list";
    case "callable": return v.callee.kind === "closure" ? "a body" : `a ${v.callee.kind === "identity" ? "layer" : v.callee.kind}`;
    case "word": return "a word";
    case "tensor": return "a value";
    case "namespace": return "a library";
    case "poison": return "a mistake";
  }
}

const SHOWN = 8; // elements of a list in a message
const DEEP = 3;

/** As it would be written in a program, shortened where it is long. */
export function printValue(v: Value | undefined, depth = 0): string {
  if (v === undefined) return "_";
  if (typeof v === "string") return JSON.stringify(v.length > 40 ? `${v.slice(0, 39)}…` : v);
  if (typeof v !== "object") return String(v);
  switch (v.kind) {
    case "list": {
      if (depth >= DEEP && v.items.length > 0) return "[…]";
      const items = v.items.slice(0, SHOWN);
      return `[${Array.from(items, (i) => printValue(i, depth + 1)).join(", ")}${v.items.length > SHOWN ? ", …" : ""}]`;
    }
    case "range": return v.step === 1 ? `${v.start}..${v.start + v.length}` : `reverse(${v.start - v.length + 1}..${v.start + 1})`;
    case "callable": return printCall(calleeName(v.callee), v.bound, depth);
    case "word": return v.word;
    case "tensor": return printShape(sampleShape(v.type));
    case "namespace": return v.module.source.name;
    case "poison": return "?";
  }
}

const LONGEST = 80;

/** "basic(c = 16, stride = 1)". */
export function printCall(name: string, bound: ReadonlyMap<string, Bound>, depth = 0): string {
  if (bound.size === 0) return name;
  if (depth >= DEEP) return `${name}(…)`;
  const text = `${name}(${[...bound].map(([k, b]) => `${k} = ${printValue(b.value, depth + 1)}`).join(", ")})`;
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 2)}…)`;
}

export function printShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** "[16, 32, 32]", "int [10]". */
export function printSample(type: TensorType): string {
  return `${type.dtype === "i32" ? "int " : ""}${printShape(sampleShape(type))}`;
}
