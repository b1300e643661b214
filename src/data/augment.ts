// Augmentation of a batch in place, after normalisation. What happens to an image follows from (seed, step, position in the batch).
import { purposes, Random, streamOf } from "./random.ts";

export type Augmentation = { readonly kind: "shift"; readonly n: number } | { readonly kind: "hflip" };

/** [channels, rows, columns] of an image. */
export type ImageShape = readonly [channels: number, rows: number, columns: number];

/**
 * Changes the images of a batch, count × shape values, in the order of `augmentations`: `shift` moves each by a whole number of pixels
 * from −n to n down and across; `hflip` mirrors each with even odds.
 */
export function augment(images: Float32Array, shape: ImageShape, augmentations: readonly Augmentation[], seed: number, step: number): void {
  if (augmentations.length === 0) return;
  const size = shape[0] * shape[1] * shape[2];
  for (let k = 0; k * size < images.length; k++) {
    const random = new Random(streamOf(purposes.augmentation, seed, step, k));
    const image = images.subarray(k * size, (k + 1) * size);
    for (const a of augmentations) apply(a, image, shape, random);
  }
}

function apply(a: Augmentation, image: Float32Array, shape: ImageShape, random: Random): void {
  if (a.kind === "hflip") {
    if (random.below(2) === 1) mirror(image, shape);
    return;
  }
  const down = random.below(2 * a.n + 1) - a.n;
  const right = random.below(2 * a.n + 1) - a.n;
  shift(image, shape, down, right);
}

/** Moves an image; zeros come in. */
export function shift(image: Float32Array, [channels, rows, columns]: ImageShape, down: number, right: number): void {
  const keep = Math.max(0, columns - (right < 0 ? -right : right));
  for (let c = 0; c < channels; c++) {
    const plane = image.subarray(c * rows * columns, (c + 1) * rows * columns);
    for (let i = 0; i < rows; i++) {
      // Downwards from the last row on, upwards from the first: a row is read before it is written.
      const to = down > 0 ? rows - 1 - i : i;
      const from = to - down;
      const start = to * columns;
      if (from < 0 || from >= rows || keep === 0) {
        plane.fill(0, start, start + columns);
        continue;
      }
      const first = from * columns + Math.max(0, -right);
      plane.copyWithin(start + Math.max(0, right), first, first + keep);
      if (right > 0) plane.fill(0, start, start + right);
      else plane.fill(0, start + keep, start + columns);
    }
  }
}

/** Swaps left and right. */
export function mirror(image: Float32Array, [channels, rows, columns]: ImageShape): void {
  for (let r = 0; r < channels * rows; r++) image.subarray(r * columns, (r + 1) * columns).reverse();
}
