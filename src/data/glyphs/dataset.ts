// `glyphs` as labelled samples: nothing is stored, an image is drawn whenever it is asked for.
import type { DataSet, Split } from "../dataset.ts";
import { counts, figureOf, glyphDrawer, SIDE, SIZE } from "./glyphs.ts";
import type { LevelName } from "./levels.ts";

/** With these the values of both levels have mean 0 and standard deviation about 1. */
const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.22, 0.22, 0.22] };

export function glyphs(level: LevelName, split: Split, seed = 0, count: number = counts[split]): DataSet {
  const draw = glyphDrawer(level, split, seed);
  const image = new Uint8Array(SIZE);
  return {
    name: `glyphs:${level}`, count, shape: [3, SIDE, SIDE], scale: 1 / 255, normalisation,
    labels: Int32Array.from({ length: count }, (_, i) => figureOf(i)),
    values: (sample) => {
      draw(sample, image);
      return image;
    },
    place: (sample) => `glyphs:${level}, ${split} image ${sample}`,
  };
}
