// Who imports what, for what is wrong with the import itself. Several files may import the same, and while an application is edited each of
// them may be mended: the last one whose text still has the import is meant.
import { existsSync, readFileSync } from "node:fs";
import { placeOf, type Problem } from "./problems.ts";

/** A file, and where it imports, if its text on disk shows that. */
export interface Importer extends Pick<Problem, "loc"> {
  readonly file: string;
}

export class Importers {
  /** Module → file → as what it is imported there; the last import comes last. */
  readonly #known = new Map<string, Map<string, string>>();

  note(module: string, file: string, imported: string): void {
    const files = this.#known.get(module) ?? new Map<string, string>();
    files.delete(file);
    this.#known.set(module, files.set(file, imported));
  }

  of(module: string): Importer | null {
    const found = [...(this.#known.get(module) ?? [])].reverse().map(([file, imported]) => ({ file, ...placeOfImport(file, imported) }));
    return found.find(({ loc, comment }) => loc && !comment) ?? found[0] ?? null;
  }
}

const commentOrString = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`/g;

/** Where a file imports this: outside of comments, or else in one; nothing where the text that is on disk has it not. */
function placeOfImport(file: string, imported: string): Pick<Problem, "loc"> & { readonly comment?: boolean } {
  if (!existsSync(file)) return {};
  const text = readFileSync(file, "utf8");
  const forms = [`"${imported}"`, `'${imported}'`];
  const place = (at: number): Problem["loc"] & {} => placeOf({ name: file, text }, at, () => file);
  for (const { 0: found, index } of text.matchAll(commentOrString)) if (forms.includes(found)) return { loc: place(index) };
  const at = forms.map((form) => text.indexOf(form)).find((offset) => offset >= 0);
  return at === undefined ? {} : { loc: place(at), comment: true };
}
