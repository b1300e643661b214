// Why something cannot be made, in the words a user reads. A value, never thrown; lowering turns it into a diagnostic.

/** Shapes are shown without the batch. */
export interface Problem {
  readonly problem: string;
  readonly help?: string;
}

export function problem(text: string, help?: string): Problem {
  return help === undefined ? { problem: text } : { problem: text, help };
}

export function isProblem(x: object): x is Problem {
  return "problem" in x;
}

/** A mistake of the compiler: names the pass or stage. Users never cause one. */
export class CompilerError extends Error {
  constructor(where: string, message: string) {
    super(`${where}: ${message}`);
    this.name = "CompilerError";
  }
}
