// From a name to its definition, to all its uses, to another name.
// Law: what a name means the resolver has noted; nothing here compares texts, except where an import gives a name of its own.
import { isReserved } from "../language/builtins.ts";
import type { Module, Reference } from "../language/program.ts";
import type { Edit } from "../source/diagnostic.ts";
import { span, spanText, type Span } from "../source/text.ts";
import { tokens } from "../../grammar/tokens.ts";
import type { Analysis } from "./analysis.ts";

/** Where the name under the cursor is declared; of an import's path, the file's beginning. Null for what the language itself defines. */
export function definition(analysis: Analysis, offset: number): Span | null {
  const { file, program } = analysis;
  const path = file.declarations.find((d) => d.kind === "import" && d.from.span.start <= offset && offset <= d.from.span.end);
  if (path?.kind === "import") {
    const load = analysis.imported(path);
    const module = load && program.modules.find((m) => m.source.name === load);
    return module ? span(module.source, 0, 0) : null;
  }
  return analysis.referenceAt(offset)?.definition ?? null;
}

/** Every use in the program, the declaration included where it is wanted. Files in the order of the program, the library's left out. */
export function references(analysis: Analysis, offset: number, declaration = true): readonly Span[] {
  const at = analysis.referenceAt(offset);
  if (!at) return [];
  if (!at.definition) return analysis.module.references.filter((r) => !r.definition && r.meaning === at.meaning && spanText(r.use) === spanText(at.use)).map((r) => r.use);
  const definitions = namings(analysis.module, at.definition);
  const uses = analysis.program.modules.flatMap((m) => m.references.filter((r) => r.definition && definitions.some((d) => same(d, r.definition!))).map((r) => r.use));
  const listed = uses.some((u) => same(u, at.definition!)) ? uses : [at.definition, ...uses];
  return declaration ? listed : listed.filter((u) => !definitions.some((d) => same(u, d)));
}

/** The definition and those that name the same again. */
function namings({ references }: Module, definition: Span): readonly Span[] {
  const again = references.filter((r) => r.same);
  const first = (d: Span): Span => {
    const known = again.find((r) => same(r.use, d));
    return known ? first(known.same!) : d;
  };
  const home = first(definition);
  return [home, ...again.filter((r) => same(first(r.use), home)).map((r) => r.use)];
}

function same(a: Span, b: Span): boolean {
  return a.source.name === b.source.name && a.start === b.start && a.end === b.end;
}

// ── renaming ───────────────────────────────────────────────────────────────────────────────────────────────────────

export type Renaming = { readonly edits: readonly Edit[] } | { readonly problem: string };

/** The name to be renamed; null where there is none that this program declares. */
export function renamable(analysis: Analysis, offset: number): Span | null {
  const at = analysis.referenceAt(offset);
  return at && owned(at, analysis) ? at.use : null;
}

/** Is it declared in a file of the program, not of the library? */
function owned({ definition }: Reference, { source, isLibrary }: Analysis): boolean {
  return definition !== null && (definition.source.name === source.name || !isLibrary(definition.source));
}

export function rename(analysis: Analysis, offset: number, to: string): Renaming {
  const at = analysis.referenceAt(offset);
  if (!at?.definition) return { problem: "there is no name here that the program declares" };
  if (!owned(at, analysis)) return { problem: `\`${spanText(at.use)}\` is declared in the standard library` };
  const wrong = unusable(to) ?? taken(at.definition, to, analysis);
  if (wrong !== null) return { problem: wrong };
  const uses = references(analysis, offset).filter((u) => spanText(u) === spanText(at.use));
  return { edits: uses.map((u) => ({ span: u, text: to })) };
}

const keywords = new Set(tokens.flatMap((t) => (typeof t.PATTERN === "string" && /^[a-z]/.test(t.PATTERN) && t.name !== "From" ? [t.PATTERN] : [])));

/** Why it cannot be a name; null where it can. */
export function unusable(name: string): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return `${JSON.stringify(name)} is no name: letters, digits and _, not beginning with a digit`;
  if (keywords.has(name)) return `\`${name}\` is a keyword`;
  return isReserved(name) ? `\`${name}\` is a name of the language and keeps its meaning` : null;
}

/** Is something of that name declared where the renamed one is seen? Then one of them would hide the other. */
function taken(definition: Span, to: string, { program, file }: Analysis): string | null {
  const module = program.modules.find((m) => m.source.name === definition.source.name);
  if (!module) return null;
  const around = module.file.declarations.find((d) => d.span.start <= definition.start && definition.end <= d.span.end);
  const local = around && !("name" in around && same(around.name.span, definition));
  const clashes = module.references.filter((r) => spanText(r.use) === to && (!local || (around.span.start <= r.use.start && r.use.end <= around.span.end)));
  return clashes.length > 0 || (file !== module.file && program.entry.names.has(to)) ? `there is already a \`${to}\` here` : null;
}
