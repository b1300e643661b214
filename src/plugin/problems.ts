// What is wrong, as each host shows it: with its place, where the host can show one, and the lines of the program.
import { CommandError } from "../cli/exit.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import { renderText } from "../source/render.ts";
import { position, type Source } from "../source/text.ts";

/** Rollup's form of a message, which unplugin brings to the others. */
export interface Problem {
  readonly message: string;
  readonly loc?: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame?: string;
}

/** Hosts that show a frame get it apart; the others in the message. The first of several has the place. */
export function problemOf(diagnostics: readonly Diagnostic[], file: (source: Source) => string, framed: boolean): Problem {
  const texts = diagnostics.map((d) => renderText(d, { file }).trimEnd());
  const primary = diagnostics[0]!.primary;
  const [headline, ...rest] = texts.join("\n\n").split("\n");
  return {
    message: framed ? headline! : texts.join("\n\n"),
    ...(framed ? { frame: rest.join("\n") } : {}),
    ...(primary ? { loc: placeOf(primary.span.source, primary.span.start, file) } : {}),
  };
}

export function placeOf(source: Source, offset: number, file: (source: Source) => string): NonNullable<Problem["loc"]> {
  const { line, column } = position(source, offset);
  return { file: file(source), line: line + 1, column };
}

/** A user's mistake that has no place in a program: a file that cannot be read, an option that is not there. Ours goes on as it is. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CommandError) return error.help === null ? error.message : `${error.message} (${error.help})`;
  if (error instanceof RangeError) return error.message;
  throw error;
}
