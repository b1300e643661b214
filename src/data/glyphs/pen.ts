// A pen that draws figures of the unit disc: each point is bent, stretched, turned and moved into the picture.
// Law: cosines are polynomials here, since Math.cos differs from engine to engine.
import type { Random } from "../random.ts";
import type { Canvas } from "./canvas.ts";
import type { Level } from "./levels.ts";

const ARC_STEPS = 24; // segments of a full turn
const LINE_STEPS = 6; // so that lines bend, too

/** cos(2πt) within 1e-10: folded to a quarter turn, then Taylor's series. */
export function cosTurn(t: number): number {
  const once = t - Math.floor(t);
  const half = once > 0.5 ? 1 - once : once;
  const quarter = half > 0.25 ? 0.5 - half : half;
  const x = 6.283185307179586 * quarter;
  const s = x * x;
  const c = 1 - (s / 2) * (1 - (s / 12) * (1 - (s / 30) * (1 - (s / 56) * (1 - (s / 90) * (1 - (s / 132) * (1 - s / 182))))));
  return half > 0.25 ? -c : c;
}

export function sinTurn(t: number): number {
  return cosTurn(t - 0.25);
}

/** Where a figure lies: centre and radius in pixels, angle in turns, and how it is deformed. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly angle: number;
  /** Width against height, its square root. */
  readonly stretch: number;
  /** Depth and phases of the waves that bend it. */
  readonly warp: number;
  readonly phase: readonly [number, number];
}

export class Pen {
  readonly #canvas: Canvas;
  readonly #p: Placement;
  readonly #cos: number;
  readonly #sin: number;
  #column = 0;
  #row = 0;

  constructor(canvas: Canvas, placement: Placement) {
    this.#canvas = canvas;
    this.#p = placement;
    this.#cos = cosTurn(placement.angle) * placement.radius;
    this.#sin = sinTurn(placement.angle) * placement.radius;
  }

  /** Where the pen stands, in pixels. */
  get column(): number {
    return this.#column;
  }
  get row(): number {
    return this.#row;
  }

  /** Puts the pen at a point of the unit disc. */
  move(x: number, y: number): void {
    const { warp, phase, stretch } = this.#p;
    const bentX = warp === 0 ? x : x + warp * sinTurn(0.4 * y + phase[0]);
    const bentY = warp === 0 ? y : y + warp * sinTurn(0.4 * x + phase[1]);
    const across = bentX * stretch;
    const along = bentY / stretch;
    this.#column = this.#p.x + this.#cos * across - this.#sin * along;
    this.#row = this.#p.y + this.#sin * across + this.#cos * along;
  }

  #draw(x: number, y: number): void {
    const column = this.#column;
    const row = this.#row;
    this.move(x, y);
    this.#canvas.segment(column, row, this.#column, this.#row);
  }

  line(x0: number, y0: number, x1: number, y1: number): void {
    const steps = this.#p.warp === 0 ? 1 : LINE_STEPS;
    this.move(x0, y0);
    for (let i = 1; i <= steps; i++) this.#draw(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps);
  }

  /** Around (x, y) from angle `from` on, for `turns`; the radius grows evenly from r0 to r1. */
  arc(x: number, y: number, r0: number, r1: number, from: number, turns: number): void {
    const steps = Math.ceil(ARC_STEPS * (turns < 0 ? -turns : turns));
    this.move(x + r0 * cosTurn(from), y + r0 * sinTurn(from));
    for (let i = 1; i <= steps; i++) {
      const angle = from + (turns * i) / steps;
      const r = r0 + ((r1 - r0) * i) / steps;
      this.#draw(x + r * cosTurn(angle), y + r * sinTurn(angle));
    }
  }

  ring(x: number, y: number, r: number): void {
    this.arc(x, y, r, r, 0, 1);
  }
}

/** A figure's place in a picture of `side` pixels: anywhere where its disc lies inside. */
export function placeFigure(random: Random, level: Level, side: number): Placement {
  const radius = random.between(...level.radius);
  const room = Math.max(0, side / 2 - 1.5 - radius);
  const stretch = Math.sqrt(random.between(1 / level.stretch, level.stretch));
  return {
    x: side / 2 + random.between(-room, room), y: side / 2 + random.between(-room, room), radius, stretch,
    angle: random.between(-level.turn, level.turn), warp: level.warp, phase: [random.unit(), random.unit()],
  };
}
