// The live graph: an export as a picture with places, for a client that only draws. In: an analysis, and the picture before it.
// Out: boxes, rows and arrows in pixels, each with an id that stays while the text changes and with the places it comes from.
// Law: layout is that of `draw/`; what a client needs to animate, select and follow is in the picture, so that it computes nothing.
import { metrics, type Layout, type PlacedEdge, type Point } from "../draw/geometry.ts";
import { shapeLabel, type Family } from "../draw/label.ts";
import { layOutScene } from "../draw/layout.ts";
import { makeScene, type Box, type Layers, type Row, type Scene } from "../draw/scene.ts";
import { instantiate } from "../lower/instantiate.ts";
import type { ElaboratedExport } from "../lower/elaborate.ts";
import type { Source, Span } from "../source/text.ts";
import { identify, type Known } from "./identity.ts";
import { costOf } from "./places.ts";

/** `At` is how places are told: as spans here, as ranges in the protocol. */
export interface Picture<At> {
  /** The export's name. */
  readonly title: string;
  readonly parameters: number;
  /** Of one sample. */
  readonly macs: number;
  readonly width: number;
  readonly height: number;
  /** In the order in which the network computes; a group before what lies in it. */
  readonly nodes: readonly PictureNode<At>[];
  readonly edges: readonly PictureEdge[];
}

export interface PictureNode<At> {
  /** Stays the same while the text changes, as long as it is the same part of the network. */
  readonly id: string;
  readonly kind: "layer" | "merge" | "value" | "port" | "group";
  /** The group it lies in. */
  readonly parent: string | null;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** "conv 3×3, 16"; a merge's sign; a value's name; "" for ports and groups. */
  readonly title: string;
  /** The scope of its parameters, within its group: "conv1"; a group's from first to last: "layer1.0 … layer1.2". */
  readonly detail: string;
  /** What comes out: "16 × 32 × 32"; "" for ports and groups. */
  readonly shape: string;
  /** How often a group is repeated; 1 for everything else. */
  readonly times: number;
  /** Its colour. */
  readonly family: Family;
  /** Layers stand on one another in stacks: is it the first, the last of its own? */
  readonly first: boolean;
  readonly last: boolean;
  /** For people who point at it. */
  readonly hint: string;
  /** What a click selects: where it is written, or the call in this text that leads there; null where neither is in this text. */
  readonly range: At | null;
  /** All places of this text that it comes from: where it is written, calls that lead there, the same of a group's other instances. */
  readonly ranges: readonly At[];
}

export interface PictureEdge {
  readonly id: string;
  /** Nodes; of a stack the last row, into one the first. */
  readonly from: string;
  readonly to: string;
  readonly kind: "flow" | "skip";
  /** Its start, then pairs of control points and the end of each cubic curve. */
  readonly points: readonly Point[];
  /** What flows, and where that is written; null on arcs, which say what the trunk says. */
  readonly label: (Point & { readonly text: string }) | null;
}

/** By id. */
export interface Change {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Still there, but called otherwise, of another shape or repeated otherwise. */
  readonly changed: readonly string[];
}

/** Layers and parameters of the largest network that is drawn while somebody types. */
export const LARGEST = 20_000;

/** `before`: the picture whose ids it keeps. */
export function picture(e: ElaboratedExport, source: Source, before: Picture<Span> | null): Picture<Span> {
  const scene = makeScene(instantiate(e));
  const layout = layOutScene(scene, "down");
  const outputs = new Map(e.model.outputs.map((o, i) => [`out${i}`, o.span]));
  const parts = [...partsOf(scene, layout, null, { source, outputs })];
  const ids = identify(before?.nodes.map(known) ?? [], parts.map((p) => ({ ...known(p), part: p })), ({ part }) => part.wish);
  const idOf = new Map(parts.map((p, i) => [p.id, ids[i]!]));
  const nodes = parts.map(({ wish: _, ...p }, i): PictureNode<Span> => ({ ...p, id: ids[i]!, parent: p.parent && idOf.get(p.parent)! }));
  return { title: e.name, ...costOf(e.model.fragment), width: layout.width, height: layout.height, nodes, edges: distinct([...edgesOf(layout, idOf)]) };
}

/** What a part is known by, so that it is found again: all of it, then without the numbers that count, then its op alone. */
function known({ id, kind, title, detail, times }: Pick<PictureNode<Span>, "id" | "kind" | "title" | "detail" | "times">): Known {
  const label = detail.replaceAll(/\d+/g, "");
  const op = title.split(" ", 1)[0]!;
  return { id, keys: [`${kind} ${title} ${detail} ${times}`, `${kind} ${title} ${label}`, `${kind} ${op} ${label}`, `${kind} ${kind === "layer" ? op : ""}`] };
}

export function changeOf(before: Picture<unknown>, now: Picture<unknown>): Change {
  const old = new Map(before.nodes.map((n) => [n.id, n]));
  const ids = new Set(now.nodes.map((n) => n.id));
  const added = now.nodes.filter((n) => !old.has(n.id));
  const changed = now.nodes.filter((n) => {
    const o = old.get(n.id);
    return o && (o.title !== n.title || o.detail !== n.detail || o.shape !== n.shape || o.times !== n.times);
  });
  return { added: added.map((n) => n.id), removed: [...old.keys()].filter((id) => !ids.has(id)), changed: changed.map((n) => n.id) };
}

/** The same with places told otherwise. */
export function withPlaces<A, B>(p: Picture<A>, tell: (at: A) => B): Picture<B> {
  return { ...p, nodes: p.nodes.map((n) => ({ ...n, range: n.range && tell(n.range), ranges: n.ranges.map(tell) })) };
}

// ── parts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A node before it has its id: `id` is the scene's, `wish` what it would be called. */
type Part = PictureNode<Span> & { readonly wish: string };

interface Origins {
  readonly source: Source;
  /** Where outputs are written, by their boxes. */
  readonly outputs: ReadonlyMap<string, Span>;
}

function* partsOf(scene: Scene, layout: Layout, parent: Part | null, origins: Origins): Iterable<Part> {
  const placed = new Map(layout.boxes.map((p) => [p.box.id, p]));
  for (const box of scene.boxes) {
    const { x, y, width, height, inner } = placed.get(box.id)!;
    const base: Base = { id: box.id, parent: parent && parent.id, x, y, width, height, title: "", detail: "", shape: "", times: 1, family: "other", first: true, last: true, hint: "", range: null, ranges: [] };
    switch (box.kind) {
      case "stack":
        yield* box.rows.map((row, i) => layer(row, i, box.rows.length, base, origins));
        break;
      case "merge":
        yield { ...base, kind: "merge", family: "merge", title: box.symbol, shape: shapesOf(box.layers), hint: box.hint, wish: `${pathOf(box.layers)}/${box.symbol}`, ...places(box.layers, origins) };
        break;
      case "value": {
        const at = origins.outputs.get(box.id);
        yield { ...base, kind: "value", family: "value", title: box.name, shape: box.shape, hint: box.shape, wish: `${box.role} ${box.name}`, ...(at ? { range: at, ranges: [at] } : places(box.layers, origins)) };
        break;
      }
      case "port":
        yield { ...base, kind: "port", wish: `${parent?.wish ?? ""} in` };
        break;
      case "group": {
        const group: Part = { ...base, kind: "group", times: box.times, detail: box.name, hint: `×${box.times} ${box.name}`.trim(), wish: `×${box.name}` };
        const inside = [...partsOf(box.inner, inner!, group, origins)];
        yield { ...group, ...common(inside) };
        yield* inside;
      }
    }
  }
}

type Base = Omit<Part, "kind" | "wish">;

function layer(row: Row, i: number, rows: number, base: Base, origins: Origins): Part {
  return {
    ...base, id: rowId(base.id, i), kind: "layer", family: row.family, title: row.text, detail: row.name, shape: shapesOf(row.layers), hint: row.hint,
    y: base.y + i * metrics.row, height: metrics.row, first: i === 0, last: i === rows - 1, wish: `${pathOf(row.layers)}/${row.text.split(" ", 1)[0]!}`, ...places(row.layers, origins),
  };
}

/** The places that all of a group comes from. */
function common(inside: readonly Part[]): Pick<Part, "range" | "ranges"> {
  const [first, ...others] = inside.filter((p) => p.ranges.length > 0);
  const ranges = first?.ranges.filter((s) => others.every((p) => p.ranges.some((o) => o.start === s.start && o.end === s.end))) ?? [];
  return { range: ranges[0] ?? null, ranges };
}

function rowId(box: string, i: number): string {
  return `${box}/${i}`;
}

function pathOf([first]: Layers): string {
  return first?.origin?.path ?? "";
}

function shapesOf(layers: Layers): string {
  return shapeLabel(layers.map((n) => n.type));
}

/** In this text, the innermost of the first layer's first. */
function places(layers: Layers, { source }: Origins): Pick<Part, "range" | "ranges"> {
  const found = new Map<number, Span>();
  const note = (s: Span | null): void => {
    if (s?.source === source) found.set(s.start * 2 ** 20 + s.end, s);
  };
  for (const { origin } of layers) {
    note(origin?.span ?? null);
    for (let call = origin?.call; call; call = call.outer) note(call.span);
  }
  const ranges = [...found.values()];
  return { range: ranges[0] ?? null, ranges };
}

// ── edges ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function* edgesOf({ boxes, edges }: Layout, idOf: ReadonlyMap<string, string>): Iterable<PictureEdge> {
  const placed = new Map(boxes.map(({ box }) => [box.id, box]));
  for (const e of edges) yield drawn(e, idOf.get(lastOf(placed.get(e.edge.from)!))!, idOf.get(firstOf(placed.get(e.edge.to)!))!);
  for (const b of boxes) if (b.inner) yield* edgesOf(b.inner, idOf);
}

function drawn({ edge, curve, label }: PlacedEdge, from: string, to: string): PictureEdge {
  return { id: `${from} → ${to}`, from, to, kind: edge.shortcut || edge.arc ? "skip" : "flow", points: curve, label: label && { ...label, text: edge.shape } };
}

function firstOf(box: Box): string {
  return box.kind === "stack" ? rowId(box.id, 0) : box.id;
}

function lastOf(box: Box): string {
  return box.kind === "stack" ? rowId(box.id, box.rows.length - 1) : box.id;
}

/** Two arrows between the same two nodes are told apart. */
function distinct(edges: readonly PictureEdge[]): readonly PictureEdge[] {
  const seen = new Map<string, number>();
  return edges.map((e) => {
    const n = seen.get(e.id) ?? 0;
    seen.set(e.id, n + 1);
    return n === 0 ? e : { ...e, id: `${e.id} ${n + 1}` };
  });
}
