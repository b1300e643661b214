// How hard `glyphs` is: the ranges from which a picture's circumstances are drawn. Pixels, where nothing else is said.

type Range = readonly [low: number, high: number];

export interface Level {
  readonly doc: string;
  readonly radius: Range;
  /** Of the strokes. */
  readonly width: Range;
  /** Largest angle either way, in turns. */
  readonly turn: number;
  /** Largest ratio of width to height. */
  readonly stretch: number;
  /** How far waves bend the figure, in radii. */
  readonly warp: number;
  /** Between figure and background in each channel, 0 … 1. */
  readonly contrast: Range;
  /** From one side of the background to the other. */
  readonly gradient: number;
  /** Standard deviation of the noise in each value, 0 … 1. */
  readonly noise: number;
  /** How many strokes lie under the figure, and over it. */
  readonly under: Range;
  readonly over: Range;
  /** Of those strokes, half their length. */
  readonly clutter: Range;
}

export const levels = {
  easy: {
    doc: "large, clear, hardly turned", radius: [10, 13.5], width: [2, 3.2], turn: 0.05, stretch: 1.15, warp: 0,
    contrast: [0.3, 0.6], gradient: 0.1, noise: 0.04, under: [0, 2], over: [0, 0], clutter: [0, 2.5],
  },
  hard: {
    doc: "thin, bent, faint, among and behind other strokes", radius: [8.5, 13], width: [1.3, 2.3], turn: 0.5, stretch: 1.35, warp: 0.12,
    contrast: [0.22, 0.5], gradient: 0.25, noise: 0.05, under: [2, 6], over: [1, 2], clutter: [2, 5.5],
  },
} as const satisfies Record<string, Level>;

export type LevelName = keyof typeof levels;
