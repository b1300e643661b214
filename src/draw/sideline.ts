// What runs beside the trunk: arcs, and shortcuts that carry boxes. Lanes lie to the right, the longer the arc the further out.
import { beside, bow, CORNER, gap, labelExtent, line, metrics, smooth, turnIn, turnOff, type Axis, type PlacedBox, type PlacedEdge, type Point } from "./geometry.ts";
import type { Extent } from "./place.ts";
import type { Edge, Scene } from "./scene.ts";

const LANE = 22; // from one lane to the next
const PREFERENCE = 150; // how much longer a way to the right may be

/** A shortcut with layers on it: an arc that carries boxes. */
export interface Aside {
  readonly from: string;
  readonly to: string;
  readonly boxes: readonly string[];
  /** One more than boxes: into each, and out of the last. */
  readonly edges: readonly Edge[];
}

/** Chains of boxes that lie on nothing but a skip's shortcut, where the trunk joins the same ends. */
export function findAsides(scene: Scene): Aside[] {
  const into = new Map<string, Edge[]>(scene.boxes.map((b) => [b.id, []]));
  const outOf = new Map<string, Edge[]>(scene.boxes.map((b) => [b.id, []]));
  for (const e of scene.edges) {
    into.get(e.to)!.push(e);
    outOf.get(e.from)!.push(e);
  }
  const order = new Map(scene.boxes.map((b, i) => [b.id, i]));
  const merges = new Set(scene.boxes.filter((b) => b.kind === "merge").map((b) => b.id));
  return scene.edges.filter((e) => e.shortcut && merges.has(e.to)).flatMap((last): Aside[] => {
    const edges = [last];
    const boxes: string[] = [];
    for (let id = last.from; into.get(id)!.length === 1 && outOf.get(id)!.length === 1 && into.get(id)![0]!.shortcut; id = edges[0]!.from) {
      boxes.unshift(id);
      edges.unshift(into.get(id)![0]!);
    }
    const from = edges[0]!.from;
    return boxes.length > 0 && joined(from, last.to, boxes, outOf, order) ? [{ from, to: last.to, boxes, edges }] : [];
  });
}

/** Is there a way along the trunk from one box to another that avoids the given ones? */
function joined(from: string, to: string, avoid: readonly string[], outOf: ReadonlyMap<string, readonly Edge[]>, order: ReadonlyMap<string, number>): boolean {
  const seen = new Set(avoid);
  const todo = [from];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (id === to) return true;
    if (seen.has(id) || order.get(id)! > order.get(to)!) continue;
    seen.add(id);
    todo.push(...outOf.get(id)!.filter((e) => !e.arc).map((e) => e.to));
  }
  return false;
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
    return { ...arc, from, to, y1: leaves(from), y2: to.y + to.height / 2 };
  });
  for (const { edge, aside, from, to, y1, y2 } of all.sort((a, b) => a.y2 - a.y1 - (b.y2 - b.y1))) {
    const half = aside ? Math.max(...aside.boxes.map((id) => t.sizes.get(id)!.width)) / 2 : 0;
    const { x, toRight } = side.lane(from, to, y1, y2, half);
    const edgeOf = (b: PlacedBox): number => (toRight ? b.x + b.width : b.x);
    const start = { x: from.box.kind === "group" ? t.wayOut(from.box.id) : edgeOf(from), y: y1 };
    const end = { x: edgeOf(to), y: y2 };
    if (aside) {
      const carried = carry(aside, start, end, x, t);
      boxes.push(...carried);
      edges.push(...aside.edges.map((e, i) => asideEdge(e, carried[i - 1], carried[i], start, end, x, t.axis)));
    } else edges.push({ edge, curve: bow(start, end, x), label: null });
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

/** The room beside the trunk: who has a lane there already. */
class Sideline {
  readonly #taken: { readonly y1: number; readonly y2: number; readonly left: number; readonly right: number }[] = [];

  constructor({ at, trunk, axis }: Trunk) {
    for (const b of at.values()) this.#taken.push({ y1: b.y, y2: b.y + b.height, left: b.x, right: b.x + b.width });
    for (const { edge, label, curve } of trunk) {
      if (label) this.#taken.push({ y1: label.y - 8, y2: label.y + 2, left: label.x, right: label.x + labelExtent(edge, axis) - 8 });
      const xs = curve.map((p) => p.x);
      this.#taken.push({ y1: curve[0]!.y, y2: curve.at(-1)!.y, left: Math.min(...xs), right: Math.max(...xs) });
    }
  }

  /** The nearest x, by preference to the right, at which something that reaches `half` to both sides passes everything between y1 and y2. */
  lane(from: PlacedBox, to: PlacedBox, y1: number, y2: number, half: number): { readonly x: number; readonly toRight: boolean } {
    const near = this.#taken.filter((t) => t.y1 < y2 && t.y2 > y1);
    const first = Math.max(from.x + from.width, to.x + to.width);
    const last = Math.min(from.x, to.x);
    const right = free(near, first + LANE + half, half, (t) => t.right + LANE + half);
    const left = free(near, last - LANE - half, half, (t) => t.left - LANE - half);
    const toRight = right - first <= last - left + PREFERENCE;
    const x = toRight ? right : left;
    this.#taken.push({ y1, y2, left: x - half, right: x + half });
    return { x, toRight };
  }
}

interface Taken {
  readonly left: number;
  readonly right: number;
}

/** From x on, past whatever is in the way. */
function free(near: readonly Taken[], x: number, half: number, past: (t: Taken) => number): number {
  const room = LANE - 6;
  for (let hit = near[0]; hit; ) {
    hit = near.find((t) => t.right + room > x - half && t.left - room < x + half);
    if (hit) x = past(hit);
  }
  return x;
}

/** Arcs leave from the last row of a stack, from below a group, and from the middle of everything else. */
export function leaves(b: PlacedBox): number {
  if (b.box.kind === "group") return b.y + b.height + 8;
  return b.y + b.height - (b.box.kind === "stack" ? metrics.row / 2 : b.height / 2);
}

