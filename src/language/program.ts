// The files of a program with their names resolved: what `resolveProgram` makes and what elaboration and the editor read.
// Law: a Module has the declarations it can see by name, imported ones included; elaboration never looks at import statements.
import type { Diagnostic } from "../source/diagnostic.ts";
import type { Source, Span } from "../source/text.ts";
import type { Block, Const, Declaration, Export, File, Import, Model } from "./ast.ts";

/** An entry file and everything it imports, directly or not. */
export interface Program {
  readonly entry: Module;
  /** Every file once; an imported file stands before those that import it, the entry is last. */
  readonly modules: readonly Module[];
  /** Of all modules, in that order: lexical, syntax and name errors. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Module {
  readonly source: Source; // its `name` identifies the module
  readonly file: File;
  /** What a name at file level means: own consts, blocks and models, imported ones (under their local name), namespaces. */
  readonly names: ReadonlyMap<string, Definition>;
  /** Every use of a name with its meaning, in order of position. */
  readonly references: readonly Reference[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `module` is the file the declaration is written in: its `names` and `default`s are the ones that hold inside it. */
export type Definition =
  | { readonly kind: "const"; readonly module: Module; readonly declaration: Const }
  | { readonly kind: "block"; readonly module: Module; readonly declaration: Block }
  | { readonly kind: "model"; readonly module: Module; readonly declaration: Model }
  /** `import * as r from "rn/resnet"`: `r.basic` is `module.names.get("basic")` where that is declared there. */
  | { readonly kind: "namespace"; readonly module: Module; readonly declaration: Import }
  /** Reported already: an import that failed, a declaration with syntax errors, a name that nothing declares. Whatever uses it is poison, silently. */
  | { readonly kind: "missing"; readonly name: Span | null };

export type Meaning =
  | "const" | "block" | "model" | "namespace" // declared in a file
  | "parameter" | "variable" | "value" | "output" // of a block or model: `c`, `for i`, `as x` and inputs, `output logits`
  | "in" | "layer" | "merge" | "function" | "word" // of the language itself
  | "export"
  | "missing"; // declared, but with syntax errors, or not found where it should be imported from

/** One use of a name. `definition` is the name's span where it is declared; null for what the language itself defines. */
export interface Reference {
  readonly use: Span;
  readonly meaning: Meaning;
  readonly definition: Span | null;
  /** Of a definition that names again what is named there: on another side of an `if`, or another element of a list. */
  readonly same?: Span;
}

/** What the file makes modules of: its `export`s, or, where it has none, every model that needs no arguments. Broken ones are left out. */
export function exportsOf(file: File): readonly (Export | Model)[] {
  const exports = file.declarations.filter((d) => d.kind === "export");
  const models = file.declarations.filter((d) => d.kind === "model").filter((m) => m.params.every((p) => p.fallback !== null));
  return (exports.length > 0 ? exports : models).filter((d) => !isBroken(file, d));
}

/** Has this declaration syntax errors? Then nothing more is said about it. */
export function isBroken(file: File, d: Declaration): boolean {
  return file.broken.some((b) => b.span.start <= d.span.start && d.span.start < b.span.end);
}
