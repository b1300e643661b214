// What the shapes of images and sliding windows must satisfy, in the words of whoever asks (`name` is the op or layer).
import { problem, type Problem } from "../../ir/problem.ts";
import { N, printShape, type Dim, type TensorType } from "../../ir/type.ts";

export type Size = readonly [number, number];
export type Padding = readonly [number, number, number, number];

/** [batch, channels, height, width]; only the batch may be symbolic. */
export type Image = readonly [Dim, number, number, number];

/** The shape as an image, or "conv needs [C, H, W], found [10]". */
export function image(name: string, type: TensorType): Image | Problem {
  const { shape } = type;
  if (shape.length !== 4 || shape.slice(1).includes(N)) return problem(`${name} needs [C, H, W], found ${printShape(shape)}`);
  return shape as unknown as Image;
}

/** ⌊(in + before + after − dilation·(k − 1) − 1) / stride⌋ + 1 for both axes, or a problem where the kernel does not fit. */
export function windows(name: string, [h, w]: Size, kernel: Size, stride: Size, dilation: Size, [top, left, bottom, right]: Padding): Size | Problem {
  const padded: Size = [h + top + bottom, w + left + right];
  const reach: Size = [dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1];
  if (reach[0] > padded[0] || reach[1] > padded[1]) {
    return problem(`${name}'s window [${reach.join(", ")}] is larger than its padded input [${padded.join(", ")}]`);
  }
  return [Math.floor((padded[0] - reach[0]) / stride[0]) + 1, Math.floor((padded[1] - reach[1]) / stride[1]) + 1];
}

/** The padding that keeps the size of odd windows at stride 1: dilation · ⌊(k − 1) / 2⌋ on each side. */
export function samePadding(kernel: Size, dilation: Size = [1, 1]): Padding {
  const [y, x] = [dilation[0] * Math.floor((kernel[0] - 1) / 2), dilation[1] * Math.floor((kernel[1] - 1) / 2)];
  return [y, x, y, x];
}
