// Names that mean nothing where they stand → diagnostics, with what could have been meant.
// Law: a name that is unknown is reported once in a file, at its first use; the other uses are labels.
import { diagnostic, type Diagnostic, type Fix } from "../source/diagnostic.ts";
import type { Name } from "./ast.ts";
import { functions, merges, words } from "./builtins.ts";
import type { Definition } from "./program.ts";
import type { Local, Scope } from "./scope.ts";
import { suggest } from "./suggest.ts";

export interface Unknown {
  readonly name: Name;
  readonly scope: Scope;
  /** Used as a step: a layer, a block or a value is meant. */
  readonly step: boolean;
  /** Notes what it means after all. */
  refer(local: Local): void;
}

interface Known {
  readonly names: ReadonlyMap<string, Definition>;
  readonly layers: ReadonlySet<string>;
  /** A layer's name elsewhere, in small letters without `_` → its name here. */
  readonly foreign: ReadonlyMap<string, string>;
  /** An import from the standard library that makes the name known. */
  importFix(name: string): Fix | null;
}

/** A list is seen in the whole block, also above the place that names its first element; whether there is one, elaboration knows. */
export function refersToList(u: Unknown): boolean {
  const later = u.scope.find(u.name.text);
  if (!later?.list) return false;
  u.refer(later);
  return true;
}

/** More labels than these do not help. */
const mostUses = 8;

export function explainUnknown(unknown: readonly Unknown[], known: Known): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const nowhere = new Map<string, Unknown[]>();
  for (const u of unknown) {
    const later = u.scope.find(u.name.text);
    if (later) {
      const related = [{ span: later.span, message: "named here" }];
      diagnostics.push(diagnostic("RN209", u.name.span, `\`${u.name.text}\` is used before it is named`, { related }));
    } else if (!nowhere.get(u.name.text)?.push(u)) nowhere.set(u.name.text, [u]);
  }
  for (const uses of nowhere.values()) diagnostics.push(explain(uses[0]!, uses.slice(1), known));
  return diagnostics;
}

function explain({ name, scope, step }: Unknown, others: readonly Unknown[], known: Known): Diagnostic {
  const language = step ? [...known.layers, ...Object.keys(merges)] : [...Object.keys(functions), ...Object.keys(words), ...known.layers];
  const declared = [...known.names].filter(([, d]) => !step || (d.kind !== "model" && d.kind !== "const")).map(([text]) => text); // no model is a step
  const own = [...scope.visible(), ...declared];
  const elsewhere = step ? name.text.toLowerCase().replaceAll("_", "") : ""; // layers are steps there, too
  const meant = suggest(name.text, own, 1) ?? known.foreign.get(elsewhere) ?? suggest(name.text, [...own, ...language]);
  const spelling = meant === null ? null : { message: `did you mean \`${meant}\`?`, edits: [name, ...others.map((o) => o.name)].map((n) => ({ span: n.span, text: meant })) };
  const chain = elsewhere === "sequential" ? { message: "steps follow one another as they are written: a -> b -> c, or a line each", edits: [] } : null;
  const help = [known.importFix(name.text), chain ?? spelling].filter((h) => h !== null);
  const related = others.slice(0, mostUses).map((o) => ({ span: o.name.span, message: "and here" }));
  return diagnostic("RN201", name.span, `there is no \`${name.text}\` here`, { related, help });
}
