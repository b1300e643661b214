// The one error that a generated module throws: a code for programs, a sentence for people.

export class RncError extends Error {
  /** "options", "weights", "input", "batch", "disposed", "threads": what was wrong. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "RncError";
    this.code = code;
  }
}
