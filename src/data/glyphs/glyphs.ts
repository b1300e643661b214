// `glyphs`: ten classes of 3 × 32 × 32 pictures, drawn on the spot. Image i of a split is a function of (seed, level, split, i), the same
// bytes on every engine; its class is i mod 10, so that any run of tens is balanced.
import type { Split } from "../dataset.ts";
import { hash, purposes, Random, streamOf } from "../random.ts";
import { Canvas, type Colour } from "./canvas.ts";
import { figures } from "./figures.ts";
import { levels, type Level, type LevelName } from "./levels.ts";
import { Pen, placeFigure, type Placement } from "./pen.ts";

export const SIDE = 32;
const PLANE = SIDE * SIDE;
/** Bytes of an image: red, green, blue, each row by row. */
export const SIZE = 3 * PLANE;

/** The default number of images; the test images are never among the training images. */
export const counts = { train: 50_000, test: 10_000 } as const satisfies Record<Split, number>;

const CLEAR = 5; // pixels around the figure's point (1, 0) that stay free of what lies over it

const levelNames = Object.keys(levels);

/** Draws image `index` (below 2³¹) into `out`, `SIZE` bytes. */
export type DrawGlyph = (index: number, out: Uint8Array) => void;

/** The function that draws a split's images; its images may be asked for in any order. */
export function glyphDrawer(name: LevelName, split: Split, seed = 0): DrawGlyph {
  const level: Level = levels[name];
  const canvas = new Canvas(SIDE);
  const odd = split === "test" ? 1 : 0;
  return (index, out) => {
    // The last word tells both split and index, so that no two images have one stream.
    const stream = streamOf(purposes.glyph, seed, levelNames.indexOf(name), 2 * index + odd);
    compose(canvas, level, figureOf(index), new Random(stream));
    develop(canvas.pixels, level.noise, ~stream, out);
  };
}

/** The class of an image. */
export function figureOf(index: number): number {
  return index % figures.length;
}

function compose(canvas: Canvas, level: Level, figure: number, random: Random): void {
  const paper = paperColour(random);
  const ink = inkColour(paper, random.between(...level.contrast), random);
  canvas.fill(paper, level.gradient * random.between(-1, 1), level.gradient * random.between(-1, 1));
  const place = placeFigure(random, level, SIDE);
  const pen = new Pen(canvas, place);
  pen.move(1, 0);
  const clear = { x: pen.column, y: pen.row };
  strokes(canvas, level, level.under, paper, ink, null, random);
  canvas.begin(random.between(...level.width));
  figures[figure]!.draw(pen, random);
  canvas.paint(ink);
  strokes(canvas, level, level.over, paper, ink, clear, random);
}

/** Somewhere between dark and light, slightly tinted. */
function paperColour(random: Random): Colour {
  const light = random.between(0.2, 0.8);
  const tint = (): number => light + random.between(-0.15, 0.15);
  return [tint(), tint(), tint()];
}

/** Darker than light paper, lighter than dark paper, by about `contrast`. */
function inkColour(paper: Colour, contrast: number, random: Random): Colour {
  const sign = paper[0] + paper[1] + paper[2] > 1.5 ? -1 : 1;
  const away = (c: number): number => c + sign * contrast * random.between(0.7, 1.3);
  return [away(paper[0]), away(paper[1]), away(paper[2])];
}

/** As far from the paper as the ink, in at least one channel on its other side. */
function strayColour(paper: Colour, ink: Colour, random: Random): Colour {
  const flipped = 1 + random.below(7);
  const channel = (i: 0 | 1 | 2): number => paper[i] + (flipped & (1 << i) ? -1 : 1) * (ink[i] - paper[i]) * random.between(0.7, 1.1);
  return [channel(0), channel(1), channel(2)];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Clutter: short lines, arcs and hooks in other colours; none reaches the point `clear`. */
function strokes(canvas: Canvas, level: Level, many: readonly [number, number], paper: Colour, ink: Colour, clear: Point | null, random: Random): void {
  const n = many[0] + random.below(many[1] - many[0] + 1);
  for (let i = 0; i < n; i++) {
    const place = placeStray(random, level);
    const colour = strayColour(paper, ink, random);
    const kind = random.below(3);
    canvas.begin(random.between(...level.width));
    if (clear && near(place, clear)) continue;
    stray(new Pen(canvas, place), kind);
    canvas.paint(colour);
  }
}

function placeStray(random: Random, level: Level): Placement {
  return { x: random.between(0, SIDE), y: random.between(0, SIDE), radius: random.between(...level.clutter), angle: random.unit(), stretch: 1, warp: 0, phase: [0, 0] };
}

function near(place: Placement, p: Point): boolean {
  const reach = place.radius + CLEAR;
  const dx = place.x - p.x;
  const dy = place.y - p.y;
  return dx * dx + dy * dy < reach * reach;
}

function stray(pen: Pen, kind: number): void {
  if (kind === 0) pen.line(-1, 0, 1, 0);
  else if (kind === 1) pen.arc(0, 0, 1, 1, 0, 0.5);
  else {
    pen.line(-1, 0, 0, 0.8);
    pen.line(0, 0.8, 0.9, -0.3);
  }
}

/** Adds noise and makes bytes. The noise is the sum of a hash's four bytes, centred: nearly normal. */
function develop(pixels: Float64Array, noise: number, stream: number, out: Uint8Array): void {
  const scale = (255 * noise) / 147.8; // √(4 · (256² − 1) / 12), the sum's standard deviation
  for (let i = 0; i < SIZE; i++) {
    const h = hash(counters[i]! ^ stream);
    const sum = (h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24) - 510;
    const v = pixels[i]! * 255 + sum * scale + 0.5;
    out[i] = v < 0 ? 0 : v > 255 ? 255 : v;
  }
}

/** hash(i), once for all images. */
const counters = Int32Array.from({ length: SIZE }, (_, i) => hash(i));
