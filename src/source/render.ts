// A diagnostic as people read it: the sentence, the lines of the program with their labels, help.
//
//   error[RN301]: skip cannot add [16, 32, 32] to [32, 16, 16]
//      ┌─ cifar.rn:12:10
//   12 │   skip { conv(32, 3, 2) -> bn }
//      │          -------------- this makes [32, 16, 16]
//      = help: give the skip a shortcut that adapts: skip(project) { … }
//
// In: data; out: a string, colours only through `paint`. Law: however long a line, what is printed of it fits in `width`.
import { displayWidth, layOut, visible } from "./cells.ts";
import type { Diagnostic, Label, Severity } from "./diagnostic.ts";
import { lineText, position, type Source } from "./text.ts";

export type Role = Severity | "bold" | "frame" | "related" | "help";
export type Paint = (role: Role, text: string) => string;

export interface TextOptions {
  readonly paint?: Paint;
  /** What to call a file; its own name where nothing is said. */
  readonly file?: (source: Source) => string;
  /** Columns for a line of the program. */
  readonly width?: number;
}

interface Mark {
  readonly start: number; // offsets in its line
  readonly end: number;
  readonly message: string;
  readonly primary: boolean;
}

interface Context {
  readonly paint: Paint;
  readonly file: (source: Source) => string;
  readonly width: number;
}

export function renderText(d: Diagnostic, options: TextOptions = {}): string {
  const context: Context = { paint: options.paint ?? ((_, text) => text), file: options.file ?? ((s) => s.name), width: options.width ?? 100 };
  const { paint } = context;
  const labels = [...(d.primary ? [d.primary] : []), ...d.related];
  const gutter = Math.max(1, ...labels.map((l) => String(position(l.span.source, l.span.start).line + 1).length));
  const lines = [paint(d.severity, `${d.severity}[${d.code}]`) + paint("bold", `: ${visible(d.message)}`)];
  for (const source of new Set(labels.map((l) => l.span.source))) {
    lines.push(...section(source, labels.filter((l) => l.span.source === source), d, gutter, context));
  }
  for (const help of d.help) lines.push(`${" ".repeat(gutter + 1)}${paint("frame", "=")} ${paint("help", "help")}: ${visible(help.message)}`);
  return lines.map((line) => line.trimEnd() + "\n").join("");
}

/** The lines of one file that carry labels, in order, with a `·` where lines between them are left out. */
function section(source: Source, labels: readonly Label[], d: Diagnostic, gutter: number, context: Context): string[] {
  const { paint } = context;
  const first = position(source, labels[0]!.span.start);
  const out = [`${" ".repeat(gutter + 1)}${paint("frame", "┌─")} ${visible(context.file(source))}:${first.line + 1}:${first.column + 1}`];
  const byLine = new Map<number, Mark[]>();
  for (const label of labels) {
    const at = position(source, label.span.start);
    const until = position(source, label.span.end);
    // A label over several lines underlines the rest of its first line.
    const end = until.line === at.line ? until.column : lineText(source, at.line).length;
    const mark: Mark = { start: at.column, end: Math.max(end, at.column), message: visible(label.message), primary: label === d.primary };
    byLine.set(at.line, [...(byLine.get(at.line) ?? []), mark]);
  }
  let last: number | null = null;
  for (const [line, marks] of [...byLine].sort(([a], [b]) => a - b)) {
    if (last !== null && line > last + 1) out.push(`${" ".repeat(gutter + 1)}${paint("frame", "·")}`);
    last = line;
    for (const { text, marks: shown } of windows(lineText(source, line), marks, context.width)) {
      out.push(`${paint("frame", `${String(line + 1).padStart(gutter)} │`)} ${text}`);
      for (const row of annotate(shown, d.severity, paint)) out.push(`${" ".repeat(gutter + 1)}${paint("frame", "│")} ${row}`);
    }
  }
  return out;
}

interface Placed {
  readonly from: number; // columns on the screen
  readonly to: number;
  readonly message: string;
  readonly primary: boolean;
}

/** The line once, or, where it is too long for all marks to be seen at a time, once for each group of marks that fits. */
function windows(line: string, marks: readonly Mark[], width: number): { text: string; marks: Placed[] }[] {
  const whole = line.length <= 4 * width ? layOut(line) : null;
  if (whole && displayWidth(whole.text) <= width) return [{ text: whole.text, marks: marks.map((m) => place(m, whole.columns)) }];
  const groups: Mark[][] = [];
  for (const m of [...marks].sort((a, b) => a.start - b.start)) {
    const group = groups.at(-1);
    if (group && Math.max(m.end, ...group.map((g) => g.end)) - group[0]!.start <= width - LEAD) group.push(m);
    else groups.push([m]);
  }
  return groups.map((group) => clip(line, group, width));
}

const LEAD = 20; // columns kept before the first mark of a clipped line

function clip(line: string, marks: readonly Mark[], width: number): { text: string; marks: Placed[] } {
  const start = Math.max(0, Math.min(marks[0]!.start - LEAD, line.length - width));
  const slice = line.slice(start, start + width);
  const cells = layOut(slice);
  const head = start > 0 ? "…" : "";
  const cut = start + width < line.length;
  const room = width - head.length - (cut ? 1 : 0);
  let text = "";
  let used = 0;
  for (const c of cells.text) {
    used += displayWidth(c);
    if (used > room) break;
    text += c;
  }
  const placed = marks.map((m) => {
    const p = place({ ...m, start: Math.min(m.start - start, slice.length), end: Math.min(m.end - start, slice.length) }, cells.columns);
    return { ...p, from: Math.min(p.from, room) + head.length, to: Math.max(Math.min(p.to, room), Math.min(p.from, room) + 1) + head.length };
  });
  return { text: head + text + (cut || used > room ? "…" : ""), marks: placed };
}

function place(m: Mark, columns: readonly number[]): Placed {
  const end = columns.length - 1;
  const from = columns[Math.min(m.start, end)]!;
  return { from, to: Math.max(columns[Math.min(m.end, end)]!, from + 1), message: m.message, primary: m.primary };
}

/** The row of underlines with the last message beside it, then the other messages hanging from their marks, rightmost first. */
function annotate(marks: readonly Placed[], severity: Severity, paint: Paint): string[] {
  const ink = (m: Placed, text: string): string => paint(m.primary ? severity : "related", text);
  const row: (Placed | undefined)[] = [];
  for (const m of [...marks].sort((a, b) => Number(a.primary) - Number(b.primary))) for (let c = m.from; c < m.to; c++) row[c] = m;
  const hanging = marks.filter((m) => m.message !== "").sort((a, b) => a.from - b.from || Number(b.primary) - Number(a.primary));
  const beside = hanging.length > 0 && marks.every((m) => m.to <= hanging.at(-1)!.to) ? hanging.pop()! : null;
  const rows = [runs(row, ink) + (beside ? ` ${ink(beside, beside.message)}` : "")];
  if (hanging.length > 0) rows.push(pillars(hanging, ink));
  while (hanging.length > 0) {
    const m = hanging.pop()!;
    const before = pillars(hanging.filter((h) => h.from < m.from), ink);
    const used = Math.max(0, ...hanging.filter((h) => h.from < m.from).map((h) => h.from + 1));
    rows.push(before + " ".repeat(m.from - used) + ink(m, m.message));
  }
  return rows;
}

function runs(row: readonly (Placed | undefined)[], ink: (m: Placed, text: string) => string): string {
  let out = "";
  for (let c = 0; c < row.length; ) {
    const m = row[c];
    let end = c;
    while (end < row.length && row[end] === m) end++;
    out += m ? ink(m, (m.primary ? "^" : "-").repeat(end - c)) : " ".repeat(end - c);
    c = end;
  }
  return out;
}

/** `│` under the start of each mark. */
function pillars(marks: readonly Placed[], ink: (m: Placed, text: string) => string): string {
  let out = "";
  let column = 0;
  for (const m of marks) {
    if (m.from < column) continue;
    out += " ".repeat(m.from - column) + ink(m, "│");
    column = m.from + 1;
  }
  return out;
}
