// Threads in esbuild, which bundles no worker by itself: each is an entry of its own, which the build has or has not.
import { relative, resolve } from "node:path";
import type { Imported } from "../cli/imported.ts";
import { jsString } from "../codegen/names.ts";
import { queryOf, type Request } from "./request.ts";

/** What esbuild is asked to build, as far as it matters here. */
export interface EsbuildOptions {
  readonly entryPoints?: readonly (string | { readonly in: string })[] | Readonly<Record<string, string>>;
  readonly absWorkingDir?: string;
}

/** What to tell of the exports that can compute in several threads and whose threads no entry makes; null where there are none. */
export function problemOfWorkers(request: Request, { exports }: Pick<Imported, "exports">, { entryPoints = [], absWorkingDir = process.cwd() }: EsbuildOptions): string | null {
  const entries = Array.isArray(entryPoints) ? entryPoints.map((e: string | { readonly in: string }) => (typeof e === "string" ? e : e.in)) : Object.values(entryPoints as Readonly<Record<string, string>>);
  const made = new Set(entries.map((e) => threadOf(e, request.path, absWorkingDir)));
  const without = exports.filter((e) => e.module.files.some((f) => f.name === `${e.name}.worker.js`) && !made.has(e.name)).map((e) => e.name);
  if (without.length === 0) return null;
  const file = `./${relative(absWorkingDir, request.path).replaceAll("\\", "/")}`;
  const missing = without.map((name) => `${jsString(`${name}.worker`)}: ${jsString(file + queryOf(request, "thread", name))}`);
  return `${file} has threads, and esbuild makes their files of entries alone: add entryPoints: { ${missing.join(", ")} }${without.length > 1 ? ", those whose nets compute in several (?only=name imports one export alone)" : ""}`;
}

/** The export that an entry is a thread of, where it is one of this program; else null. */
function threadOf(entry: string, path: string, folder: string): string | null {
  const [file, query = ""] = entry.split(/\?(.*)/s);
  return resolve(folder, file!) === resolve(path) ? new URLSearchParams(query).get("thread") : null;
}
