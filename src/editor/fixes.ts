// Quick fixes: the edits that diagnostics carry, where they stand.
import type { Diagnostic, Fix } from "../source/diagnostic.ts";
import type { Analysis } from "./analysis.ts";
import { diagnostics } from "./diagnostics.ts";

export interface QuickFix {
  readonly fix: Fix;
  readonly diagnostic: Diagnostic;
}

/** Of the diagnostics that touch [start, end]. */
export function quickFixes(analysis: Analysis, start: number, end: number): readonly QuickFix[] {
  const near = diagnostics(analysis).filter(({ span }) => span.start <= end && start <= span.end);
  return near.flatMap(({ diagnostic }) => diagnostic.help.filter((fix) => fix.edits.length > 0).map((fix) => ({ fix, diagnostic })));
}
