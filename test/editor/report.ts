// What an editor shows of a text, as data that can be compared and sent: diagnostics and hints; and the documents it is open beside.
import type { Analysis } from "../../src/editor/analysis.ts";
import { diagnostics } from "../../src/editor/diagnostics.ts";
import { hints } from "../../src/editor/hints.ts";
import { Documents } from "../../src/lsp/documents.ts";
import { noFiles } from "../../src/lsp/host.ts";
import type { Source } from "../../src/source/text.ts";

export interface Report {
  readonly diagnostics: readonly unknown[];
  readonly hints: readonly unknown[];
}

export function reportOf(analysis: Analysis): Report {
  return JSON.parse(JSON.stringify({ diagnostics: diagnostics(analysis), hints: hints(analysis) }, (key, value: unknown) => (key === "source" ? (value as Source).name : value))) as Report;
}

export const edited = "file:///folder/test.rn";

/** The files, open beside the document that is edited. */
export function openBeside(files: readonly Source[]): Documents {
  const documents = new Documents(noFiles);
  for (const { name, text } of files) documents.set(`file:///folder/${name.slice(name.lastIndexOf("/") + 1)}`, 0, text);
  return documents;
}

/** What is shown of the edited document. */
export function shownOf(documents: Documents): Report {
  return reportOf(documents.analysis(edited)!);
}
