// The standard library as the compiler sees it: embedded texts, loaded by the name that programs import them under.
import { parse } from "../language/parse.ts";
import type { Source } from "../source/text.ts";
import { standardLibrary } from "../std/embedded.ts";

const sources: ReadonlyMap<string, Source> = new Map(Object.entries(standardLibrary).map(([name, text]) => [name, { name, text }]));

/** The same source each time: what is known of it stays known from one keystroke to the next. */
export function loadLibrary(path: string): { readonly source: Source } | null {
  const source = sources.get(path);
  return source ? { source } : null;
}

let blocks: ReadonlyMap<string, string> | undefined;

/** Block → the library file that declares it, for "did you mean to import". */
export function blocksOfLibrary(): ReadonlyMap<string, string> {
  return (blocks ??= new Map(
    [...sources.values()].flatMap((source) =>
      parse(source).file.declarations.flatMap((d) => (d.kind === "block" ? [[d.name.text, source.name] as const] : []))),
  ));
}
