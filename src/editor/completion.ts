// What can be written at the cursor. Steps are offered where they fit what flows there (no `conv` after a vector), arguments where
// they are not yet given. Equation: what flows at the cursor is what would flow into an `id` written there.
import type { AttrSpec } from "../ir/attr.ts";
import { isProblem } from "../ir/problem.ts";
import type { Composite } from "../ir/op.ts";
import { tensor, type TensorType } from "../ir/type.ts";
import { functions, isMerge, merges, words } from "../language/builtins.ts";
import type { GivenAttrs } from "../lower/attributes.ts";
import { workOut } from "../lower/emit.ts";
import { augmentations, keys, losses, optimizers, schedules, settings, warmups, type Vocabulary } from "../lower/vocabulary.ts";
import { printSample } from "../lower/value.ts";
import { layers } from "../ops/index.ts";
import type { Edit } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import { blocksOfLibrary } from "../compiler/library.ts";
import { makeImportFix } from "../language/names.ts";
import { standardLibrary } from "../std/embedded.ts";
import type { Analysis } from "./analysis.ts";
import { docOf, meaningOf, parametersFor, signatureOf, type Known } from "./callee.ts";
import { cursorAt, type Where } from "./cursor.ts";
import { declarationAt } from "./tree.ts";

export interface Completion {
  readonly kind: "layer" | "merge" | "block" | "model" | "const" | "value" | "parameter" | "argument" | "function" | "word" | "keyword" | "file" | "key";
  readonly name: string;
  /** Beside the name: a signature, a shape. */
  readonly detail: string;
  readonly doc: string;
  readonly insert: string;
  readonly span: Span;
  /** An import that it needs. */
  readonly also: readonly Edit[];
}

type Offer = Omit<Completion, "span">;

export function completions(analysis: Analysis, offset: number): readonly Completion[] {
  const { where, word } = cursorAt(analysis.source, offset);
  return offers(where, analysis, offset, word).map((o) => ({ ...o, span: word }));
}

function offers(where: Where, analysis: Analysis, offset: number, word: Span): readonly Offer[] {
  switch (where.kind) {
    case "nothing": return [];
    case "step": return [...steps(analysis, word), ...(where.begins ? statements : [])];
    case "argument": return where.named === null ? [...missing(where.call.path, where.call.given, analysis), ...values(analysis, offset)] : [...valuesOf(where.call.path, where.named, analysis), ...values(analysis, offset)];
    case "expression": return values(analysis, offset);
    case "declaration": return declarations;
    case "import": return [...blocksOfLibrary().keys()].map((name) => offer("block", name, blocksOfLibrary().get(name)!, ""));
    case "path": return Object.keys(standardLibrary).map((name) => offer("file", name, "standard library", ""));
    case "train": return where.key === null ? trainKeys : trained(where.key);
  }
}

function offer(kind: Offer["kind"], name: string, detail: string, doc: string, insert = name): Offer {
  return { kind, name, detail, doc, insert, also: [] };
}

const keyword = (name: string, doc: string): Offer => offer("keyword", name, "", doc);
const declarations = [
  keyword("import", "Names from another file or the standard library."), keyword("const", "A value for the whole file."), keyword("default", "Arguments of a layer from here on."),
  keyword("block", "A step made of steps."), keyword("model", "A network with inputs and outputs."), keyword("export", "A network to make a module of."), keyword("train", "What is minimised, and how."),
];
const statements = [
  keyword("input", "What flows in: `input x: [3, 32, 32]`."), keyword("output", "Names what flows here as a result."), keyword("let", "Names a value that does not flow on."), keyword("as", "Names what flows here."),
  keyword("for", "Repeats for each element of a list or range."), keyword("if", "Chooses at compile time."), keyword("default", "Arguments of a layer from here on."),
];

// ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function steps(analysis: Analysis, word: Span): readonly Offer[] {
  const flowing = flowingAt(analysis, word);
  const named = [...layers.values()].filter((op) => !isMerge(op.name) && !analysis.module.names.has(op.name));
  const language = Object.entries(merges).map(([name, doc]) => offer("merge", name, "", doc));
  const own = [...analysis.module.names].flatMap(([name, d]) => (d.kind === "block" ? [called(name, d)] : []));
  const importable = [...blocksOfLibrary()].filter(([name]) => !analysis.module.names.has(name)).map(([name, path]): Offer => {
    const fix = makeImportFix(analysis.file, name, path);
    return { ...offer("block", name, path, `Imported from "${path}".`, name), also: fix?.edits ?? [] };
  });
  const fitting = named.filter((op) => !flowing || fits(op, flowing)).map((op) => called(op.name, { kind: "layer", op }));
  return [...fitting, ...language, ...own, ...importable, ...locals(analysis, word.start).filter((l) => l.kind !== "const")].map((o) => (flowing && o.kind === "layer" ? { ...o, detail: `${printSample(flowing)} → ${o.detail}` } : o));
}

function called(name: string, known: Known): Offer {
  const needs = parametersFor(known).some((p) => p.required);
  return offer(known.kind === "layer" ? "layer" : "block", name, signatureOf(known), docOf(known), needs ? `${name}(` : name);
}

/** What flows into a step written there, in the first export that comes by. What stands behind it as the rest of the same step goes to the next line. */
function flowingAt(analysis: Analysis, { start, end, source }: Span): TensorType | null {
  const rest = source.text.slice(end);
  const apart = /^[ \t]*(->|[|}\r\n]|\/\/|$)/.test(rest) ? "" : "\n";
  const text = `${source.text.slice(0, start)}id${apart}${rest}`;
  const visit = analysis.instead(text).visits.find(([v]) => v?.place.span.end === start + 2)?.[0]; // with its label, where it has one
  return visit?.place.first.passage.from ?? null;
}

/** Can the layer be applied to a value of that rank? It can where its samples have the rank, or their arguments do there; where they do nowhere, nothing is known. */
function fits(op: Composite, type: TensorType): boolean {
  const ranks = op.samples.map((s) => s.inputs[0]!.shape.length);
  return ranks.includes(type.shape.length) || works(op, type) || !ranks.some((r) => works(op, ofRank(type, r)));
}

function works(op: Composite, type: TensorType): boolean {
  return op.samples.some(({ attrs }) => !isProblem(workOut(op, [type], attrs as GivenAttrs)));
}

/** The same channels. */
function ofRank(type: TensorType, rank: number): TensorType {
  return tensor([...type.shape.slice(0, 2), ...Array.from({ length: rank - 2 }, () => 8)], type.dtype);
}

// ── arguments and values ───────────────────────────────────────────────────────────────────────────────────────────

/** The parameters that are not yet given. */
function missing(path: Parameters<typeof meaningOf>[0], given: readonly (string | null)[], { module }: Analysis): readonly Offer[] {
  const known = meaningOf(path, module);
  if (!known) return [];
  const byName = new Set(given.filter((g) => g !== null));
  const free = parametersFor(known).filter((p) => !byName.has(p.name));
  const positional = given.filter((g) => g === null).length;
  const taken = new Set(free.filter((p) => p.positional).slice(0, positional).map((p) => p.name));
  return free.filter((p) => !taken.has(p.name)).map((p) => offer("argument", p.name, p.text, p.doc, `${p.name} = `));
}

/** Words and truth values that an attribute can be. */
function valuesOf(path: Parameters<typeof meaningOf>[0], name: string, { module }: Analysis): readonly Offer[] {
  const known = meaningOf(path, module);
  const spec = known?.kind === "layer" ? known.op.attrs[name] : undefined;
  return spec ? wordsOf(spec) : [];
}

function wordsOf(spec: AttrSpec): readonly Offer[] {
  if (spec.kind === "bool") return [keyword("true", spec.doc), keyword("false", spec.doc)];
  if (spec.kind === "padding") return [offer("word", "valid", "", words.valid)];
  return (spec.oneOf ?? []).map((w) => offer("word", w, "", w in words ? words[w as keyof typeof words] : ""));
}

function values(analysis: Analysis, offset: number): readonly Offer[] {
  const declared = [...analysis.module.names].flatMap(([name, d]): readonly Offer[] => (d.kind === "const" ? [offer("const", name, "", d.declaration.doc ?? "")] : d.kind === "block" || d.kind === "model" ? [offer(d.kind, name, signatureOf(d), docOf(d))] : []));
  const language = Object.entries(functions).map(([name, doc]) => offer("function", name, "", doc, `${name}(`));
  return [...locals(analysis, offset), ...declared, ...language, offer("word", "none", "", words.none)];
}

/** Parameters, running variables and values that are named before the offset in its declaration. */
function locals(analysis: Analysis, offset: number): readonly Offer[] {
  const around = declarationAt(analysis.file, offset);
  if (!around) return [];
  const named = new Map<string, Offer>();
  for (const { use, meaning, definition } of analysis.module.references) {
    const here = definition?.start === use.start && around.span.start <= use.start && use.end <= offset;
    if (!here || (meaning !== "parameter" && meaning !== "variable" && meaning !== "value")) continue;
    const name = use.source.text.slice(use.start, use.end);
    named.set(name, offer(meaning === "value" ? "value" : "parameter", name, meaning, ""));
  }
  return [...named.values()];
}

// ── training ───────────────────────────────────────────────────────────────────────────────────────────────────────

const trainKeys: readonly Offer[] = keys.map((k) => offer("key", k, "", k in settings ? settings[k as keyof typeof settings].doc : "", `${k} = `));

const vocabularies: Readonly<Record<string, Vocabulary>> = { loss: losses, optimizer: optimizers, schedule: { ...warmups, ...schedules }, augment: augmentations };

function trained(key: string): readonly Offer[] {
  const words = Object.hasOwn(vocabularies, key) ? vocabularies[key]! : {};
  return Object.entries(words).map(([name, w]) => offer("function", name, Object.keys(w.args).join(", "), w.doc, `${name}(`));
}
