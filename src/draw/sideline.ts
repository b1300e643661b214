// What runs beside the trunk: arcs, and shortcuts that carry boxes. Lanes lie to the right, the longer the arc the further out.
import { beside, bow, CORNER, gap, labelExtent, line, metrics, smooth, turnIn, turnOff, type Axis, type PlacedBox, type PlacedEdge, type Point } from "./geometry.ts";
import type { Extent } from "./place.ts";
import type { Edge, Scene } from "./scene.ts";

const LANE = 22; // from one lane to the next

/** A shortcut with layers on it: an arc that carries boxes. */
export interface Aside {
  readonly from: string;
  readonly to: string;
  readonly boxes: readonly string[];
  /** One more than boxes: into each, and out of the last. */
  readonly edges: readonly Edge[];
}

/** Chains of boxes that lie on nothing but a skip's shortcut. */
export function findAsides(scene: Scene): Aside[] {
  const into = new Map<string, Edge[]>(scene.boxes.map((b) => [b.id, []]));
  const outOf = new Map<string, Edge[]>(scene.boxes.map((b) => [b.id, []]));
  for (const e of scene.edges) {
    into.get(e.to)!.push(e);
    outOf.get(e.from)!.push(e);
  }
  const merges = new Set(scene.boxes.filter((b) => b.kind === "merge").map((b) => b.id));
  return scene.edges.filter((e) => e.shortcut && merges.has(e.to)).flatMap((last): Aside[] => {
    const edges = [last];
    const boxes: string[] = [];
    for (let id = last.from; into.get(id)!.length === 1 && outOf.get(id)!.length === 1 && into.get(id)![0]!.shortcut; id = edges[0]!.from) {
      boxes.unshift(id);
      edges.unshift(into.get(id)![0]!);
    }
    return boxes.length > 0 ? [{ from: edges[0]!.from, to: last.to, boxes, edges }] : [];
  });
}

/** Where y comes to lie when the trunk is pulled apart above each merge whose aside needs more room than there is. */
export function stretch(asides: readonly Aside[], sizes: ReadonlyMap<string, Extent>, centre: ReadonlyMap<string, Point>, gap: number): (y: number) => number {
  const cuts = asides.map((a) => {
    const from = centre.get(a.from)!.y + sizes.get(a.from)!.height / 2;
    const to = centre.get(a.to)!.y;
    const needed = a.boxes.reduce((sum, id) => sum + sizes.get(id)!.height + gap, gap + 2 * CORNER - 30);
    return { y: to - sizes.get(a.to)!.height / 2, by: Math.max(0, needed - (to - from)) };
  }).filter((c) => c.by > 0);
  return (y) => y + cuts.reduce((sum, c) => (y >= c.y ? sum + c.by : sum), 0);
}

export interface Trunk {
  /** Edges that are arcs. */
  readonly arcs: readonly Edge[];
  readonly asides: readonly Aside[];
  readonly at: ReadonlyMap<string, PlacedBox>;
  readonly trunk: readonly PlacedEdge[];
  /** x at which the flow leaves a box. */
  readonly wayOut: (id: string) => number;
  readonly sizes: ReadonlyMap<string, Extent>;
  /** Places a box of an aside around a point. */
  readonly put: (id: string, centre: Point) => PlacedBox;
  readonly axis: Axis;
}

/** All arcs, the shorter ones further in, and the boxes that asides carry. */
export function drawArcs(t: Trunk): { readonly boxes: readonly PlacedBox[]; readonly edges: readonly PlacedEdge[] } {
  const side = new Sideline(t);
  const boxes: PlacedBox[] = [];
  const edges: PlacedEdge[] = [];
  const all = [...t.arcs.map((edge) => ({ edge, aside: null })), ...t.asides.map((aside) => ({ edge: null, aside }))].map((arc) => {
    const from = t.at.get((arc.edge ?? arc.aside).from)!;
    const to = t.at.get((arc.edge ?? arc.aside).to)!;
    const start = { x: from.box.kind === "group" ? t.wayOut(from.box.id) : from.x + from.width, y: leaves(from) };
    return { ...arc, start, end: { x: to.x + to.width, y: to.y + to.height / 2 } };
  });
  for (const { edge, aside, start, end } of all.sort((a, b) => a.end.y - a.start.y - (b.end.y - b.start.y))) {
    if (aside) {
      const x = side.lane(start, end, Math.max(...aside.boxes.map((id) => t.sizes.get(id)!.width)) / 2);
      const carried = carry(aside, start, end, x, t);
      boxes.push(...carried);
      edges.push(...aside.edges.map((e, i) => asideEdge(e, carried[i - 1], carried[i], start, end, x, t.axis)));
    } else edges.push({ edge, curve: bow(start, end, side.lane(start, end, 0)), label: null });
  }
  return { boxes, edges };
}

/** The boxes of an aside, one under the other on their lane, in the middle of the way. */
function carry(a: Aside, start: Point, end: Point, x: number, t: Trunk): PlacedBox[] {
  const space = gap(t.axis);
  let y = (start.y + end.y - a.boxes.reduce((sum, id) => sum + t.sizes.get(id)!.height + space, -space)) / 2;
  return a.boxes.map((id) => {
    const { height } = t.sizes.get(id)!;
    const placed = t.put(id, { x, y: y + height / 2 });
    y += height + space;
    return placed;
  });
}

/** From the trunk into the first box, from box to box, and from the last one back. */
function asideEdge(edge: Edge, from: PlacedBox | undefined, to: PlacedBox | undefined, start: Point, end: Point, x: number, axis: Axis): PlacedEdge {
  const leave = from && { x, y: from.y + from.height };
  const arrive = to && { x, y: to.y };
  if (leave && arrive) return { edge, curve: smooth([leave, arrive]), label: beside(leave, arrive, axis) };
  if (arrive) return { edge, curve: [...turnOff(start, x, CORNER), ...line({ x, y: start.y + CORNER }, arrive)], label: null };
  return { edge, curve: [leave!, ...line(leave!, { x, y: end.y - CORNER }), ...turnIn(end, x, CORNER)], label: null };
}

/** The room to the right of the trunk: who has a lane there already. */
export class Sideline {
  readonly #taken: { readonly y1: number; readonly y2: number; readonly left: number; readonly right: number }[] = [];

  constructor({ at, trunk, axis }: Trunk) {
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

/** Arcs leave from the last row of a stack, from below a group, and from the middle of everything else. */
export function leaves(b: PlacedBox): number {
  if (b.box.kind === "group") return b.y + b.height + 8;
  return b.y + b.height - (b.box.kind === "stack" ? metrics.row / 2 : b.height / 2);
}

