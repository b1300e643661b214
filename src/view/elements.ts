// What a picture is made of, as elements of a page. Law: what comes from a program enters as text and as numbers, never as markup.
import { metrics, textWidth } from "../draw/geometry.ts";
import { arrival, badgePath, curvePath, HEAD, n, plusPath, rowPath } from "../draw/outline.ts";
import type { PictureEdge, PictureNode } from "../editor/graph.ts";

export function svg(name: string, attributes: Readonly<Record<string, string | number>> = {}, ...children: readonly (Element | string)[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

export function html<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Readonly<Record<string, string>> = {}, ...children: readonly (Element | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The node's outlines and letters, from its own top left corner. */
export function contentOf(node: PictureNode<unknown>): readonly SVGElement[] {
  const { width, height, kind, title, detail, shape, family, first, last, hint } = node;
  const middle = { x: n(width / 2), y: n(height / 2 + 4) };
  const pointed = hint === "" ? [] : [svg("title", {}, hint)];
  switch (kind) {
    case "layer": return [
      ...pointed,
      svg("path", { class: family, d: rowPath(width, 0, first, last) }),
      svg("text", { class: `layer ${family}-text`, x: metrics.padX, y: 15.5 }, title),
      ...(detail === "" ? [] : [svg("text", { class: `name ${family}-text`, x: n(width - metrics.padX), y: 15 }, detail)]),
    ];
    case "merge": return [
      ...pointed,
      svg("rect", { class: "merge-box", width: n(width), height: n(height), rx: metrics.merge / 2 }),
      title === "+" ? svg("path", { class: "merge-sign", d: plusPath(width / 2, height / 2) }) : svg("text", { class: "merge-text", ...middle }, title),
    ];
    case "value": return [
      ...pointed,
      svg("rect", { class: "value-box", width: n(width), height: n(height), rx: n(height / 2) }),
      svg("text", { class: "value-text", ...middle }, `${title} `, svg("tspan", { class: "value-shape", dx: 4 }, shape)),
    ];
    case "port": return [svg("circle", { class: "port", cx: n(width / 2), cy: n(height / 2), r: metrics.port / 2 })];
    case "group": return groupContent(node);
  }
}

function groupContent({ width, height, times, detail, hint }: PictureNode<unknown>): readonly SVGElement[] {
  const badge = `×${times}`;
  const wide = textWidth(badge, metrics.font) + 16;
  return [
    svg("title", {}, hint),
    svg("rect", { class: "group", width: n(width), height: n(height), rx: 10 }),
    svg("path", { class: "badge", d: badgePath(0, 0, wide) }),
    svg("text", { class: "times", x: n(wide / 2), y: 15.5 }, badge),
    svg("text", { class: "scope", x: n(wide + 10), y: 16 }, detail),
  ];
}

/** Two outlines around a node: one to mark it, one that flashes. */
export function haloOf({ kind, width, height }: PictureNode<unknown>): readonly SVGElement[] {
  const radius = kind === "merge" || kind === "value" ? height / 2 + 2 : kind === "group" ? 12 : 5;
  const around = { x: -2, y: -2, width: n(width + 4), height: n(height + 4), rx: n(radius) };
  return [svg("rect", { ...around, class: "mark" }), svg("rect", { ...around, class: "flash" })];
}

/** An arrow: its curve, its head, and what flows beside it. */
export interface Arrow {
  readonly group: SVGElement;
  readonly curve: SVGElement;
  readonly head: SVGElement;
  readonly label: SVGElement;
}

export function arrow(): Arrow {
  const [curve, head, label] = [svg("path"), svg("path", { d: HEAD }), svg("text", { class: "dims" })] as const;
  return { group: svg("g", {}, curve, head, label), curve, head, label };
}

/** Where its parts are: path data, and transforms as style sheets write them. */
export function placesOf({ points, label }: PictureEdge): { readonly curve: string; readonly head: string; readonly label: string } {
  const { x, y, angle } = arrival(points);
  return { curve: curvePath(points), head: `translate(${n(x)}px,${n(y)}px) rotate(${n(angle)}deg)`, label: label ? `translate(${n(label.x)}px,${n(label.y)}px)` : "none" };
}
