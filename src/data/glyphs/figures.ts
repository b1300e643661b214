// The ten figures, the classes of `glyphs`. They differ in how curves close, cross and lie in each other, not in texture, colour or
// position; each is itself however it is turned or mirrored. Law: the point (1, 0) of the unit disc belongs to no figure but by its
// curve, and nothing is ever drawn over it: there is the gap of `gap`.
import type { Random } from "../random.ts";
import type { Pen } from "./pen.ts";

export interface Figure {
  readonly name: string;
  readonly doc: string;
  /** Inside the unit disc; what may vary is drawn from `random`. */
  readonly draw: (pen: Pen, random: Random) => void;
}

/** A closed polygon with corners on the unit circle. */
function polygon(pen: Pen, corners: readonly (readonly [number, number])[]): void {
  corners.forEach(([x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    pen.line(x, y, nextX, nextY);
  });
}

const H = 0.8660254037844386; // √3 / 2
const D = 0.7071067811865476; // √½

/** Label → figure. */
export const figures: readonly Figure[] = [
  { name: "ring", doc: "one closed curve", draw: (pen) => pen.ring(0, 0, 0.95) },
  {
    name: "gap", doc: "a ring that is open somewhere",
    draw: (pen, random) => {
      const gap = random.between(0.14, 0.22);
      pen.arc(0, 0, 0.95, 0.95, gap / 2, 1 - gap);
    },
  },
  {
    name: "bar", doc: "a ring with a line across",
    draw: (pen, random) => {
      const y = random.between(-0.25, 0.25);
      const x = Math.sqrt(0.95 * 0.95 - y * y);
      pen.ring(0, 0, 0.95);
      pen.line(y, -x, y, x);
    },
  },
  {
    name: "nested", doc: "a ring inside a ring",
    draw: (pen, random) => {
      pen.ring(0, 0, 1);
      pen.ring(random.between(-0.1, 0.1), random.between(-0.1, 0.1), random.between(0.36, 0.48));
    },
  },
  {
    name: "eight", doc: "two rings that touch",
    draw: (pen, random) => {
      const r = random.between(0.44, 0.56);
      pen.ring(r - 1, 0, r);
      pen.ring(r, 0, 1 - r);
    },
  },
  { name: "spiral", doc: "a curve that winds inwards", draw: (pen, random) => pen.arc(0, 0, 1, 0.12, 0, (random.unit() < 0.5 ? -1 : 1) * random.between(1.7, 2)) },
  { name: "triangle", doc: "three sides", draw: (pen) => polygon(pen, [[1, 0], [-0.5, H], [-0.5, -H]]) },
  { name: "square", doc: "four sides", draw: (pen) => polygon(pen, [[D, D], [-D, D], [-D, -D], [D, -D]]) },
  {
    name: "cross", doc: "two lines that cross",
    draw: (pen, random) => {
      const x = random.between(-0.2, 0.2);
      pen.line(-1, 0, 1, 0);
      pen.line(x, -0.95, random.between(-0.2, 0.2), 0.95);
    },
  },
  {
    name: "zigzag", doc: "a line with three bends",
    draw: (pen, random) => {
      const h = random.between(0.45, 0.6);
      const ys = [-h, h, -h, h, -h];
      for (let i = 0; i < 4; i++) pen.line(-0.9 + 0.45 * i, ys[i]!, -0.45 + 0.45 * i, ys[i + 1]!);
    },
  },
];
