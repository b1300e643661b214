// Outlines of what pictures are made of, as path data of SVG: for pictures in files and for those that a page draws.
import { metrics, type Point } from "./geometry.ts";

/** A row's outline; only the corners of the stack are round. */
export function rowPath(w: number, y: number, first: boolean, last: boolean): string {
  const h = metrics.row;
  const a = first ? 6 : 0;
  const z = last ? 6 : 0;
  const corner = (r: number, dx: number, dy: number): string => (r === 0 ? "" : `a${r} ${r} 0 0 1 ${dx} ${dy}`);
  return `M${a} ${y}H${n(w - a)}${corner(a, a, a)}V${y + h - z}${corner(z, -z, z)}H${z}${corner(z, -z, -z)}V${y + a}${corner(a, a, -a)}Z`;
}

/** The flag at a group's corner. */
export function badgePath(x: number, y: number, width: number): string {
  return `M${n(x + 10)} ${n(y)}h${width - 10}v12a10 10 0 0 1 -10 10h${-(width - 10)}v-12a10 10 0 0 1 10 -10z`;
}

/** An edge: its start, then cubic curves. */
export function curvePath([start, ...rest]: readonly Point[]): string {
  return start ? `M${n(start.x)} ${n(start.y)}C${rest.map((p) => `${n(p.x)} ${n(p.y)}`).join(" ")}` : "";
}

/** An arrow's head that points right, its tip at the origin. */
export const HEAD = "M0 0L-7 -3.5L-7 3.5Z";

/** Where an edge ends, and the direction in which it arrives there, in degrees. */
export function arrival(curve: readonly Point[]): Point & { readonly angle: number } {
  const [from, to] = lastTwo(curve);
  return { ...to, angle: (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI };
}

/** The last point and the one before it that differs. */
function lastTwo(curve: readonly Point[]): readonly [Point, Point] {
  const end = curve.at(-1)!;
  return [curve.findLast((p) => Math.abs(p.x - end.x) + Math.abs(p.y - end.y) > 0.5) ?? end, end];
}

/** The two strokes of a plus around a point. */
export function plusPath(cx: number, cy: number): string {
  return `M${n(cx - 5)} ${n(cy)}h10M${n(cx)} ${n(cy - 5)}v10`;
}

/** In tenths of a pixel. */
export function n(x: number): string {
  return String(Math.round(x * 10) / 10);
}
