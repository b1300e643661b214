// Offsets ↔ positions of the protocol, which also counts UTF-16; and texts with the changes that a client tells.
import { offsetAt, position, span, type Source, type Span } from "../source/text.ts";

export interface Point {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Point;
  readonly end: Point;
}

export function pointOf(source: Source, offset: number): Point {
  const { line, column } = position(source, offset);
  return { line, character: column };
}

export function rangeOf({ source, start, end }: Span): Range {
  return { start: pointOf(source, start), end: pointOf(source, end) };
}

/** The nearest offset there is, whatever the client says. */
export function offsetOf(source: Source, { line, character }: Point): number {
  return offsetAt(source, { line: whole(line), column: whole(character) });
}

export function spanOf(source: Source, { start, end }: Range): Span {
  const [a, b] = [offsetOf(source, start), offsetOf(source, end)];
  return span(source, Math.min(a, b), Math.max(a, b));
}

function whole(n: number): number {
  return Number.isFinite(n) ? Math.max(0, Math.trunc(n)) : 0;
}

/** A text after a change: of a range, or of all where there is none. */
export function changed(text: string, change: { readonly text: string; readonly range?: Range }): string {
  if (!change.range) return change.text;
  const { start, end } = spanOf({ name: "", text }, change.range);
  return text.slice(0, start) + change.text + text.slice(end);
}
