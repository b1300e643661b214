// The standard library as the compiler sees it: embedded texts, loaded by the name that programs import them under.
import { parse } from "../language/parse.ts";
import type { Source } from "../source/text.ts";
import { standardLibrary } from "../std/embedded.ts";

export function loadLibrary(path: string): { readonly source: Source } | null {
  const text = Object.hasOwn(standardLibrary, path) ? standardLibrary[path] : undefined;
  return text === undefined ? null : { source: { name: path, text } };
}

let blocks: ReadonlyMap<string, string> | undefined;

/** Block → the library file that declares it, for "did you mean to import". */
export function blocksOfLibrary(): ReadonlyMap<string, string> {
  return (blocks ??= new Map(
    Object.entries(standardLibrary).flatMap(([name, text]) =>
      parse({ name, text }).file.declarations.flatMap((d) => (d.kind === "block" ? [[d.name.text, name] as const] : []))),
  ));
}
