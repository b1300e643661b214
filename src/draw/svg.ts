// A layout as SVG: one self-contained picture that follows the reader's light or dark theme. Law: `xml` is the only way in for text.
import { metrics, textWidth, type Layout, type PlacedBox, type PlacedEdge } from "./geometry.ts";
import { families, type Family } from "./label.ts";
import { layOutScene, type Direction } from "./layout.ts";
import { arrival, badgePath, curvePath, HEAD, n, plusPath, rowPath } from "./outline.ts";
import { dark, light } from "./palette.ts";
import type { Row, Scene } from "./scene.ts";
import { shapes, themed } from "./style.ts";

/** Text for XML and HTML, in elements and in quoted attributes; what XML forbids becomes a replacement character. */
export function xml(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export interface Caption {
  readonly title: string;
  /** "269,722 parameters · 40.8 M MACs" */
  readonly facts: string;
}

export function svg(scene: Scene, caption: Caption, direction: Direction): string {
  const layout = layOutScene(scene, direction);
  const used = familiesOf(scene);
  const legend = legendOf(used);
  const titleWidth = Math.max(textWidth(caption.title, 18), textWidth(caption.facts, metrics.font));
  const width = Math.ceil(Math.max(layout.width, 48 + titleWidth, 48 + legend.width));
  const top = 72;
  const height = Math.ceil(layout.height + top + 44);
  const dx = (width - layout.width) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${xml(`${caption.title}: ${caption.facts}`)}">
<style>${styles()}</style>
<rect class="background" width="${width}" height="${height}"/>
<text class="title" x="24" y="38">${xml(caption.title)}</text>
<text class="facts" x="24" y="58">${xml(caption.facts)}</text>
<g class="picture" transform="translate(${n(dx)} ${top})">
${drawLayout(layout, direction)}</g>
<g class="legend" transform="translate(24 ${height - 24})">${legend.text}</g>
</svg>
`;
}

function drawLayout(l: Layout, direction: Direction): string {
  return [...l.boxes.filter((b) => b.box.kind === "group").map(drawGroupFrame), ...l.edges.map((e) => drawEdge(e)), ...l.boxes.map((b) => drawBox(b, direction)), ...l.edges.map((e) => drawShape(e, direction))].join("");
}

function drawEdge({ edge, curve }: PlacedEdge): string {
  const skip = edge.shortcut || edge.arc;
  const { x, y, angle } = arrival(curve);
  return `<path class="${skip ? "skip" : "flow"}" d="${curvePath(curve)}"/><path class="${skip ? "skip-head" : "head"}" d="${HEAD}" transform="translate(${n(x)} ${n(y)}) rotate(${n(angle)})"/>\n`;
}

function drawShape({ edge, label }: PlacedEdge, direction: Direction): string {
  if (!label) return "";
  return `<text class="dims"${direction === "right" ? ' text-anchor="middle"' : ""} x="${n(label.x)}" y="${n(label.y)}">${xml(edge.shape)}</text>\n`;
}

function drawGroupFrame(b: PlacedBox): string {
  if (b.box.kind !== "group") return "";
  const badge = `×${b.box.times}`;
  const width = textWidth(badge, metrics.font) + 16;
  const name = b.box.name === "" ? "" : `<text class="scope" x="${n(b.x + width + 10)}" y="${n(b.y + 16)}">${xml(b.box.name)}</text>`;
  return `<rect class="group" x="${n(b.x)}" y="${n(b.y)}" width="${n(b.width)}" height="${n(b.height)}" rx="10"/>
<path class="badge" d="${badgePath(b.x, b.y, width)}"/><text class="times" x="${n(b.x + width / 2)}" y="${n(b.y + 15.5)}">${badge}</text>${name}\n`;
}

function drawBox(b: PlacedBox, direction: Direction): string {
  const cx = b.x + b.width / 2;
  const cy = b.y + b.height / 2;
  const { box } = b;
  switch (box.kind) {
    case "group":
      return b.inner ? `<g>${drawLayout(b.inner, direction)}</g>\n` : "";
    case "port":
      return `<circle class="port" cx="${n(cx)}" cy="${n(cy)}" r="${metrics.port / 2}"/>\n`;
    case "merge": {
      const pill = `<rect class="merge-box" x="${n(b.x)}" y="${n(b.y)}" width="${n(b.width)}" height="${n(b.height)}" rx="${metrics.merge / 2}"/>`;
      const plus = `<path class="merge-sign" d="${plusPath(cx, cy)}"/>`;
      const sign = box.symbol === "+" ? plus : `<text class="merge-text" x="${n(cx)}" y="${n(cy + 4)}">${xml(box.symbol)}</text>`;
      return `<g><title>${xml(box.hint)}</title>${pill}${sign}</g>\n`;
    }
    case "value":
      return `<rect class="value-box" x="${n(b.x)}" y="${n(b.y)}" width="${n(b.width)}" height="${n(b.height)}" rx="${n(b.height / 2)}"/><text class="value-text" x="${n(cx)}" y="${n(cy + 4)}">${xml(box.name)} <tspan class="value-shape" dx="4">${xml(box.shape)}</tspan></text>\n`;
    case "stack":
      return `<g transform="translate(${n(b.x)} ${n(b.y)})">${box.rows.map((row, i) => drawRow(row, b.width, i * metrics.row, i === 0, i === box.rows.length - 1)).join("")}</g>\n`;
  }
}

function drawRow(row: Row, width: number, y: number, first: boolean, last: boolean): string {
  const name = row.name === "" ? "" : `<text class="name ${row.family}-text" x="${n(width - metrics.padX)}" y="${y + 15}">${xml(row.name)}</text>`;
  return `<g><title>${xml(row.hint)}</title><path class="${row.family}" d="${rowPath(width, y, first, last)}"/><text class="layer ${row.family}-text" x="${metrics.padX}" y="${y + 15.5}">${xml(row.text)}</text>${name}</g>`;
}

function familiesOf(scene: Scene): ReadonlySet<Family> {
  const used = new Set<Family>();
  for (const b of scene.boxes) {
    if (b.kind === "stack") for (const r of b.rows) used.add(r.family);
    else if (b.kind === "group") for (const f of familiesOf(b.inner)) used.add(f);
  }
  return used;
}

function legendOf(used: ReadonlySet<Family>): { readonly text: string; readonly width: number } {
  let x = 0;
  let text = "";
  for (const f of Object.keys(families) as Family[]) {
    if (!used.has(f)) continue;
    text += `<rect class="${f}" x="${x}" y="-9" width="12" height="12" rx="3"/><text class="dims" x="${x + 18}" y="1">${xml(families[f])}</text>`;
    x += 18 + textWidth(families[f], metrics.small) + 18;
  }
  text += `<path class="skip" d="M${x} -3h22"/><text class="dims" x="${x + 30}" y="1">skip</text>`;
  return { text, width: x + 60 };
}

function styles(): string {
  return `${shapes}${themed(light)}@media (prefers-color-scheme:dark){${themed(dark)}}`;
}
