// Charts for a terminal: lines of braille dots, eight to a character, with the same axes as the SVG. Law: text only; who prints gives
// the colours, and without them the names at the right end still tell the lines apart.
// Own code: asciichart and simple-ascii-chart have one point to a character and no logarithmic axis.
import { displayWidth, visible } from "../source/cells.ts";
import { colourOf, withTicks, type Axis, type Figure, type Panel, type Series } from "./figure.ts";
import { makeScale, type Scale } from "./scale.ts";

export interface TerminalSize {
  /** Characters in a line, all told. */
  readonly columns: number;
  /** Lines of each panel's plot. */
  readonly rows: number;
}

/** Gives text the colour of a series. */
export type SeriesPaint = (colour: number, text: string) => string;

/** Lines of text, each with its newline. */
export function terminalFigure(f: Figure, size: TerminalSize, paint: SeriesPaint = (_, text) => text): string {
  const xs = f.panels.flatMap((p) => p.series.flatMap((s) => s.points.map((q) => q[0])));
  const scales = f.panels.map((p) => yScale(p, size.rows));
  const left = Math.max(...scales.flatMap((s) => s.ticks.map((t) => displayWidth(t.label))));
  const names = f.panels.flatMap((p) => p.series.map((s) => displayWidth(visible(s.name))));
  const right = Math.min(Math.max(0, ...names) + 1, Math.floor(size.columns / 3));
  const width = Math.max(10, size.columns - left - 2 - right);
  const x = withTicks(f.x, makeScale([...xs, ...(f.x.include ?? [])], { kind: f.x.kind ?? "linear", most: Math.max(2, width / 12), round: false, unit: f.x.unit ?? "" }));
  const panels = f.panels.map((p, i) => drawPanel(p, { x, y: scales[i]!, left, width, right, rows: size.rows }, paint));
  const head = [visible(f.title), ...(f.facts === undefined ? [] : [visible(f.facts)])].map((line) => `${line}\n`).join("");
  return `${head}${panels.join("")}${xLine(f.x, x, left, width)}`;
}

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly width: number;
  readonly right: number;
  readonly rows: number;
}

function yScale({ y, series }: Panel, rows: number): Scale {
  const values = series.filter(isDrawn).flatMap((s) => s.points.map((p) => p[1]));
  return withTicks(y, makeScale([...values, ...(y.include ?? [])], { kind: y.kind ?? "linear", most: Math.max(2, rows / 3), round: true, unit: y.unit ?? "" }));
}

/** Raw values beneath smoothed ones would only blur them here. */
function isDrawn(s: Series): boolean {
  return s.style !== "faint";
}

function drawPanel(panel: Panel, frame: Frame, paint: SeriesPaint): string {
  const canvas = new Braille(frame.width, frame.rows);
  const ends: { readonly row: number; readonly name: string; readonly colour: number }[] = [];
  panel.series.forEach((s, i) => {
    if (!isDrawn(s)) return;
    const last = draw(s, colourOf(s, i), canvas, frame);
    if (last !== null && s.name !== "") ends.push({ row: last, name: visible(s.name), colour: colourOf(s, i) });
  });
  const names = spreadOut(ends, frame.rows);
  const ticks = new Map(frame.y.ticks.map((t) => [rowOf(frame.y.place(t.at)!, frame.rows), t.label]));
  const lines = Array.from({ length: frame.rows }, (_, row) => {
    const label = ticks.get(row);
    const name = names.get(row);
    const axis = label === undefined ? "│" : "┤";
    const end = name === undefined ? "" : ` ${paint(name.colour, name.name.slice(0, frame.right - 1))}`;
    return `${(label ?? "").padStart(frame.left)} ${axis}${canvas.line(row, paint)}${end}`.trimEnd();
  });
  return `${" ".repeat(frame.left + 1)}${visible(panel.y.label)}\n${lines.join("\n")}\n`;
}

function rowOf(place: number, rows: number): number {
  return Math.min(rows - 1, Math.max(0, Math.round((1 - place) * (rows * 4 - 1)) >> 2));
}

/** Draws the joined points; the row of the last one that has a place. */
function draw(s: Series, colour: number, canvas: Braille, { x, y, width, rows }: Frame): number | null {
  let before: readonly [number, number] | null = null;
  let last: number | null = null;
  for (const [px, py] of s.points) {
    const across = x.place(px);
    const up = y.place(py);
    if (across === null || up === null) {
      before = null;
      continue;
    }
    const at = [Math.round(across * (width * 2 - 1)), Math.round((1 - up) * (rows * 4 - 1))] as const;
    canvas.segment(before ?? at, at, colour);
    before = at;
    last = rowOf(up, rows);
  }
  return last;
}

/** A row for each name, its own where it is free, else the nearest free one; names that find none are left out. */
function spreadOut<T extends { readonly row: number }>(ends: readonly T[], rows: number): ReadonlyMap<number, T> {
  const taken = new Map<number, T>();
  for (const e of [...ends].sort((a, b) => a.row - b.row)) {
    const free = Array.from({ length: rows }, (_, r) => r).filter((r) => !taken.has(r));
    const nearest = free.reduce<number | null>((best, r) => (best === null || Math.abs(r - e.row) < Math.abs(best - e.row) ? r : best), null);
    if (nearest !== null) taken.set(nearest, e);
  }
  return taken;
}

/** The axis beneath: its line, its numbers, its name. */
function xLine(axis: Axis, scale: Scale, left: number, width: number): string {
  const line = new Array<string>(width).fill("─");
  let numbers = "";
  for (const t of scale.ticks) {
    if (axis.names !== undefined && axis.names[t.at] === undefined) continue;
    const column = Math.min(width - 1, Math.round(scale.place(t.at)! * (width - 1)));
    line[column] = "┴";
    const label = axis.names?.[t.at] === undefined ? t.label : visible(axis.names[t.at]!);
    const start = Math.max(0, column - (label.length >> 1));
    if (start > displayWidth(numbers) || numbers === "") numbers = numbers.padEnd(start) + label;
  }
  const indent = " ".repeat(left + 1);
  return `${indent}└${line.join("")}\n${indent} ${numbers}\n${indent} ${visible(axis.label)}\n`;
}

const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]] as const; // of a character, by row and column

/** A grid of characters with two dots across and four down in each; a character has the colour of its last dot. */
class Braille {
  readonly #columns: number;
  readonly #cells: Uint8Array;
  readonly #colours: Int32Array;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#cells = new Uint8Array(columns * rows);
    this.#colours = new Int32Array(columns * rows);
  }

  /** A straight line of dots, both ends included. */
  segment(from: readonly [number, number], to: readonly [number, number], colour: number): void {
    const steps = Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]), 1);
    for (let i = 0; i <= steps; i++) {
      const x = Math.round(from[0] + ((to[0] - from[0]) * i) / steps);
      const y = Math.round(from[1] + ((to[1] - from[1]) * i) / steps);
      const cell = (y >> 2) * this.#columns + (x >> 1);
      this.#cells[cell]! |= DOTS[(y & 3) as 0 | 1 | 2 | 3][(x & 1) as 0 | 1];
      this.#colours[cell] = colour;
    }
  }

  /** A row as text, runs of one colour painted together. */
  line(row: number, paint: SeriesPaint): string {
    let text = "";
    let run = "";
    let colour = -1;
    const flush = (): void => {
      text += colour < 0 ? run : paint(colour, run);
      run = "";
    };
    for (let i = row * this.#columns; i < (row + 1) * this.#columns; i++) {
      const here = this.#cells[i] === 0 ? -1 : this.#colours[i]!;
      if (here !== colour) flush();
      colour = here;
      run += here < 0 ? " " : String.fromCharCode(0x2800 + this.#cells[i]!);
    }
    flush();
    return text;
  }
}
