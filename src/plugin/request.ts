// What an import asks for: a program, by the path of its file, or a part of what became of it; and how it is compiled.
//
//   ./cifar.rn?target=wasm                    all exports, each a namespace
//   ./cifar.rn?target=wasm&export=resnet20    one of them: what the first imports
//   ./cifar.rn?target=wasm&module=resnet20    its generated module, while a development server keeps the export alive
//   ./cifar.rn?target=wasm&thread=resnet20    one thread of it
import type { CompileOptions } from "../compiler/options.ts";
import { suggest } from "../language/suggest.ts";

export type Part = { readonly kind: "program" } | { readonly kind: "export" | "module" | "thread"; readonly name: string };

export interface Request {
  readonly path: string;
  /** Of the query, without the part: what imports of other parts repeat. */
  readonly query: string;
  readonly options: Pick<CompileOptions, "target" | "threads" | "train" | "only">;
  readonly part: Part;
}

const parts = ["export", "module", "thread"] as const;
const own: readonly string[] = ["target", "threads", "train", "only", ...parts];
/** With these a host hands out the file as it is. */
const foreign: readonly string[] = ["raw", "url", "inline", "no-inline"];
/** With these Vite says that it is code that it asks for. */
const passing: readonly string[] = ["import", "worker_file"];

/** Null for what is no program. Throws a RangeError where a word of the query is misspelt or says neither yes nor no; other hosts' words are let pass. */
export function parseRequest(id: string): Request | null {
  const at = id.indexOf("?");
  const path = at < 0 ? id : id.slice(0, at);
  if (!path.endsWith(".rn") || path.startsWith("\0")) return null;
  const query = new URLSearchParams(at < 0 ? "" : id.slice(at + 1));
  const keys = [...query.keys()];
  if (keys.some((k) => foreign.includes(k))) return null;
  for (const key of keys.filter((k) => ![...own, ...passing].includes(k))) {
    const meant = key.length > 3 ? suggest(key, own) : null;
    if (meant) throw new RangeError(`there is no ?${key}: did you mean ?${meant}?`);
  }
  const kind = parts.find((p) => query.has(p));
  const kept = [...query].filter(([key]) => own.includes(key) && !(parts as readonly string[]).includes(key));
  const target = query.get("target");
  return {
    path,
    query: kept.map(([key, value]) => (value === "" ? key : `${key}=${encodeURIComponent(value)}`)).join("&"),
    options: {
      ...(target === null ? {} : { target: target as NonNullable<CompileOptions["target"]> }), // the compiler checks it
      ...flag(query, "threads"),
      ...flag(query, "train"),
      ...(query.has("only") ? { only: query.get("only")! } : {}),
    },
    part: kind ? { kind, name: query.get(kind)! } : { kind: "program" },
  };
}

/** `?train` and `?train=true` say yes, `?train=false` no, before the plugin's options. */
function flag<K extends "threads" | "train">(query: URLSearchParams, key: K): { readonly [_ in K]?: boolean } {
  const value = query.get(key);
  if (value === null) return {};
  if (value !== "" && value !== "true" && value !== "false") throw new RangeError(`write ?${key}, ?${key}=true or ?${key}=false, not ?${key}=${value}`);
  return { [key]: value !== "false" } as { readonly [_ in K]?: boolean };
}

/** The query that asks for a part of the same program. */
export function queryOf({ query }: Request, kind: (typeof parts)[number], name: string): string {
  return `?${query === "" ? "" : `${query}&`}${kind}=${encodeURIComponent(name)}`;
}
