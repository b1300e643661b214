// What a chart shows, as data: series of points in panels with axes. Both renderings, SVG and terminal, read it.
import { light } from "./palette.ts";
import { plain, type Kind, type Scale } from "./scale.ts";

export interface Axis {
  readonly label: string;
  /** `linear` where nothing is said. */
  readonly kind?: Kind;
  /** The axis reaches these, too. */
  readonly include?: readonly number[];
  /** After each number: " %". */
  readonly unit?: string;
  /** Ticks at these alone. */
  readonly ticks?: readonly number[];
  /** Of the places 0, 1, 2 …, instead of numbers. */
  readonly names?: readonly string[];
}

export interface Series {
  readonly name: string;
  /** In rising order of x. A value that is not finite, or has no place on the axis, interrupts the line. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** From where to where the values of each point spread: a band, at dots a bar. */
  readonly spread?: readonly (readonly [low: number, high: number])[];
  /** `line` where nothing is said; `faint` is a thin pale line, for raw values beneath smoothed ones; `dots` are joined. */
  readonly style?: "line" | "dashed" | "faint" | "dots" | "bars";
  /** Which of the palette's colours; the series' number where nothing is said. */
  readonly colour?: number;
}

export interface Panel {
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Of the plot, in pixels. */
  readonly height?: number;
}

export interface Figure {
  readonly title: string;
  /** Beneath the title. */
  readonly facts?: string;
  readonly x: Axis;
  /** One under the other, with one axis for x. */
  readonly panels: readonly Panel[];
}

export interface Chart extends Omit<Figure, "panels">, Panel {}

export function colourOf(s: Series, i: number): number {
  return (s.colour ?? i) % light.series.length;
}

/** The axis's own ticks where it names some. */
export function withTicks(axis: Axis, scale: Scale): Scale {
  return axis.ticks === undefined ? scale : { ...scale, ticks: axis.ticks.filter((at) => at >= scale.low && at <= scale.high).map((at) => ({ at, label: plain(at) + (axis.unit ?? "") })) };
}

/** Tenths of a pixel. */
export function n(x: number): string {
  return String(Math.round(x * 10) / 10);
}
