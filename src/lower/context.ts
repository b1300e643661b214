// What elaboration knows at a place in a program: the file, the names, the defaults, what `in` is, and where instructions go.
// Law: contexts are immutable; entering braces, a loop or a block makes a new one.
import type { Composite } from "../ir/op.ts";
import type { Problem } from "../ir/problem.ts";
import type { Body, Const, Declaration } from "../language/ast.ts";
import type { Module } from "../language/program.ts";
import type { Code } from "../source/codes.ts";
import type { DiagnosticParts } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import type { Fragment, LayerUse } from "./fragment.ts";
import type { Keys } from "./keys.ts";
import { limits } from "./limits.ts";
import type { Numbering } from "./numbering.ts";
import type { Recorder, Tensor } from "./recorder.ts";
import { Stop, type Mistake, type Reporter } from "./report.ts";
import type { Scope } from "./scope.ts";
import type { Bound, Poison, Value } from "./value.ts";

/** What flows: a value; nothing yet (a model before its first input); or a mistake that is already reported. */
export type Flow = Tensor | Poison | null;

/** Layer → argument → value: `default conv(bias = false)`. */
export type Defaults = ReadonlyMap<string, ReadonlyMap<string, Bound>>;

/** What an expression needs. */
export interface Surroundings {
  readonly session: Session;
  readonly module: Module;
  readonly scope: Scope;
  readonly defaults: Defaults;
  readonly in: Inlet;
}

/** What `in` stands for: null outside of blocks and models. A model's is filled by its first input, wherever that stands. */
export interface Inlet {
  value: Tensor | Poison | null;
}

/** What a step needs. */
export interface Context extends Surroundings {
  readonly recorder: Recorder;
  readonly numbering: Numbering;
  /** Where `input` and `output` put themselves: in a model's own braces (and its ifs), once each. */
  readonly model: ModelSink | null;
}

export interface ModelSink {
  readonly inputs: Map<string, { readonly value: Tensor; readonly span: Span }>;
  readonly outputs: Map<string, { readonly value: Tensor | Poison; readonly span: Span }>;
}

/** A layer on certain operand types. */
export type Usage = Pick<LayerUse, "attrs" | "params" | "type">;

/** Why a layer cannot be applied; `limit` where it is too large to be. */
export interface Refusal extends Problem {
  readonly limit?: true;
}

/** A memoised block: what it became, and what was wrong with it. `open` while it is being elaborated. */
export type Memo = "open" | { readonly fragment: Fragment; readonly mistakes: ReadonlySet<Mistake> };

export interface Session {
  readonly layers: ReadonlyMap<string, Composite>;
  readonly plain: boolean;
  readonly report: Reporter;
  readonly keys: Keys;
  readonly memo: Map<string, Memo>;
  /** (op, attributes, operand types) → what that is: layers repeat, so this is worked out once. */
  readonly usages: Map<string, Usage | Refusal>;
  readonly constants: Map<Const, Value | "open">;
  readonly defaults: Map<Declaration, Defaults>;
  /** The model of each export, also where mistakes are in it: what an editor shows shapes from. */
  readonly models: Map<string, Fragment>;
  /** The blocks that are open, outermost first. */
  readonly calls: { readonly name: string; readonly text: () => string; readonly span: Span }[];
  /** Counts against `limits.steps`, `limits.together` and `limits.depth`. */
  readonly work: { steps: number; together: number; depth: number };
  /** Elaborates the statements of a body; set by the module that can (bodies hold steps hold bodies). */
  readonly body: (body: Body, context: Context, flow: Flow) => Flow;
}

/** Reports with the call that is open, so that one sees with which arguments it happens. */
export function complain(s: { readonly session: Session }, code: Code, at: Span | null, message: string, parts: DiagnosticParts = {}): void {
  const { report, calls } = s.session;
  const call = calls.at(-1);
  const related = call ? [...(parts.related ?? []), { span: call.span, message: `in ${call.text()}, used here` }] : (parts.related ?? []);
  report.add(code, at, message, { ...parts, related });
}

/** Counts steps; an export that needs too many is stopped. */
export function spend(s: { readonly session: Session }, at: Span, steps = 1): void {
  const { work } = s.session;
  work.together += steps;
  if ((work.steps += steps) <= limits.steps) return;
  complain(s, "RN603", at, `this needs more than ${count(limits.steps)} steps to be written out`);
  throw new Stop();
}

/** One level deeper, until `leave`; a program that nests too deep is stopped. */
export function enter({ session }: { readonly session: Session }, at: Span): void {
  if (session.work.depth >= limits.depth) {
    complain({ session }, "RN604", at, `braces and blocks are nested more than ${limits.depth} deep here`);
    throw new Stop();
  }
  session.work.depth++;
}

export function leave({ session }: { readonly session: Session }): void {
  session.work.depth--;
}

/** 1000000 → "1,000,000". */
export function count(n: number): string {
  return Number.isSafeInteger(n) ? String(n).replace(/\B(?=(\d{3})+$)/g, ",") : n.toPrecision(3);
}
