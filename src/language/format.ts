// The canonical layout of a program. In: a source. Out: its text laid out, or null where it has syntax errors.
// Law: only blanks, line breaks and commas before a closing bracket change; every token and comment stays, in its order. Formatting twice changes nothing.
//
// The writer decides where lines break; the formatter decides everything else:
// - two blanks of indent for each bracket that the line above left open, and for a line that goes on with `->` or after an operator;
// - braces that hold a line break open and close on lines of their own, each branch of a merge begins a line with its `|`;
// - at most one blank line, none after `{` or before `}`;
// - the `=` of neighbouring exports, consts and train entries align; other blanks stay where they align neighbouring lines (align.ts).
import type { Source } from "../source/text.ts";
import { lex } from "../../grammar/lex.ts";
import { align, type Cell, type Line } from "./align.ts";
import { parse } from "./parse.ts";
import { gapBefore, isOpening, isClosing, type Item } from "./spacing.ts";

export function format(source: Source): string | null {
  if (parse(source).diagnostics.some((d) => d.severity === "error")) return null;
  const items = withoutTrailingCommas(readItems(source.text));
  const lines = new Layout(items).run();
  align(lines);
  return lines.map(print).join("");
}

function print(line: Line): string {
  let text = line.blankAbove ? "\n" : "";
  text += " ".repeat(2 * line.indent);
  for (const cell of line.cells) text += " ".repeat(cell.gap) + cell.text;
  return `${text}\n`;
}

// ── items ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Tokens and comments in the order of the text, each with the line breaks and blanks before it. */
function readItems(text: string): Item[] {
  const { tokens, comments } = lex(text);
  const all = [...tokens, ...comments].sort((a, b) => a.startOffset - b.startOffset);
  const items: Item[] = [];
  let end = 0;
  let starts = true;
  for (const t of all) {
    if (t.tokenType.name === "Newline") {
      starts = true;
      continue;
    }
    const gap = text.slice(end, t.startOffset);
    const type = t.tokenType.name;
    items.push({ type, text: t.image.trimEnd(), starts: starts && type !== "Comment", breaks: gap.split(/\r\n|\n|\r/).length - 1, blanks: gap.length });
    if (type !== "Comment") starts = type === "LCurly" || type === "Bar";
    end = t.startOffset + t.image.length;
  }
  return items;
}

/** A comma stays before a bracket that closes on a line of its own, and is not written to be there. The line break before one that goes stays. */
function withoutTrailingCommas(items: readonly Item[]): Item[] {
  const broken = brokenBrackets(items);
  const open: number[] = [];
  const kept: Item[] = [];
  let breaks = 0;
  for (const [i, item] of items.entries()) {
    const next = items[i + 1];
    if (isOpening(item)) open.push(i);
    if (isClosing(item)) open.pop();
    const goes = item.type === "Comma" && next !== undefined && isClosing(next) && !(next.breaks > 0 && broken.has(open.at(-1)!));
    if (!goes) kept.push(breaks > 0 ? { ...item, breaks: item.breaks + breaks } : item);
    breaks = goes ? item.breaks : 0;
  }
  return kept;
}

// ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Bracket {
  readonly type: string;
  /** Opens and closes on lines of its own. */
  readonly broken: boolean;
  /** Indent of the line that opened it. */
  readonly indent: number;
  /** `?` that wait for their `:`. */
  questions: number;
  readonly train: boolean;
}

class Layout {
  private readonly items: readonly Item[];
  private readonly broken: ReadonlySet<number>;
  private readonly lines: Line[] = [];
  private readonly open: Bracket[] = [];
  private cells: Cell[] = [];
  /** What an opening bracket on this line counts from; one more than the indent behind a `|`. */
  private base = 0;
  private questions = 0; // outside all brackets
  private statement: Item | null = null;

  constructor(items: readonly Item[]) {
    this.items = items;
    this.broken = brokenBrackets(items);
  }

  run(): Line[] {
    for (const [i, item] of this.items.entries()) {
      if (item.starts) this.statement = item;
      if (i === 0 || this.breaksBefore(i)) this.newLine(i);
      const previous = this.items[i - 1];
      const normal = this.cells.length === 0 ? 0 : gapBefore(previous!, this.items[i - 2], item, this.isTernary(item));
      const kept = this.cells.length > 0 && item.blanks >= 2 && item.breaks === 0 && item.blanks > normal;
      this.cells.push({ type: item.type, text: item.text, normal, gap: kept ? item.blanks : normal });
      this.track(i, item);
    }
    return this.lines;
  }

  private get top(): Bracket | undefined {
    return this.open.at(-1);
  }

  private isTernary(item: Item): boolean {
    return item.type === "Colon" && (this.top?.questions ?? this.questions) > 0;
  }

  private breaksBefore(i: number): boolean {
    const item = this.items[i]!;
    const previous = this.items[i - 1]!;
    if (previous.type === "Comment") return true;
    if (item.type === "Comment") return item.breaks > 0;
    if (isClosing(item)) return this.top?.broken ?? false;
    if (isOpening(previous)) return this.top?.broken ?? false;
    if (item.type === "Else") return false;
    if (item.type === "Bar") return this.top?.broken ?? false;
    if (item.type === "Arrow") return item.breaks > 0 || ((this.items[i + 1]?.breaks ?? 0) > 0 && this.items[i + 1]!.type !== "Comment");
    if (previous.type === "Arrow" || previous.type === "Bar") return false;
    return item.breaks > 0;
  }

  private newLine(i: number): void {
    const item = this.items[i]!;
    const previous = this.items[i - 1];
    const first = this.items.slice(i).find((x) => x.type !== "Comment"); // a comment stands as what follows it
    const inside = this.top ? this.top.indent + 1 : 0;
    let indent = inside;
    if (isClosing(item) || item.type === "Bar") indent = this.top?.indent ?? 0;
    else if (first && !first.starts && !isClosing(first) && first.type !== "Bar" && (this.top?.type ?? "LCurly") === "LCurly" && !(previous && isOpening(previous))) indent = inside + 1;
    this.base = item.type === "Bar" ? indent + 1 : indent;
    const separates = (item.starts && !isClosing(item) && item.type !== "Bar") || item.type === "Comment";
    const blankAbove = item.breaks > 1 && separates && previous !== undefined && !this.opensLine(i - 1);
    this.cells = [];
    this.lines.push({ indent, cells: this.cells, blankAbove, equals: item.starts ? this.equalsCell(item) : null });
  }

  /** Is this an opening bracket, or the remark behind one? */
  private opensLine(i: number): boolean {
    const item = this.items[i]!;
    return isOpening(item) || (item.type === "Comment" && item.breaks === 0 && i > 0 && isOpening(this.items[i - 1]!));
  }

  /** Which cell is the `=` that aligns with those above and below. */
  private equalsCell(item: Item): Line["equals"] {
    if (item.type === "Export" || item.type === "Const") return { kind: item.type, cell: 2 };
    return this.top?.train ? { kind: "entry", cell: 1 } : null;
  }

  private track(i: number, item: Item): void {
    if (isOpening(item)) {
      const train = item.type === "LCurly" && this.open.length === 0 && this.statement?.type === "Train";
      this.open.push({ type: item.type, broken: this.broken.has(i), indent: this.base, questions: 0, train });
    } else if (isClosing(item)) this.open.pop();
    else if (item.type === "Question") this.count(1);
    else if (this.isTernary(item)) this.count(-1);
  }

  private count(by: number): void {
    if (this.top) this.top.questions += by;
    else this.questions += by;
  }
}

/** Braces with a line break anywhere inside; other brackets with one right behind the opening one. */
function brokenBrackets(items: readonly Item[]): ReadonlySet<number> {
  const broken = new Set<number>();
  const open: { at: number; line: number }[] = [];
  let line = 0;
  for (const [i, item] of items.entries()) {
    line += item.breaks;
    if (isClosing(item)) {
      const { at, line: first } = open.pop()!;
      const inside = items[at]!.type === "LCurly" ? line > first : items[at + 1]!.breaks > 0;
      if (inside) broken.add(at);
    }
    if (isOpening(item)) open.push({ at: i, line });
  }
  return broken;
}
