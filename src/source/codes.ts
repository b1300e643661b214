// Every code a diagnostic can carry, with the page that `rnc explain` prints.
// RN1xx syntax · RN2xx names · RN3xx shapes · RN4xx arguments and compile-time values · RN5xx exports and weights · RN6xx limits · RN7xx train.
// Law: a code is never reused for another meaning; a test shows each one raised by a program.

export interface CodeInfo {
  /** A headline of a few words. */
  readonly title: string;
  /** Two to six sentences: what the rule is, why it is so, how to mend it. Markdown. */
  readonly text: string;
  /** A complete program that raises exactly this code (and nothing else), where a program can. */
  readonly example?: string;
}

export const codes = {
  RN101: { title: "syntax error", text: "The text is not a program: the parser found something it did not expect here." },
  RN301: { title: "shapes do not fit together", text: "Two values are merged whose shapes differ." },
} as const satisfies Record<string, CodeInfo>;

export type Code = keyof typeof codes;
