// Which parts of a picture belong to the cursor.
import type { PictureNode } from "../editor/graph.ts";
import type { Point, Range } from "../lsp/convert.ts";

/**
 * The nodes that come from the innermost place around the cursor; where nothing is written around it but on its line, as beside a label,
 * those of the nearest place on that line. Of a block that is drawn several times all belong; a group stands for what is in it.
 */
export function nodesAt(nodes: readonly PictureNode<Range>[], at: Point): readonly string[] {
  const ranges = nodes.flatMap((n) => n.ranges);
  const around = least(ranges.filter((r) => compare(r.start, at) <= 0 && compare(at, r.end) <= 0), size);
  const onLine = around && around.start.line === around.end.line ? null : least(ranges.filter((r) => r.start.line === at.line && r.end.line === at.line), (r) => distance(r, at));
  const found = onLine ?? around;
  const ids = new Set(found ? nodes.filter((n) => n.ranges.some((r) => compare(r.start, found.start) === 0 && compare(r.end, found.end) === 0)).map((n) => n.id) : []);
  return nodes.filter((n) => ids.has(n.id) && !ids.has(n.parent ?? "")).map((n) => n.id);
}

function compare(a: Point, b: Point): number {
  return a.line - b.line || a.character - b.character;
}

/** More lines are more, whatever stands on them. */
function size({ start, end }: Range): number {
  return (end.line - start.line) * 1e6 + end.character - start.character;
}

function distance({ start, end }: Range, { character }: Point): number {
  return Math.max(start.character - character, character - end.character);
}

function least<T>(of: readonly T[], measure: (x: T) => number): T | null {
  return of.reduce<T | null>((best, x) => (best === null || measure(x) < measure(best) ? x : best), null);
}
