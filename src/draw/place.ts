// Where the centres of boxes lie, for a flow that goes down. A box that every path runs through ends a piece; pieces are stacked
// under one another, and only inside a piece, where the flow branches, dagre arranges the boxes in layers.
// Law: linear in the length of a network, and no recursion over it: dagre never sees more than `LARGEST_PIECE` boxes; a larger
// tangle becomes a column with arcs.
import { graphlib, layout as dagre } from "@dagrejs/dagre";
import type { Point } from "./geometry.ts";
import type { Edge } from "./scene.ts";

export interface Extent {
  readonly width: number;
  readonly height: number;
}

export interface Spacing {
  /** Between layers, and between boxes of a layer. */
  readonly layers: number;
  readonly boxes: number;
}

export interface Places {
  readonly centre: ReadonlyMap<string, Point>;
  /** The points that a bent edge passes through. */
  readonly via: ReadonlyMap<Edge, readonly Point[]>;
  /** Edges for which there is no room in the trunk. */
  readonly arcs: ReadonlySet<Edge>;
}

const LARGEST_PIECE = 400;

/** `ids` in topological order; `edges` between them. */
export function place(ids: readonly string[], sizes: ReadonlyMap<string, Extent>, edges: readonly Edge[], spacing: Spacing): Places {
  const centre = new Map<string, Point>();
  const via = new Map<Edge, readonly Point[]>();
  const pieces = cut(ids, edges);
  const pieceOf = new Map(pieces.flatMap((p, i) => p.map((id) => [id, i] as const)));
  const edgesOf = pieces.map((): Edge[] => []);
  for (const e of edges) edgesOf[pieceOf.get(e.to)!]!.push(e);
  const arcs = new Set<Edge>();
  let entry: string | null = null;
  for (const [i, piece] of pieces.entries()) {
    const from: Point = entry === null ? { x: 0, y: 0 } : centre.get(entry)!;
    if (piece.length === 1) stack(piece, entry, from, sizes, spacing, centre);
    else if (piece.length > LARGEST_PIECE) {
      stack(piece, entry, from, sizes, spacing, centre);
      const next = new Map(piece.map((id, k) => [k === 0 ? entry : piece[k - 1]!, id]));
      for (const e of edgesOf[i]!) if (next.get(e.from) !== e.to) arcs.add(e);
    } else branch(piece, entry, from, sizes, edgesOf[i]!, spacing, centre, via);
    entry = piece.at(-1)!;
  }
  return { centre, via, arcs };
}

/** Pieces of the order; the last box of each is on every path (but for the very last piece). */
function cut(ids: readonly string[], edges: readonly Edge[]): string[][] {
  const at = new Map(ids.map((id, i) => [id, i]));
  const far = ids.map(() => -1);
  const entered = ids.map(() => false);
  for (const e of edges) {
    far[at.get(e.from)!] = Math.max(far[at.get(e.from)!]!, at.get(e.to)!);
    entered[at.get(e.to)!] = true;
  }
  let reach = Math.max(-1, entered.lastIndexOf(false));
  const pieces: string[][] = [];
  let piece: string[] = [];
  ids.forEach((id, i) => {
    piece.push(id);
    if (reach <= i && (far[i]! >= 0 || i === ids.length - 1)) {
      pieces.push(piece);
      piece = [];
    }
    reach = Math.max(reach, far[i]!);
  });
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

function stack(piece: readonly string[], entry: string | null, from: Point, sizes: ReadonlyMap<string, Extent>, spacing: Spacing, centre: Map<string, Point>): void {
  let bottom = entry === null ? from.y - spacing.layers : from.y + sizes.get(entry)!.height / 2;
  for (const id of piece) {
    const { height } = sizes.get(id)!;
    centre.set(id, { x: from.x, y: bottom + spacing.layers + height / 2 });
    bottom += spacing.layers + height;
  }
}

function branch(piece: readonly string[], entry: string | null, from: Point, sizes: ReadonlyMap<string, Extent>, edges: readonly Edge[], spacing: Spacing, centre: Map<string, Point>, via: Map<Edge, readonly Point[]>): void {
  const g = new graphlib.Graph({ multigraph: true });
  g.setGraph({ rankdir: "TB", nodesep: spacing.boxes, ranksep: spacing.layers, edgesep: 30 });
  const all = entry === null ? piece : [entry, ...piece];
  for (const id of all) g.setNode(id, { ...sizes.get(id)! });
  edges.forEach((e, i) => g.setEdge(e.from, e.to, {}, String(i)));
  dagre(g);
  const origin = g.node(all[0]!) as Point;
  const move = (p: Point): Point => ({ x: p.x - origin.x + from.x, y: p.y - origin.y + from.y });
  for (const id of piece) centre.set(id, move(g.node(id) as Point));
  edges.forEach((e, i) => via.set(e, (g.edge({ v: e.from, w: e.to, name: String(i) }) as { readonly points: readonly Point[] }).points.slice(1, -1).map(move)));
}
