// A source text and the places in it. Everything that points at a program points with a Span; lines are computed on demand.
// Law: offsets are UTF-16 code units, half open; line and column are only for people (1-based when shown).

/** A named text: a file of the program, a library file ("rn/resnet"), or a text given to `compile`. */
export interface Source {
  /** What people see: a path relative to the entry file, or the library's name. */
  readonly name: string;
  readonly text: string;
}

/** The half-open range [start, end) of UTF-16 code units in a source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** Zero-based line and column (UTF-16), as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function span(source: Source, start: number, end: number): Span {
  return { source, start, end };
}

/** The smallest span that holds both; they must lie in one source. */
export function cover(a: Span, b: Span): Span {
  return { source: a.source, start: Math.min(a.start, b.start), end: Math.max(a.end, b.end) };
}

export function spanText(s: Span): string {
  return s.source.text.slice(s.start, s.end);
}

const tables = new WeakMap<Source, readonly number[]>();

/** Offsets at which the lines begin; computed once per source. `\r\n`, `\n` and a lone `\r` end a line. */
export function lineStarts(source: Source): readonly number[] {
  let starts = tables.get(source);
  if (!starts) {
    const found = [0];
    const end = /\r\n|\n|\r/g;
    while (end.exec(source.text)) found.push(end.lastIndex);
    tables.set(source, (starts = found));
  }
  return starts;
}

export function position(source: Source, offset: number): Position {
  const starts = lineStarts(source);
  let lo = 0;
  let hi = starts.length - 1;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (starts[mid]! <= offset) lo = mid;
    else hi = mid - 1;
  }
  return { line: lo, column: offset - starts[lo]! };
}

/** The offset at a position; the nearest there is where the text has no such line or column. */
export function offsetAt(source: Source, { line, column }: Position): number {
  const starts = lineStarts(source);
  const start = starts[line];
  if (start === undefined) return line < 0 ? 0 : source.text.length;
  return Math.max(start, Math.min(start + column, start + lineText(source, line).length));
}

/** The text of a zero-based line, without its end. */
export function lineText(source: Source, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line];
  if (start === undefined) return "";
  return source.text.slice(start, starts[line + 1] ?? source.text.length).replace(/[\r\n]+$/, "");
}

/** "cifar.rn:14", the form in which generated comments lead back to the program. */
export function lineReference(s: Span): string {
  return `${s.source.name}:${position(s.source, s.start).line + 1}`;
}
