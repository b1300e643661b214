// A small picture of three planes. Strokes are collected as distances to the nearest segment, then painted at once with soft edges:
// where two segments of one stroke meet, nothing shows.

const FAR = 1e9;

export type Colour = readonly [red: number, green: number, blue: number];

export class Canvas {
  readonly side: number;
  /** 3 × side × side values, 0 … 1 inside the gamut. */
  readonly pixels: Float64Array;
  readonly #near: Float64Array; // squared distance of each pixel's centre to the strokes since the last `paint`
  #reach = 0;
  #top = 0;
  #bottom = 0;

  constructor(side: number) {
    this.side = side;
    this.pixels = new Float64Array(3 * side * side);
    this.#near = new Float64Array(side * side);
  }

  /** Begins a stroke of `width` pixels. */
  begin(width: number): void {
    this.#near.fill(FAR);
    this.#reach = width / 2 + 0.5;
    this.#top = this.side;
    this.#bottom = 0;
  }

  /** Adds the segment from (x0, y0) to (x1, y1), in pixels, to the stroke; pixel (i, j) has its centre at (i + ½, j + ½). */
  segment(x0: number, y0: number, x1: number, y1: number): void {
    const { side } = this;
    const near = this.#near;
    const reach = this.#reach;
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
    const right = Math.min(side, Math.ceil(Math.max(x0, x1) + reach));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
    const bottom = Math.min(side, Math.ceil(Math.max(y0, y1) + reach));
    const dx = x1 - x0;
    const dy = y1 - y0;
    const scale = dx === 0 && dy === 0 ? 0 : 1 / (dx * dx + dy * dy);
    for (let j = top; j < bottom; j++) {
      const py = j + 0.5 - y0;
      for (let i = left; i < right; i++) {
        const px = i + 0.5 - x0;
        const along = (px * dx + py * dy) * scale;
        const t = along < 0 ? 0 : along > 1 ? 1 : along;
        const ex = px - t * dx;
        const ey = py - t * dy;
        const d = ex * ex + ey * ey;
        if (d < near[j * side + i]!) near[j * side + i] = d;
      }
    }
    this.#top = Math.min(this.#top, top);
    this.#bottom = Math.max(this.#bottom, bottom);
  }

  /** Paints the stroke. */
  paint(colour: Colour): void {
    const { side, pixels } = this;
    const plane = side * side;
    const reach = this.#reach;
    const [r, g, b] = colour;
    for (let p = this.#top * side; p < this.#bottom * side; p++) {
      const d = this.#near[p]!;
      if (d >= reach * reach) continue;
      const cover = Math.min(1, reach - Math.sqrt(d));
      pixels[p]! += cover * (r - pixels[p]!);
      pixels[p + plane]! += cover * (g - pixels[p + plane]!);
      pixels[p + 2 * plane]! += cover * (b - pixels[p + 2 * plane]!);
    }
  }

  /** Every pixel becomes `colour`, plus `across` times its way from left to right and `down` times that from top to bottom, −½ … ½. */
  fill(colour: Colour, across: number, down: number): void {
    const { side, pixels } = this;
    for (let j = 0, at = 0; j < side; j++) {
      const below = down * ((j + 0.5) / side - 0.5);
      for (let i = 0; i < side; i++, at++) {
        const light = below + across * ((i + 0.5) / side - 0.5);
        for (let c = 0; c < 3; c++) pixels[c * side * side + at] = colour[c as 0 | 1 | 2] + light;
      }
    }
  }
}
