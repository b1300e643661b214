// The geometry of pictures: points, curves, placed boxes and edges, and how much room text takes.
import type { Box, Edge } from "./scene.ts";

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

/** Layouts are computed as if the flow went down; `turned`: the axes will be exchanged, and text lies along the flow. */
export interface Axis {
  readonly turned: boolean;
}

/** Between boxes on an arc: room for an arrow, and for the shape where it is written along the arrow. */
export function gap(axis: Axis): number {
  return axis.turned ? 78 : 30;
}

/** Between a group's frame and what is in it, beside the trunk. */
export function padding(axis: Axis): number {
  return axis.turned ? 30 : metrics.groupPad;
}

export function labelExtent(edge: Edge, axis: Axis): number {
  return axis.turned ? 4 : textWidth(edge.shape, metrics.small);
}

/** Right of the middle of a straight piece. */
export function beside(a: Point, b: Point, axis: Axis): Point {
  return axis.turned ? { x: a.x - 8, y: (a.y + b.y) / 2 } : { x: a.x + 6, y: (a.y + b.y) / 2 + 3.5 };
}

/** Right of the end of a bent piece. */
export function above(end: Point, axis: Axis): Point {
  return axis.turned ? { x: end.x - 8, y: end.y - 24 } : { x: end.x + 6, y: end.y - 9 };
}

/** A smooth curve that leaves and arrives along the flow. */
export function smooth(points: readonly Point[]): Point[] {
  const out: Point[] = [points[0]!];
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!;
    const b = points[i]!;
    const middle = (a.y + b.y) / 2;
    out.push({ x: a.x, y: middle }, { x: b.x, y: middle }, b);
  }
  return out;
}

export const CORNER = 26; // radius at which arcs turn
const BEND = 0.45; // how far a corner's control points stand from it

/** Out to x with a round corner, along the trunk, and back. */
export function bow(start: Point, end: Point, x: number): Point[] {
  const r = Math.min(CORNER, (end.y - start.y) / 2);
  return [...turnOff(start, x, r), ...line({ x, y: start.y + r }, { x, y: end.y - r }), ...turnIn(end, x, r)];
}

/** From `start` sideways, ending on the lane at (x, start.y + r). */
export function turnOff(start: Point, x: number, r: number): Point[] {
  const from = { x: x + towards(x, start.x, r), y: start.y };
  return [start, ...line(start, from), { x: x + (from.x - x) * BEND, y: start.y }, { x, y: start.y + r * BEND }, { x, y: start.y + r }];
}

/** From the lane at (x, end.y − r), where the pen already is, to `end`. */
export function turnIn(end: Point, x: number, r: number): Point[] {
  const to = { x: x + towards(x, end.x, r), y: end.y };
  return [{ x, y: end.y - r * BEND }, { x: x + (to.x - x) * BEND, y: end.y }, to, ...line(to, end)];
}

/** A step from `from` towards `to`, of at most r. */
function towards(from: number, to: number, r: number): number {
  return Math.sign(to - from) * Math.min(r, Math.abs(to - from));
}

/** A straight piece as a cubic curve, its start left out. */
export function line(from: Point, to: Point): Point[] {
  return [from, to, to];
}

export function shift(l: Layout, dx: number, dy: number): Layout {
  const move = (p: Point): Point => ({ x: p.x + dx, y: p.y + dy });
  return {
    ...l,
    boxes: l.boxes.map((b) => ({ ...b, x: b.x + dx, y: b.y + dy, inner: b.inner && shift(b.inner, dx, dy) })),
    edges: l.edges.map((e) => ({ ...e, curve: e.curve.map(move), label: e.label && move(e.label) })),
  };
}

export function turn(l: Layout): Layout {
  const swap = (p: Point): Point => ({ x: p.y, y: p.x });
  return {
    width: l.height,
    height: l.width,
    boxes: l.boxes.map((b) => ({ ...b, x: b.y, y: b.x, width: b.height, height: b.width, inner: b.inner && turn(b.inner) })),
    edges: l.edges.map((e) => ({ ...e, curve: e.curve.map(swap), label: e.label && swap(e.label) })),
  };
}
