// Names → declarations, for a whole program: loads what is imported, reports unknown, duplicate and missing names.
// In: the parsed entry, a loader (no I/O here), the names of the layers. Out: a Program. Never throws.
import type { File } from "./ast.ts";
import type { Program } from "./program.ts";
import type { Source } from "../source/text.ts";

/** `path` as written after `from`, `importer` the file that says so. The source's `name` identifies the file from then on. */
export type Load = (path: string, importer: Source) => { readonly source: Source } | { readonly problem: string; readonly help?: string };

export interface ResolveOptions {
  readonly load: Load;
  /** The names of all layers (conv, bn, …): known to `ops`, not to the language. */
  readonly layers: ReadonlySet<string>;
  /** Parse imported files as the editor does. */
  readonly recovery?: boolean;
}

export declare function resolveProgram(entry: File, options: ResolveOptions): Program;
