// Rewritings of a program that keep its networks: a block made of a selection, a block written out where it is called, labels as in
// PyTorch. Law: one is offered only where the rewritten program has no mistakes and its exports compute the same; parameters keep
// their names where the language lets them.
import type { Elaboration } from "../lower/elaborate.ts";
import type { Edit } from "../source/diagnostic.ts";
import type { Analysis } from "./analysis.ts";
import { extraction } from "./extract.ts";
import { inlining } from "./inline.ts";
import { labelling } from "./labelling.ts";
import { rewritten, type Refactoring } from "./rewrite.ts";

/** What can be done with the selection [start, end); where it is empty, at the cursor. Nothing while the program has mistakes. */
export function refactorings(analysis: Analysis, start: number, end: number): readonly Refactoring[] {
  if (analysis.diagnostics.length > 0) return [];
  const found = start < end ? [extraction(analysis, start, end)] : [inlining(analysis, start), labelling(analysis, start)];
  return found.filter((r) => r !== null).filter((r) => keepsNetworks(analysis, r.edits));
}

function keepsNetworks(analysis: Analysis, edits: readonly Edit[]): boolean {
  const { source } = analysis;
  const after = analysis.instead(rewritten({ source, start: 0, end: source.text.length }, edits));
  return after.diagnostics.length === 0 && summary(after.elaboration) === summary(analysis.elaboration);
}

/** The exports with their sizes and types. */
function summary({ exports }: Elaboration): string {
  return JSON.stringify(exports.map(({ name, totals, model }) => [name, totals, [...model.inputs, ...model.outputs].map((s) => [s.name, s.type])]));
}
