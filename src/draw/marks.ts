// What stands in a chart's plot: lines, bands, dots with whiskers, bars. In pixels from the plot's upper left corner.
import { colourOf, n, type Series } from "./figure.ts";
import type { Scale } from "./scale.ts";

/** Where a plot lies in its picture, and its axes. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Bands beneath everything, then the series in their order. */
export function marks(series: readonly Series[], frame: Frame): string {
  const bars = series.filter((s) => s.style === "bars");
  const bands = series.map((s, i) => (s.spread && s.style !== "dots" && s.style !== "bars" ? band(s, colourOf(s, i), frame) : ""));
  const drawn = series.map((s, i) => (s.style === "bars" ? drawBars(s, colourOf(s, i), bars.indexOf(s), bars.length, frame) : drawLine(s, colourOf(s, i), frame)));
  return [...bands, ...drawn].join("");
}

function across(x: number, frame: Frame): number | null {
  const at = frame.x.place(x);
  return at === null ? null : at * frame.width;
}

function down(y: number, frame: Frame): number | null {
  const at = frame.y.place(y);
  return at === null ? null : (1 - at) * frame.height;
}

/** The runs of points that have a place; a run of one is a run, too. */
function runs(points: readonly (readonly [number, number])[], frame: Frame): readonly (readonly Place[])[] {
  const all: Place[][] = [[]];
  for (const [px, py] of points) {
    const x = across(px, frame);
    const y = down(py, frame);
    if (x === null || y === null) all.push([]);
    else all.at(-1)!.push({ x, y });
  }
  return all.filter((run) => run.length > 0);
}

/**
 * Of the points that lie in one column of half a pixel the first, the lowest, the highest and the last: a run of a million steps looks the
 * same and stays small.
 */
function thinned(run: readonly Place[]): readonly Place[] {
  const out: Place[] = [];
  for (let i = 0; i < run.length;) {
    const column = Math.floor(2 * run[i]!.x);
    let end = i + 1;
    while (end < run.length && Math.floor(2 * run[end]!.x) === column) end++;
    const inside = run.slice(i, end);
    if (inside.length <= 4) out.push(...inside);
    else {
      const ys = inside.map((p) => p.y);
      const extremes = [ys.indexOf(inside.reduce((a, p) => Math.min(a, p.y), Infinity)), ys.indexOf(inside.reduce((a, p) => Math.max(a, p.y), -Infinity))];
      out.push(...[...new Set([0, ...extremes.sort((a, b) => a - b), inside.length - 1])].map((j) => inside[j]!));
    }
    i = end;
  }
  return out;
}

function drawLine(s: Series, colour: number, frame: Frame): string {
  const style = s.style ?? "line";
  const lines = runs(s.points, frame).map((run) => {
    const points = thinned(run);
    // A lone point is a line of no length, which round caps make a dot.
    const path = points.length === 1 ? `${n(points[0]!.x)} ${n(points[0]!.y)}h0` : points.map((p) => `${n(p.x)} ${n(p.y)}`).join("L");
    return `<path class="${style} s${colour}" d="M${path}"/>\n`;
  });
  return lines.join("") + (style === "dots" ? dots(s, colour, frame) : "");
}

function dots(s: Series, colour: number, frame: Frame): string {
  return s.points.map(([px, py], i) => {
    const x = across(px, frame);
    const y = down(py, frame);
    if (x === null || y === null) return "";
    return `${whisker(x, s.spread?.[i], colour, frame)}<circle class="dot s${colour}" cx="${n(x)}" cy="${n(y)}" r="3.5"/>\n`;
  }).join("");
}

function whisker(x: number, spread: readonly [number, number] | undefined, colour: number, frame: Frame): string {
  const low = spread && down(spread[0], frame);
  const high = spread && down(spread[1], frame);
  if (typeof low !== "number" || typeof high !== "number") return "";
  return `<path class="whisker s${colour}" d="M${n(x - 4)} ${n(low)}h8M${n(x - 4)} ${n(high)}h8M${n(x)} ${n(low)}V${n(high)}"/>`;
}

function band(s: Series, colour: number, frame: Frame): string {
  const edge = (side: 0 | 1): Place[] => s.points.flatMap(([px], i) => {
    const x = across(px, frame);
    const y = down(s.spread?.[i]?.[side] ?? NaN, frame);
    return x === null || y === null ? [] : [{ x, y }];
  });
  const outline = [...edge(0), ...edge(1).reverse()];
  return outline.length < 4 ? "" : `<path class="band s${colour}" d="M${outline.map((p) => `${n(p.x)} ${n(p.y)}`).join("L")}Z"/>\n`;
}

/** Bars of several series stand side by side around their x; they grow from zero, on a logarithmic axis from its low end. */
function drawBars(s: Series, colour: number, index: number, of: number, frame: Frame): string {
  const places = s.points.map(([x]) => across(x, frame)).filter((x) => x !== null);
  const nearest = places.slice(1).reduce((least, x, i) => Math.min(least, x - places[i]!), frame.width / Math.max(1, places.length));
  const wide = Math.max(1, Math.min(40, (0.8 * nearest) / of));
  const base = Math.min(frame.height, down(0, frame) ?? frame.height);
  return s.points.map(([px, py]) => {
    const x = across(px, frame);
    const y = down(py, frame);
    if (x === null || y === null) return "";
    return `<rect class="bar s${colour}" x="${n(x + (index - of / 2) * wide)}" y="${n(Math.min(y, base))}" width="${n(wide)}" height="${n(Math.abs(base - y))}"/>\n`;
  }).join("");
}
