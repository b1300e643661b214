// `rnc/graph`: the pictures that clients have, so that each next one keeps their ids and tells what changed. In: analyses, version by version.
// Law: what does not compile changes no picture: the last one stays, and is called stale.
import type { Analysis } from "../editor/analysis.ts";
import { changeOf, LARGEST, picture, type Change, type Picture } from "../editor/graph.ts";
import { declarationAt } from "../editor/tree.ts";
import { exportsOf } from "../language/program.ts";
import { count } from "../lower/context.ts";
import { hasErrors } from "../source/diagnostic.ts";
import type { Span } from "../source/text.ts";
import { thereAre } from "../source/words.ts";
import { offsetOf, type Point } from "./convert.ts";

export interface GraphParams {
  readonly textDocument: { readonly uri: string };
  /** The first one where no name is given. Of one that is not there, nothing; while the text is wrong, its last picture. */
  readonly export?: string | null;
  /** Where the cursor is: another export is answered where only others come by the declaration that it is in. */
  readonly near?: Point | null;
  /** The version of the graph that the client shows; then it is told what changed since. */
  readonly known?: number | null;
}

export interface GraphResult<At> {
  /** The version of the text that the scene is of, its ranges too. */
  readonly version: number;
  /** Does the text as it stands not compile? Then the scene is that of the last version that did. */
  readonly stale: boolean;
  /** All that the text as it stands exports, and which of them this is; null where there is none, or none of the name that was asked for. */
  readonly exports: readonly string[];
  readonly export: string | null;
  /** Null before anything compiled, and where the network is too large; `problem` says so for people. */
  readonly scene: Picture<At> | null;
  readonly problem: string | null;
  /** Against the version that the client knows; null where that is not the one before this. */
  readonly diff: Change | null;
}

interface Kept {
  readonly version: number;
  readonly analysis: Analysis;
  readonly scene: Picture<Span>;
}

export class Graphs {
  readonly #kept = new Map<string, Map<string, Kept>>();

  answer({ textDocument: { uri }, export: asked = null, near, known }: GraphParams, version: number, analysis: Analysis): GraphResult<Span> {
    const exports = exportsOf(analysis.file).map((d) => d.name.text);
    const passing = near ? exportsAt(analysis, offsetOf(analysis.source, near), exports) : [];
    const wanted = passing.length === 0 || passing.includes(asked ?? exports[0]!) ? asked : passing[0]!;
    const all = this.#kept.get(uri) ?? new Map<string, Kept>();
    const isThere = (name: string): boolean => exports.includes(name) || (all.has(name) && hasErrors(analysis.diagnostics)); // perhaps only while it is typed
    const name = wanted === null ? (exports[0] ?? null) : isThere(wanted) ? wanted : null;
    const before = name === null ? undefined : all.get(name);
    const found = name === null ? noExport(wanted, exports) : draw(name, analysis, version, before);
    const stale = typeof found === "string";
    const now = stale ? before : found;
    if (now) this.#kept.set(uri, all.set(name!, now));
    const diff = before && now && known === before.version ? changeOf(before.scene, now.scene) : null;
    return { version: now?.version ?? version, stale, exports, export: name, scene: now?.scene ?? null, problem: stale ? found : null, diff };
  }

  close(uri: string): void {
    this.#kept.delete(uri);
  }
}

/** Those of the exports that come by the declaration around an offset. */
function exportsAt(analysis: Analysis, offset: number, exports: readonly string[]): readonly string[] {
  const around = declarationAt(analysis.file, offset);
  if (!around) return [];
  if (around.kind === "export") return [around.name.text];
  const passing = new Set(analysis.visits.flat().filter(({ place: { span } }) => around.span.start <= span.start && span.end <= around.span.end).map((v) => v.export));
  return exports.filter((name) => passing.has(name));
}

function noExport(wanted: string | null, exports: readonly string[]): string {
  return wanted === null || exports.length === 0 ? "nothing is exported: a model is, and an export that calls one" : `there is no export ${wanted}; ${thereAre(exports)}`;
}

/** What is kept where the text is the same; or why there is no picture of it. */
function draw(name: string, analysis: Analysis, version: number, before: Kept | undefined): Kept | string {
  if (before?.analysis === analysis) return { ...before, version };
  const e = hasErrors(analysis.diagnostics) ? undefined : analysis.elaboration.exports.find((x) => x.name === name);
  if (!e) return "the program has errors";
  if (e.totals.nodes > LARGEST) return `${count(e.totals.nodes)} layers and parameters are too many to draw while you type; rnc graph draws them`;
  return { version, analysis, scene: picture(e, analysis.source, before?.scene ?? null) };
}
