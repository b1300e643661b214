// `.rn` files as Node loads them: by their file URLs, each part a module of its own.
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { jsString } from "../codegen/names.ts";
import { hasErrors } from "../source/diagnostic.ts";
import { Importers } from "./importers.ts";
import { moduleText } from "./modules.ts";
import { problemOf, sentenceOf, type Problem } from "./problems.ts";
import { Programs } from "./programs.ts";
import { parseRequest, type Request } from "./request.ts";

/** What a load hook of Node answers. */
export interface LoadedModule {
  readonly format: "module";
  readonly source: string;
  readonly shortCircuit: true;
}

/** What a resolve hook of Node answers and is told, as far as it matters here. */
export interface ResolvedModule {
  readonly url: string;
}
export interface ResolveContext {
  readonly parentURL?: string;
}

const programs = new Programs({});
const importers = new Importers();

/** Remembers who imports a program, for what is wrong with the import itself. */
export function noteImport({ url }: ResolvedModule, specifier: string, { parentURL }: ResolveContext): void {
  if (isProgram(url) && parentURL?.startsWith("file:")) importers.note(url, fileURLToPath(parentURL), specifier);
}

function isProgram(url: string): boolean {
  return /^file:[^?#]*\.rn(\?|$)/.test(url);
}

/** Null for what is no program. Throws what is wrong as the command shows it, without a stack. */
export function loadProgram(url: string): LoadedModule | null {
  if (!isProgram(url)) return null;
  const { search } = new URL(url);
  try {
    const request = parseRequest(fileURLToPath(url) + search);
    return request && { format: "module", source: sourceOf(request), shortCircuit: true };
  } catch (e) {
    if (e instanceof SyntaxError) throw e;
    const by = importers.of(url);
    throw wrong({ message: sentenceOf(e), ...(by?.loc ? { loc: by.loc } : {}) }, by?.file);
  }
}

function sourceOf(request: Request): string {
  const opened = programs.open(request, false);
  const { diagnostics, file } = opened;
  if (hasErrors(diagnostics)) throw wrong(problemOf(diagnostics, file, false));
  if (diagnostics.length > 0 && request.part.kind === "program") process.emitWarning(problemOf(diagnostics, file, false).message, { type: "RncWarning" });
  // A thread's text is small, and Node starts it from a URL that holds it.
  return moduleText(request, opened, { self: `./${encodeURIComponent(basename(request.path))}`, hot: false, worker: (_, text) => jsString(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`) });
}

/** Where the program or its import is wrong, not from where in Node it is loaded. */
function wrong({ message, loc }: Problem, importer = "an import"): SyntaxError {
  const error = new SyntaxError(message);
  error.stack = `${message}\n    at ${loc ? `${loc.file}:${loc.line}:${loc.column + 1}` : importer}`;
  return error;
}
