// Where boxes and arrows lie. In: a scene; out: rectangles and paths in pixels. Boxes are layered by dagre; arcs are not dagre's:
// they run beside the trunk in lanes, the longer the further out. Groups are laid out on their own and placed as one box.
// Law: everything is computed as if the flow went down; for a flow to the right the axes are exchanged at the end.
import { graphlib, layout as dagre } from "@dagrejs/dagre";
import type { Box, Edge, Scene } from "./scene.ts";

export type Direction = "down" | "right";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedBox {
  readonly box: Box;
  /** The top left corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Of a group. */
  readonly inner: Layout | null;
}

export interface PlacedEdge {
  readonly edge: Edge;
  /** Start, then pairs of control points and the end of each cubic curve: 1 + 3k points. */
  readonly curve: readonly Point[];
  /** Where the shape is written; null on arcs, whose shape is that of the trunk. */
  readonly label: Point | null;
}

/** Placed boxes and edges. A group's inner layout has the same origin as the whole. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly edges: readonly PlacedEdge[];
}

export const metrics = { font: 12, small: 10, row: 23, padX: 12, merge: 24, port: 8, groupPad: 20, groupHead: 26 } as const;

/** Pixels that a text takes, about: there is no font to ask. */
export function textWidth(text: string, size: number): number {
  let units = 0;
  for (const c of text) units += /[il.,:;|'!\[\]()/ ftjr]/.test(c) ? 0.39 : /[mwMW…@]/.test(c) ? 0.96 : /[A-Z_]/.test(c) ? 0.72 : c > "\u2e7f" ? 1.05 : 0.63;
  return Math.ceil(units * size);
}

export function layOutScene(scene: Scene, direction: Direction): Layout {
  const axis: Axis = direction === "down" ? { turned: false } : { turned: true };
  const { layout, left, top } = arrange(scene, axis);
  return finish(layout, axis, MARGIN - left, MARGIN - top);
}

const MARGIN = 24;
const LANE = 22;

interface Axis {
  readonly turned: boolean;
}

/** A scene laid out around its own origin: the way in is at x = 0. */
interface Arranged {
  readonly layout: Layout;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** x of the way in and of the way out. */
  readonly entry: number;
  readonly exit: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly inner: Arranged | null;
}

function arrange(scene: Scene, axis: Axis): Arranged {
  const sizes = new Map(scene.boxes.map((b) => [b.id, size(b, axis)]));
  const asides = findAsides(scene);
  const aside = new Set(asides.flatMap((a) => a.boxes));
  const trunkEdges = scene.edges.filter((e) => !e.arc && !asides.some((a) => a.edges.includes(e)));
  const g = new graphlib.Graph({ multigraph: true });
  g.setGraph({ rankdir: "TB", nodesep: axis.turned ? 34 : 96, ranksep: axis.turned ? 78 : 34, edgesep: 30 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const b of scene.boxes) {
    if (aside.has(b.id)) continue;
    const s = sizes.get(b.id)!;
    // Dagre aligns centres; a group counts as if it were symmetric around its ways in and out.
    const width = s.inner ? 2 * Math.max(-s.inner.left, s.inner.right) + 2 * padding(axis) : s.width;
    g.setNode(b.id, { width, height: s.height });
  }
  trunkEdges.forEach((e, i) => g.setEdge(e.from, e.to, {}, String(i)));
  dagre(g);
  const down = stretch(asides, sizes, (id) => g.node(id) as Point, gap(axis));
  const node = (id: string): Point => ({ x: (g.node(id) as Point).x, y: down((g.node(id) as Point).y) });
  const at = new Map<string, PlacedBox>();
  for (const box of scene.boxes) if (!aside.has(box.id)) at.set(box.id, placeBox(box, sizes.get(box.id)!, node(box.id), axis));
  const centre = (id: string, end: "in" | "out"): number => {
    const { inner } = sizes.get(id)!;
    return node(id).x + (inner ? (end === "in" ? inner.entry : inner.exit) : 0);
  };
  const trunk = trunkEdges.map((edge, i): PlacedEdge => {
    const from = at.get(edge.from)!;
    const to = at.get(edge.to)!;
    const start = { x: centre(edge.from, "out"), y: from.y + from.height };
    const end = { x: centre(edge.to, "in"), y: to.y };
    const route = (g.edge({ v: edge.from, w: edge.to, name: String(i) }) as { points: Point[] }).points.slice(1, -1).map((p) => ({ x: p.x, y: down(p.y) }));
    const via = route.filter((p) => p.y > start.y + 4 && p.y < end.y - 4);
    const straight = [start, ...via, end].every((p) => Math.abs(p.x - start.x) < 1);
    return { edge, curve: smooth(straight ? [start, end] : [start, ...via, end]), label: straight ? beside(start, end, axis) : above(end, axis) };
  });
  const side = new Sideline(at, trunk, axis);
  const arcs = [
    ...scene.edges.filter((e) => e.arc).map((edge) => ({ edge, aside: null, from: edge.from, to: edge.to })),
    ...asides.map((a) => ({ edge: a.edges[0]!, aside: a, from: a.from, to: a.to })),
  ].map((a) => ({ ...a, y1: leaves(at.get(a.from)!), y2: at.get(a.to)!.y + at.get(a.to)!.height / 2 })).sort((a, b) => a.y2 - a.y1 - (b.y2 - b.y1));
  const bows = arcs.flatMap((a): PlacedEdge[] => {
    const from = at.get(a.from)!;
    const start = { x: from.box.kind === "group" ? centre(a.from, "out") : from.x + from.width, y: a.y1 };
    const end = { x: at.get(a.to)!.x + at.get(a.to)!.width, y: a.y2 };
    if (!a.aside) return [{ edge: a.edge, curve: bow(start, end, side.lane(start, end, 0)), label: null }];
    const width = Math.max(...a.aside.boxes.map((id) => sizes.get(id)!.width));
    const x = side.lane(start, end, width / 2);
    return placeAside(a.aside, scene, sizes, start, end, x, at, axis);
  });
  return measure(scene, [...at.values()], [...trunk, ...bows], axis, (id, end) => (aside.has(id) ? 0 : centre(id, end)));
}

/** Between boxes on an arc: room for an arrow, and for the shape where it is written along the arrow. */
function gap(axis: Axis): number {
  return axis.turned ? 78 : 30;
}

/** Between a group's frame and what is in it, beside the trunk. */
function padding(axis: Axis): number {
  return axis.turned ? 30 : metrics.groupPad;
}

function placeBox(box: Box, s: Size, { x, y }: Point, axis: Axis): PlacedBox {
  const top = y - s.height / 2;
  if (!s.inner) return { box, x: x - s.width / 2, y: top, width: s.width, height: s.height, inner: null };
  return { box, x: x + s.inner.left - padding(axis), y: top, width: s.width, height: s.height, inner: shift(s.inner.layout, x, top + metrics.groupHead - s.inner.top) };
}

/** A shortcut with layers on it: an arc that carries boxes. */
interface Aside {
  readonly from: string;
  readonly to: string;
  readonly boxes: readonly string[];
  /** One more than boxes: into each, and out of the last. */
  readonly edges: readonly Edge[];
}

/** Chains of boxes that lie on nothing but a skip's shortcut. */
function findAsides(scene: Scene): Aside[] {
  const into = groupBy(scene.edges, (e) => e.to);
  const outOf = groupBy(scene.edges, (e) => e.from);
  return scene.edges.flatMap((last): Aside[] => {
    const edges = [last];
    const boxes: string[] = [];
    for (let id = last.from; edges[0]!.shortcut && into.get(id)?.length === 1 && outOf.get(id)!.length === 1 && into.get(id)![0]!.shortcut; id = edges[0]!.from) {
      boxes.unshift(id);
      edges.unshift(into.get(id)![0]!);
    }
    const whole = scene.boxes.find((b) => b.id === last.to)?.kind === "merge";
    return whole && boxes.length > 0 ? [{ from: edges[0]!.from, to: last.to, boxes, edges }] : [];
  });
}

function groupBy<T>(list: readonly T[], key: (x: T) => string): Map<string, T[]> {
  const map = new Map<string, T[]>();
  for (const x of list) map.set(key(x), [...(map.get(key(x)) ?? []), x]);
  return map;
}

/** Where y comes to lie when the trunk is pulled apart above each merge whose aside needs more room than there is. */
function stretch(asides: readonly Aside[], sizes: ReadonlyMap<string, Size>, node: (id: string) => Point, gap: number): (y: number) => number {
  const cuts = asides.map((a) => {
    const from = node(a.from).y + sizes.get(a.from)!.height / 2;
    const to = node(a.to).y;
    const needed = a.boxes.reduce((sum, id) => sum + sizes.get(id)!.height + gap, gap + 2 * CORNER - 30);
    return { y: to - sizes.get(a.to)!.height / 2, by: Math.max(0, needed - (to - from)) };
  });
  return (y) => y + cuts.reduce((sum, c) => (y >= c.y ? sum + c.by : sum), 0);
}

/** Puts the boxes of an aside on its lane and draws the arc through them. Adds the boxes to `at`. */
function placeAside(a: Aside, scene: Scene, sizes: ReadonlyMap<string, Size>, start: Point, end: Point, x: number, at: Map<string, PlacedBox>, axis: Axis): PlacedEdge[] {
  const heights = a.boxes.map((id) => sizes.get(id)!.height);
  const total = heights.reduce((sum, h) => sum + h + gap(axis), -gap(axis));
  let y = (start.y + end.y - total) / 2;
  a.boxes.forEach((id, i) => {
    const box = scene.boxes.find((b) => b.id === id)!;
    at.set(id, placeBox(box, sizes.get(id)!, { x, y: y + heights[i]! / 2 }, axis));
    y += heights[i]! + gap(axis);
  });
  return a.edges.map((edge, i): PlacedEdge => {
    const above = i > 0 ? at.get(a.boxes[i - 1]!)! : null;
    const below = i < a.boxes.length ? at.get(a.boxes[i]!)! : null;
    const p = above ? { x, y: above.y + above.height } : start;
    const q = below ? { x, y: below.y } : end;
    if (!above) return { edge, curve: [...turnOff(start, x, CORNER), ...line({ x, y: start.y + CORNER }, q)], label: null };
    if (!below) return { edge, curve: [p, ...line(p, { x, y: end.y - CORNER }), ...turnIn(end, x, CORNER)], label: null };
    return { edge, curve: smooth([p, q]), label: beside(p, q, axis) };
  });
}

/** The room to the right of the trunk: who has a lane there already. */
class Sideline {
  readonly #taken: { readonly y1: number; readonly y2: number; readonly left: number; readonly right: number }[] = [];

  constructor(at: ReadonlyMap<string, PlacedBox>, trunk: readonly PlacedEdge[], axis: Axis) {
    for (const b of at.values()) this.#taken.push({ y1: b.y, y2: b.y + b.height, left: b.x, right: b.x + b.width });
    for (const { edge, label, curve } of trunk) {
      if (label) this.#taken.push({ y1: label.y - 8, y2: label.y + 2, left: label.x, right: label.x + labelExtent(edge, axis) - 8 });
      this.#taken.push({ y1: Math.min(...curve.map((p) => p.y)), y2: Math.max(...curve.map((p) => p.y)), left: Math.min(...curve.map((p) => p.x)), right: Math.max(...curve.map((p) => p.x)) });
    }
  }

  /** The nearest x at which something that reaches `half` to both sides passes everything between the two points. */
  lane(start: Point, end: Point, half: number): number {
    const near = this.#taken.filter((t) => t.y1 < end.y && t.y2 > start.y);
    let x = Math.max(start.x, end.x) + LANE + half;
    for (let clash = true; clash; ) {
      const hit = near.find((t) => t.right + LANE - 6 > x - half && t.left - LANE + 6 < x + half);
      clash = hit !== undefined;
      if (hit) x = hit.right + LANE + half;
    }
    this.#taken.push({ y1: start.y, y2: end.y, left: x - half, right: x + half });
    return x;
  }
}

function measure(scene: Scene, boxes: readonly PlacedBox[], edges: readonly PlacedEdge[], axis: Axis, centre: (id: string, end: "in" | "out") => number): Arranged {
  const xs = [...boxes.flatMap((b) => [b.x, b.x + b.width]), ...edges.flatMap((e) => e.curve.map((p) => p.x)), ...edges.flatMap((e) => (e.label ? [e.label.x + labelExtent(e.edge, axis)] : []))];
  const entry = scene.boxes.length > 0 ? centre(scene.boxes[0]!.id, "in") : 0;
  const exit = scene.boxes.length > 0 ? centre(scene.boxes.at(-1)!.id, "out") : 0;
  const low = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b), Infinity);
  const high = (list: readonly number[]): number => list.reduce((a, b) => Math.max(a, b), -Infinity);
  const left = low(xs) - entry;
  const right = high(xs) - entry;
  const top = low(boxes.map((b) => b.y));
  const bottom = high(boxes.map((b) => b.y + b.height));
  const layout = shift({ width: right - left, height: bottom - top, boxes, edges }, -entry, 0);
  return { layout, left, right, top, bottom, entry: 0, exit: exit - entry };
}

function labelExtent(edge: Edge, axis: Axis): number {
  return axis.turned ? 4 : textWidth(edge.shape, metrics.small);
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

/** A smooth curve that leaves and arrives along the flow. */
function smooth(points: readonly Point[]): Point[] {
  const out: Point[] = [points[0]!];
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!;
    const b = points[i]!;
    const middle = (a.y + b.y) / 2;
    out.push({ x: a.x, y: middle }, { x: b.x, y: middle }, b);
  }
  return out;
}

/** Right of the middle of a straight piece. */
function beside(a: Point, b: Point, axis: Axis): Point {
  return axis.turned ? { x: a.x - 8, y: (a.y + b.y) / 2 } : { x: a.x + 6, y: (a.y + b.y) / 2 + 3.5 };
}

/** Right of the end of a bent piece. */
function above(end: Point, axis: Axis): Point {
  return axis.turned ? { x: end.x - 8, y: end.y - 24 } : { x: end.x + 6, y: end.y - 9 };
}

/** Arcs leave from the last row of a stack, from below a group, and from the middle of everything else. */
function leaves(b: PlacedBox): number {
  if (b.box.kind === "group") return b.y + b.height + 8;
  return b.y + b.height - (b.box.kind === "stack" ? metrics.row / 2 : b.height / 2);
}

const CORNER = 26; // radius at which arcs turn
const BEND = 0.45; // how far a corner's control points stand from it

/** Out to x with a round corner, along the trunk, and back. */
function bow(start: Point, end: Point, x: number): Point[] {
  const r = Math.min(CORNER, (end.y - start.y) / 2);
  return [...turnOff(start, x, r), ...line({ x, y: start.y + r }, { x, y: end.y - r }), ...turnIn(end, x, r)];
}

/** From `start` sideways, ending on the lane at (x, start.y + r). */
function turnOff(start: Point, x: number, r: number): Point[] {
  const from = { x: x - Math.min(r, x - start.x), y: start.y };
  return [start, ...line(start, from), { x: x - (x - from.x) * BEND, y: start.y }, { x, y: start.y + r * BEND }, { x, y: start.y + r }];
}

/** From the lane at (x, end.y − r), where the pen already is, to `end`. */
function turnIn(end: Point, x: number, r: number): Point[] {
  const to = { x: x - Math.min(r, x - end.x), y: end.y };
  return [{ x, y: end.y - r * BEND }, { x: x - (x - to.x) * BEND, y: end.y }, to, ...line(to, end)];
}

/** A straight piece as a cubic curve, its start left out. */
function line(from: Point, to: Point): Point[] {
  return [from, to, to];
}

function shift(l: Layout, dx: number, dy: number): Layout {
  const move = (p: Point): Point => ({ x: p.x + dx, y: p.y + dy });
  return {
    ...l,
    boxes: l.boxes.map((b) => ({ ...b, x: b.x + dx, y: b.y + dy, inner: b.inner && shift(b.inner, dx, dy) })),
    edges: l.edges.map((e) => ({ ...e, curve: e.curve.map(move), label: e.label && move(e.label) })),
  };
}

function finish(l: Layout, axis: Axis, dx: number, dy: number): Layout {
  const moved = shift(l, dx, dy);
  const sized = { ...moved, width: l.width + 2 * MARGIN, height: l.height + 2 * MARGIN };
  return axis.turned ? turn(sized) : sized;
}

function turn(l: Layout): Layout {
  const swap = (p: Point): Point => ({ x: p.y, y: p.x });
  return {
    width: l.height,
    height: l.width,
    boxes: l.boxes.map((b) => ({ ...b, x: b.y, y: b.x, width: b.height, height: b.width, inner: b.inner && turn(b.inner) })),
    edges: l.edges.map((e) => ({ ...e, curve: e.curve.map(swap), label: e.label && swap(e.label) })),
  };
}
