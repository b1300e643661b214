// Names → declarations, for a whole program: loads what is imported, reports unknown, duplicate and missing names.
// In: the parsed entry, a loader (no I/O here), the names of the layers. Out: a Program. Never throws; imports may be a chain of any length.
import { diagnostic, type Diagnostic } from "../source/diagnostic.ts";
import type { Source } from "../source/text.ts";
import type { File, Import } from "./ast.ts";
import { makeModule } from "./names.ts";
import { parse, type Parsed } from "./parse.ts";
import type { Module, Program } from "./program.ts";

/** `path` as written after `from`, `importer` the file that says so. The source's `name` identifies the file from then on. */
export type Load = (path: string, importer: Source) => { readonly source: Source } | { readonly problem: string; readonly help?: string };

export interface ResolveOptions {
  readonly load: Load;
  /** The names of all layers (conv, bn, …): known to `ops`, not to the language. */
  readonly layers: ReadonlySet<string>;
  /** Block → library file that declares it ("basic" → "rn/resnet"): to suggest an import where the name is unknown. */
  readonly library?: ReadonlyMap<string, string>;
  /** What layers are called elsewhere, in small letters without `_` → their names here: to suggest those. */
  readonly foreign?: ReadonlyMap<string, string>;
}

/** A file whose imports are being loaded. */
interface Open {
  readonly file: File;
  readonly diagnostics: Diagnostic[];
  readonly waiting: Import[]; // last one first
  readonly imports: Map<Import, Module | null>;
}

export function resolveProgram(entry: Parsed, options: ResolveOptions): Program {
  const { layers, library = new Map(), foreign = new Map() } = options;
  const done = new Map<string, Module>();
  const open: Open[] = [opened(entry)];
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const next = top.waiting.at(-1);
    if (!next) {
      const module = makeModule({ ...top, layers, library, foreign });
      done.set(module.source.name, module);
      open.pop();
      continue;
    }
    const found = load(next, top, open, done, options);
    if (found && "waiting" in found) {
      open.push(found); // `next` stays: it is looked up again when the file is done
      continue;
    }
    top.imports.set(next, found);
    top.waiting.pop();
  }
  const modules = [...done.values()];
  return { entry: modules.at(-1)!, modules, diagnostics: modules.flatMap((m) => m.diagnostics) };
}

const known = new WeakMap<Source, Parsed>(); // files of the library are the same objects each time

function parsedOnce(source: Source): Parsed {
  let parsed = known.get(source);
  if (!parsed) known.set(source, (parsed = parse(source)));
  return parsed;
}

function opened(parsed: Parsed): Open {
  const waiting = parsed.file.declarations.filter((d) => d.kind === "import").reverse();
  return { file: parsed.file, diagnostics: [...parsed.diagnostics], waiting, imports: new Map() };
}

/** The module an import means; the file to be opened first; or null where it failed and that is reported. */
function load(statement: Import, importer: Open, open: readonly Open[], done: ReadonlyMap<string, Module>, options: ResolveOptions): Module | Open | null {
  const path = statement.from.parts[0];
  if (typeof path !== "string" || statement.from.parts.length > 1) return null; // reported by the parser
  if (statement.from.span.start === statement.from.span.end) return null; // not written yet
  const at = statement.from.span;
  const answer = options.load(path, importer.file.source);
  if ("problem" in answer) {
    importer.diagnostics.push(diagnostic("RN203", at, answer.problem, { help: answer.help === undefined ? [] : [answer.help] }));
    return null;
  }
  const { name } = answer.source;
  const ready = done.get(name);
  if (ready) return ready;
  const circle = open.findIndex((o) => o.file.source.name === name);
  if (circle < 0) return opened(parsedOnce(answer.source));
  const files = [...open.slice(circle).map((o) => o.file.source.name), name];
  const shown = files.length > 6 ? [...files.slice(0, 3), "…", ...files.slice(-2)] : files;
  importer.diagnostics.push(diagnostic("RN205", at, `these imports go in a circle: ${shown.join(" → ")}`));
  return null;
}
