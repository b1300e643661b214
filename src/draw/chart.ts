// Charts as SVG: lines, bands and bars on shared axes, readable in light and dark. Law: `xml` is the only way in for text, and the same
// numbers give the same bytes.
import { colourOf, n, withTicks, type Axis, type Chart, type Figure, type Panel, type Series } from "./figure.ts";
import { textWidth } from "./geometry.ts";
import { marks, type Frame } from "./marks.ts";
import { dark, light, type Theme } from "./palette.ts";
import { makeScale, type Scale, type Tick } from "./scale.ts";
import { xml } from "./svg.ts";

const size = { width: 760, height: 300, left: 24, right: 24, gap: 44, row: 18 } as const;

/** One panel. */
export function chart(c: Chart): string {
  const { y, series, height, ...rest } = c;
  return figure({ ...rest, panels: [{ y, series, ...(height === undefined ? {} : { height }) }] });
}

export function figure(f: Figure): string {
  const ys = f.panels.map((p) => yScale(p));
  const margin = size.left + 24 + Math.max(...ys.flatMap((s) => s.ticks.map((t) => textWidth(t.label, 11))));
  const width = size.width - margin - size.right;
  const x = xScale(f, width);
  const names = f.x.names === undefined ? 0 : nameHeight(f.x.names);
  let top = f.facts === undefined ? 50 : 68;
  const body = f.panels.map((panel, i) => {
    const legend = legendOf(panel.series, width);
    const height = panel.height ?? size.height;
    const frame: Frame = { left: margin, top: top + legend.height, width, height, x, y: ys[i]! };
    top += legend.height + height + (i === f.panels.length - 1 ? 0 : size.gap);
    return drawPanel(panel, frame, legend.text) + xTicks(frame, f.x, i === f.panels.length - 1);
  }).join("");
  const height = Math.ceil(top + 52 + names);
  const facts = f.facts === undefined ? "" : `<text class="facts" x="${size.left}" y="54">${xml(f.facts)}</text>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}" role="img" aria-label="${xml(f.facts === undefined ? f.title : `${f.title}: ${f.facts}`)}">
<style>${styles()}</style>
<rect class="background" width="${size.width}" height="${height}"/>
<text class="title" x="${size.left}" y="34">${xml(f.title)}</text>
${facts}${body}<text class="label" x="${n(margin + width / 2)}" y="${height - 12}" text-anchor="middle">${xml(f.x.label)}</text>
</svg>
`;
}

function yScale({ y, series, height = size.height }: Panel): Scale {
  const bars = series.some((s) => s.style === "bars") && y.kind !== "log" ? [0] : [];
  const values = series.flatMap((s) => [...s.points.map((p) => p[1]), ...(s.spread?.flat() ?? [])]);
  return withTicks(y, makeScale([...values, ...(y.include ?? []), ...bars], { kind: y.kind ?? "linear", most: height / 45, round: true, unit: y.unit ?? "" }));
}

function xScale(f: Figure, width: number): Scale {
  const { x, panels } = f;
  const values = panels.flatMap((p) => p.series.flatMap((s) => s.points.map((q) => q[0])));
  const places = x.names === undefined ? [] : [-0.5, x.names.length - 0.5];
  const scale = makeScale([...values, ...(x.include ?? []), ...places], { kind: x.kind ?? "linear", most: 8, round: false, unit: x.unit ?? "" });
  return x.names === undefined ? withTicks(x, scale) : { ...scale, ticks: nameTicks(x.names, width) };
}

/** So many names as have room beside each other when they stand on end. */
function nameTicks(names: readonly string[], width: number): readonly Tick[] {
  const every = Math.ceil((14 * names.length) / width);
  return names.map((label, at) => ({ at, label })).filter((t) => t.at % every === 0);
}

function nameHeight(names: readonly string[]): number {
  return Math.max(...names.map((name) => textWidth(name, 11))) * 0.72;
}

function drawPanel(panel: Panel, frame: Frame, legend: string): string {
  const { left, top, width, height } = frame;
  const middle = n(top + height / 2);
  const lines = frame.y.ticks.map((t) => {
    const y = n(top + height * (1 - frame.y.place(t.at)!));
    return `<path class="grid" d="M${n(left)} ${y}h${n(width)}"/><text class="tick" x="${n(left - 8)}" y="${y}" dy="4" text-anchor="end">${xml(t.label)}</text>\n`;
  });
  const label = `<text class="label" x="${size.left - 4}" y="${middle}" text-anchor="middle" transform="rotate(-90 ${size.left - 4} ${middle})">${xml(panel.y.label)}</text>\n`;
  return `${lines.join("")}${label}<g transform="translate(${n(left)} ${n(top)})">${legend}\n${marks(panel.series, frame)}</g>\n`;
}

function xTicks(frame: Frame, axis: Axis, labelled: boolean): string {
  const bottom = n(frame.top + frame.height);
  const ticks = frame.x.ticks.map((t) => {
    const x = n(frame.left + frame.width * frame.x.place(t.at)!);
    const text = axis.names === undefined ? `<text class="tick" x="${x}" y="${bottom}" dy="18" text-anchor="middle">${xml(t.label)}</text>`
      : `<text class="tick" x="${x}" y="${bottom}" text-anchor="end" transform="rotate(-45 ${x} ${bottom}) translate(-8 8)">${xml(t.label)}</text>`;
    return `<path class="axis" d="M${x} ${bottom}v4"/>${labelled ? text : ""}\n`;
  });
  return `<path class="axis" d="M${n(frame.left)} ${bottom}h${n(frame.width)}"/>\n${ticks.join("")}`;
}

/** Above the plot, row by row; a series without a name is not told. */
function legendOf(series: readonly Series[], width: number): { readonly text: string; readonly height: number } {
  const named = series.map((s, i) => ({ s, colour: colourOf(s, i) })).filter(({ s }) => s.name !== "");
  const places: { x: number; row: number }[] = [];
  let x = 0;
  let row = 0;
  for (const { s } of named) {
    const wide = 28 + textWidth(s.name, 12) + 20;
    if (x > 0 && x + wide > width) [x, row] = [0, row + 1];
    places.push({ x, row });
    x += wide;
  }
  const height = named.length === 0 ? 0 : (row + 1) * size.row + 8;
  const text = named.map(({ s, colour }, i) => {
    const { x: at, row: r } = places[i]!;
    const y = r * size.row - height + 8;
    const key = s.style === "bars" ? `<rect class="bar s${colour}" x="${n(at)}" y="${y - 5}" width="20" height="10"/>` : `<path class="${s.style ?? "line"} s${colour}" d="M${n(at)} ${y}h20"/>`;
    const dot = s.style === "dots" ? `<circle class="dot s${colour}" cx="${n(at + 10)}" cy="${y}" r="3.5"/>` : "";
    return `${key}${dot}<text class="name" x="${n(at + 28)}" y="${y + 4}">${xml(s.name)}</text>`;
  }).join("");
  return { text, height };
}

const shapes = `svg{font-family:system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.title{font-size:18px;font-weight:650}.facts,.name,.label{font-size:12px}.tick{font-size:11px}.grid,.axis{stroke-width:1}.line,.dashed,.faint,.dots,.whisker{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.dashed{stroke-dasharray:2 5}.faint{stroke-width:1;opacity:.35}.whisker{stroke-width:1.5}.band{stroke:none;opacity:.18}`;

function styles(): string {
  return `${shapes}${themed(light)}@media (prefers-color-scheme:dark){${themed(dark)}}`;
}

function themed(t: Theme): string {
  const colours = t.series.map((c, i) => `.s${i}{stroke:${c}}.band.s${i},.bar.s${i},.dot.s${i}{fill:${c};stroke:none}`).join("");
  return `.background{fill:${t.background}}.title,.name{fill:${t.text}}.facts,.label,.tick{fill:${t.faint}}.grid{stroke:${t.groupLine};opacity:.6}.axis{stroke:${t.flow}}${colours}`;
}
