// One text as the editor's features see it: its diagnostics, and what is understood of it even where it has mistakes.
// Law: an analysis never changes; each form is made when the first feature asks for it.
import { Compilation } from "../compiler/compilation.ts";
import { loadLibrary } from "../compiler/library.ts";
import type { File, Import } from "../language/ast.ts";
import type { Module, Program, Reference } from "../language/program.ts";
import type { Load } from "../language/resolve.ts";
import type { Elaboration } from "../lower/elaborate.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import type { Source } from "../source/text.ts";
import { placesOf, type Place } from "./places.ts";

/** A place in the text as one export comes by. */
export interface Visit {
  readonly export: string;
  readonly place: Place;
}

export class Analysis {
  readonly #compilation: Compilation;
  readonly #load: Load | undefined;
  #visits: readonly (readonly Visit[])[] | undefined;

  constructor(source: Source, load?: Load) {
    this.#compilation = new Compilation(source.text, { name: source.name, ...(load ? { load } : {}) });
    this.#load = load;
  }

  /** What all spans of this text point at. */
  get source(): Source {
    return this.understood.source;
  }

  /** Of the text and of what it imports, as `rnc check` tells them. */
  get diagnostics(): readonly Diagnostic[] {
    return this.#compilation.diagnostics;
  }

  /** The compilation that shapes and meanings are read from. */
  get understood(): Compilation {
    return this.#compilation.recovered;
  }

  /** A program like this with another text, for what would be if something else stood there. */
  instead(text: string): Analysis {
    return new Analysis({ name: this.source.name, text }, this.#load);
  }

  get file(): File {
    return this.module.file;
  }

  get program(): Program {
    return this.understood.program;
  }

  get module(): Module {
    return this.program.entry;
  }

  get elaboration(): Elaboration {
    return this.understood.elaboration;
  }

  /** Every place that some export comes by, with the exports in their order. */
  get visits(): readonly (readonly Visit[])[] {
    if (!this.#visits) {
      const all = new Map<number, Visit[]>();
      for (const [name, fragment] of this.elaboration.models) {
        for (const [key, place] of placesOf(fragment, this.source)) {
          const known = all.get(key);
          if (known) known.push({ export: name, place });
          else all.set(key, [{ export: name, place }]);
        }
      }
      this.#visits = [...all.values()];
    }
    return this.#visits;
  }

  /** The name of the file that an import turned out to be; null where it failed. */
  imported({ from }: Import): string | null {
    const path = from.parts[0];
    if (typeof path !== "string") return null;
    const found = loadLibrary(path) ?? this.#load?.(path, this.source) ?? { problem: "" };
    return "source" in found ? found.source.name : null;
  }

  readonly isLibrary = (source: Source): boolean => loadLibrary(source.name)?.source.text === source.text;

  /** The name that stands at an offset, also where it ends there. */
  referenceAt(offset: number): Reference | null {
    return this.module.references.findLast((r) => r.use.start <= offset && offset <= r.use.end) ?? null;
  }
}
