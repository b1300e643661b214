// Where boxes and arrows lie. In: a scene; out: rectangles and curves in pixels. Boxes of the trunk lie where place.ts puts them;
// arcs run beside it in lanes (sideline.ts). Groups are laid out on their own and placed as one box.
// Law: everything is computed as if the flow went down; for a flow to the right the axes are exchanged at the end.
import { above, beside, gap, labelExtent, metrics, padding, shift, smooth, textWidth, turn, type Axis, type Layout, type PlacedBox, type PlacedEdge, type Point } from "./geometry.ts";
import { place } from "./place.ts";
import { drawArcs, findAsides, stretch } from "./sideline.ts";
import type { Box, Edge, Scene } from "./scene.ts";

export type Direction = "down" | "right";

export function layOutScene(scene: Scene, direction: Direction): Layout {
  const axis: Axis = direction === "down" ? { turned: false } : { turned: true };
  const { layout, left, top } = arrange(scene, axis);
  return finish(layout, axis, MARGIN - left, MARGIN - top);
}

const MARGIN = 24;

/** A scene laid out around its own origin: the way in is at x = 0. */
interface Arranged {
  readonly layout: Layout;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** x of the way out. */
  readonly exit: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly inner: Arranged | null;
}

function arrange(scene: Scene, axis: Axis): Arranged {
  const sizes = new Map(scene.boxes.map((b) => [b.id, size(b, axis)]));
  // A group's place is its way in: it counts as if it were symmetric around that.
  const extents = new Map([...sizes].map(([id, { width, height, inner }]) => [id, { width: inner ? 2 * (Math.max(-inner.left, inner.right) + padding(axis)) : width, height }]));
  const asides = findAsides(scene);
  const carried = new Set(asides.flatMap((a) => a.boxes));
  const onAside = new Set(asides.flatMap((a) => a.edges));
  const boxes = scene.boxes.filter((b) => !carried.has(b.id));
  const trunkEdges = scene.edges.filter((e) => !e.arc && !onAside.has(e));
  const places = place(boxes.map((b) => b.id), extents, trunkEdges, axis.turned ? { layers: 78, boxes: 34 } : { layers: 34, boxes: 96 });
  const down = stretch(asides, extents, places.centre, gap(axis));
  const centre = (id: string): Point => ({ x: places.centre.get(id)!.x, y: down(places.centre.get(id)!.y) });
  const at = new Map(boxes.map((b) => [b.id, placeBox(b, sizes.get(b.id)!, centre(b.id), axis)]));
  const wayOut = (id: string): number => centre(id).x + (sizes.get(id)!.inner?.exit ?? 0);
  const trunk = trunkEdges.filter((e) => !places.arcs.has(e)).map((e) => trunkEdge(e, at.get(e.from)!, at.get(e.to)!, wayOut(e.from), centre(e.to).x, places.via.get(e)?.map((p) => ({ x: p.x, y: down(p.y) })) ?? [], axis));
  const arcs = scene.edges.filter((e) => e.arc || places.arcs.has(e));
  const put = (id: string, p: Point): PlacedBox => placeBox(scene.boxes.find((b) => b.id === id)!, sizes.get(id)!, p, axis);
  const drawn = drawArcs({ arcs, asides, at, trunk, wayOut, sizes, put, axis });
  return measure([...at.values(), ...drawn.boxes], [...trunk, ...drawn.edges], boxes.length > 0 ? wayOut(boxes.at(-1)!.id) : 0, axis);
}

function trunkEdge(edge: Edge, from: PlacedBox, to: PlacedBox, x1: number, x2: number, route: readonly Point[], axis: Axis): PlacedEdge {
  const start = { x: x1, y: from.y + from.height };
  const end = { x: x2, y: to.y };
  const points = [start, ...route.filter((p) => p.y > start.y + 4 && p.y < end.y - 4), end];
  const straight = points.every((p) => Math.abs(p.x - start.x) < 1);
  return { edge, curve: smooth(straight ? [start, end] : points), label: straight ? beside(start, end, axis) : above(end, axis) };
}

function placeBox(box: Box, s: Size, { x, y }: Point, axis: Axis): PlacedBox {
  const top = y - s.height / 2;
  if (!s.inner) return { box, x: x - s.width / 2, y: top, width: s.width, height: s.height, inner: null };
  return { box, x: x + s.inner.left - padding(axis), y: top, width: s.width, height: s.height, inner: shift(s.inner.layout, x, top + metrics.groupHead - s.inner.top) };
}

/** The first box is the way in, at x = 0. */
function measure(boxes: readonly PlacedBox[], edges: readonly PlacedEdge[], exit: number, axis: Axis): Arranged {
  let left = 0;
  let right = 0;
  let top = Infinity;
  let bottom = -Infinity;
  for (const b of boxes) {
    left = Math.min(left, b.x);
    right = Math.max(right, b.x + b.width);
    top = Math.min(top, b.y);
    bottom = Math.max(bottom, b.y + b.height);
  }
  for (const e of edges) {
    for (const p of e.curve) {
      left = Math.min(left, p.x);
      right = Math.max(right, p.x);
    }
    if (e.label) right = Math.max(right, e.label.x + labelExtent(e.edge, axis));
  }
  return { layout: { width: right - left, height: bottom - top, boxes, edges }, left, right, top, bottom, exit };
}

function size(box: Box, axis: Axis): Size {
  const flat = (width: number, height: number): Size => (axis.turned ? { width: height, height: width, inner: null } : { width, height, inner: null });
  switch (box.kind) {
    case "stack": {
      const width = Math.max(...box.rows.map((r) => textWidth(r.text, metrics.font) + (r.name === "" ? 0 : textWidth(r.name, metrics.small) + 14)));
      return flat(Math.max(96, width + 2 * metrics.padX), box.rows.length * metrics.row);
    }
    case "merge":
      return flat(Math.max(metrics.merge, box.symbol.length > 1 ? textWidth(box.symbol, metrics.font) + 16 : 0), metrics.merge);
    case "value":
      return flat(Math.max(96, textWidth(`${box.name}  ${box.shape}`, metrics.font) + 2 * metrics.padX), metrics.row + 4);
    case "port":
      return flat(metrics.port, metrics.port);
    case "group": {
      const inner = arrange(box.inner, axis);
      const head = textWidth(`×${box.times}  ${box.name}`, metrics.font) + 2 * metrics.padX;
      const width = Math.max(inner.right - inner.left + 2 * padding(axis), axis.turned ? 0 : head);
      return { width, height: Math.max(inner.bottom - inner.top + metrics.groupHead + metrics.groupPad, axis.turned ? head : 0), inner };
    }
  }
}

function finish(l: Layout, axis: Axis, dx: number, dy: number): Layout {
  const moved = shift(l, dx, dy);
  const sized = { ...moved, width: l.width + 2 * MARGIN, height: l.height + 2 * MARGIN };
  return axis.turned ? turn(sized) : sized;
}

