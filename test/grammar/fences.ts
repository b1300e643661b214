// The programs in a Markdown page. ```rn is a file, ```rn fragment the inside of a model, ```rn RN105 a file with that mistake.

export interface Fenced {
  readonly kind: "file" | "fragment" | "mistake";
  /** A complete program, whatever the kind. */
  readonly text: string;
  /** Of a mistake, else "". */
  readonly code: string;
  /** Line of the fence, from 1. */
  readonly line: number;
}

export function programs(page: string): readonly Fenced[] {
  return Array.from(page.matchAll(/^```rn *(\w*)\n([\s\S]*?)^```$/gm), ([, word = "", text = ""], i): Fenced => {
    const line = lineOf(page, i);
    if (word === "fragment") return { kind: "fragment", text: inModel(text), code: "", line };
    return word === "" ? { kind: "file", text, code: "", line } : { kind: "mistake", text, code: word, line };
  });
}

/** The line of the i-th fence. */
function lineOf(page: string, i: number): number {
  const starts = [...page.matchAll(/^```rn/gm)];
  return page.slice(0, starts[i]!.index).split("\n").length;
}

function inModel(statements: string): string {
  const body = statements.trimEnd().split("\n").map((line) => (line === "" ? "" : `  ${line}`));
  return ["model fragment {", "  input x: [16, 32, 32]", ...body, "  output y", "}", ""].join("\n");
}
