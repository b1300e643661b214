// The formatter as edits: as few and as small as can be, so that cursors and marks stay where they are.
// Equation: format changes blanks, line breaks and commas before closing brackets only, so both texts are walked side by side.
import { format } from "../language/format.ts";
import type { Edit } from "../source/diagnostic.ts";
import { lineStarts, position, span, type Source } from "../source/text.ts";

/** Null where the text has syntax errors. */
export function formatting(source: Source): readonly Edit[] | null {
  const wanted = format(source);
  return wanted === null ? null : differences(source, wanted);
}

/** Only what lies within [start, end). */
export function rangeFormatting(source: Source, start: number, end: number): readonly Edit[] | null {
  return formatting(source)?.filter((e) => start <= e.span.start && e.span.end <= end) ?? null;
}

/** After a `}` or a newline: the line that it ended. */
export function typeFormatting(source: Source, offset: number, typed: string): readonly Edit[] | null {
  const { line } = position(source, offset);
  const last = typed === "\n" ? line - 1 : line;
  if (last < 0) return [];
  const starts = lineStarts(source);
  return rangeFormatting(source, starts[last]!, typed === "\n" ? starts[last + 1]! - 1 : offset);
}

/** Edits between two texts that differ in blanks and left out commas. */
function differences(source: Source, wanted: string): readonly Edit[] {
  const { text } = source;
  const edits: Edit[] = [];
  for (let i = 0, j = 0; i < text.length || j < wanted.length; ) {
    let [from, to] = [gapEnd(text, i), gapEnd(wanted, j)];
    if (text[from] === "," && wanted[to] !== ",") from = gapEnd(text, from + 1);
    if (text.slice(i, from) !== wanted.slice(j, to)) edits.push(smallest(source, i, from, wanted.slice(j, to)));
    [i, j] = [from + 1, to + 1];
  }
  return edits;
}

function gapEnd(text: string, from: number): number {
  let i = from;
  while (i < text.length && /\s|\ufeff/.test(text[i]!)) i++;
  return i;
}

/** Without what both begin with: a line break that stays is not touched. */
function smallest(source: Source, start: number, end: number, text: string): Edit {
  const old = source.text.slice(start, end);
  let same = 0;
  while (same < old.length && same < text.length && old[same] === text[same]) same++;
  return { span: span(source, start + same, end), text: text.slice(same) };
}
