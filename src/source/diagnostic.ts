// What is wrong with a program, as data: a code, one sentence, labels on the places, and edits that mend it.
// Law: a user's mistake is a Diagnostic and never a throw; a compiler's mistake is a throw and never a Diagnostic.
import type { Code } from "./codes.ts";
import type { Span } from "./text.ts";

export type Severity = "error" | "warning" | "info";

/** A place and what is to be said about it: "this makes [32, 16, 16]". */
export interface Label {
  readonly span: Span;
  readonly message: string;
}

export interface Edit {
  readonly span: Span;
  readonly text: string;
}

/** Help in words and, where it can be made mechanically, as edits (the editor's quick fix). */
export interface Fix {
  readonly message: string;
  readonly edits: readonly Edit[];
}

export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  /** One sentence with the shapes and names: what was needed, what was found. No full stop. */
  readonly message: string;
  /** The culprit; null where no text is to blame (a command-line override, a weights file). */
  readonly primary: Label | null;
  /** Whoever made the offending value, the first definition of a duplicate, and so on. */
  readonly related: readonly Label[];
  readonly help: readonly Fix[];
}

export interface DiagnosticParts {
  readonly label?: string;
  readonly related?: readonly Label[];
  readonly help?: readonly (Fix | string)[];
  readonly severity?: Severity;
}

/** The one way to make a diagnostic: `diagnostic("RN301", span, "skip cannot add …", { help: ["…"] })`. */
export function diagnostic(code: Code, at: Span | null, message: string, parts: DiagnosticParts = {}): Diagnostic {
  return {
    code,
    severity: parts.severity ?? "error",
    message,
    primary: at && { span: at, message: parts.label ?? "" },
    related: parts.related ?? [],
    help: (parts.help ?? []).map((h) => (typeof h === "string" ? { message: h, edits: [] } : h)),
  };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}
