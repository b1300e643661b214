// The CIFAR-10 test images as the published networks take them: (pixel / 255 − mean) / std, channel by channel.
import { readData } from "./data.ts";

const mean = [0.485, 0.456, 0.406];
const std = [0.229, 0.224, 0.225];
const pixels = 3 * 32 * 32;

export interface Images {
  readonly labels: readonly number[];
  /** count × 3 × 32 × 32 */
  readonly data: Float32Array;
}

export function testImages(count: number): Images {
  const file = readData("cifar-10", "test_batch.bin");
  const data = new Float32Array(count * pixels);
  const labels: number[] = [];
  for (let i = 0; i < count; i++) {
    const record = i * (1 + pixels);
    labels.push(file[record]!);
    for (let k = 0; k < pixels; k++) data[i * pixels + k] = (file[record + 1 + k]! / 255 - mean[k >> 10]!) / std[k >> 10]!;
  }
  return { labels, data };
}

/** The largest logit of each image; `run` gives them, 10 each. */
export function predictions(images: Images, batch: number, run: (image: Float32Array) => Float32Array): number[] {
  const predicted: number[] = [];
  for (let i = 0; i < images.labels.length; i += batch) {
    const k = Math.min(batch, images.labels.length - i);
    const logits = run(images.data.subarray(i * pixels, (i + k) * pixels));
    for (let j = 0; j < k; j++) {
      const row = logits.subarray(j * 10, (j + 1) * 10);
      predicted.push(row.indexOf(Math.max(...row)));
    }
  }
  return predicted;
}

/** How many of the images the network gets wrong. */
export function wrong(images: Images, batch: number, run: (image: Float32Array) => Float32Array): number {
  return predictions(images, batch, run).filter((p, i) => p !== images.labels[i]).length;
}
