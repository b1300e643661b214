// ResNet-20 of He et al. 2015 in TensorFlow.js, as its users would write it for speed: batch norm folded into the
// convolutions once, NHWC, bias and ReLU fused. In: weights by their published names; out: image → logits.
import { importPeer } from "./peers.ts";

/** The few functions of tfjs-core that are used here. */
interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(f: () => T): T;
  keep(t: Tensor): Tensor;
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  relu(a: Tensor): Tensor;
  mean(a: Tensor, axes: readonly number[]): Tensor;
  matMul(a: Tensor, b: Tensor, ta: boolean, tb: boolean): Tensor;
  transpose(a: Tensor, perm: readonly number[]): Tensor;
  stridedSlice(a: Tensor, begin: readonly number[], end: readonly number[], strides: readonly number[]): Tensor;
  pad(a: Tensor, paddings: readonly (readonly [number, number])[]): Tensor;
  fused: { conv2d(options: { x: Tensor; filter: Tensor; strides: number; pad: number; bias: Tensor; activation: string }): Tensor };
}
interface Tensor {
  readonly shape: readonly number[];
  dataSync(): Float32Array;
}

export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** `weights` as in the published file; `image` is k × 3 × 32 × 32. */
export async function tfjsResNet20(weights: ReadonlyMap<string, Weight>): Promise<(image: Float32Array) => Float32Array> {
  const tf = (await importPeer("@tensorflow/tfjs-core")) as Tf;
  await importPeer("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  await tf.ready();

  const layers = new Map<string, { filter: Tensor; bias: Tensor }>();
  for (const [name] of weights) if (/conv\d\.weight$/.test(name)) layers.set(name.slice(0, -".weight".length), folded(tf, weights, name));
  const linear = tf.tensor(weights.get("linear.weight")!.data, weights.get("linear.weight")!.shape);
  const linearBias = tf.tensor(weights.get("linear.bias")!.data, weights.get("linear.bias")!.shape);

  const conv = (x: Tensor, name: string, strides: number, activation: string): Tensor =>
    tf.fused.conv2d({ x, ...layers.get(name)!, strides, pad: 1, activation });
  const block = (x: Tensor, name: string, stride: number): Tensor => {
    const y = conv(conv(x, `${name}.conv1`, stride, "relu"), `${name}.conv2`, 1, "linear");
    if (stride === 1) return tf.relu(tf.add(y, x));
    const [n = 1, h = 1, w = 1, c = 1] = x.shape;
    const subsampled = tf.stridedSlice(x, [0, 0, 0, 0], [n, h, w, c], [1, stride, stride, 1]);
    return tf.relu(tf.add(y, tf.pad(subsampled, [[0, 0], [0, 0], [0, 0], [c / 2, c / 2]])));
  };
  return (image) =>
    tf.tidy(() => {
      let x = tf.transpose(tf.tensor(image, [image.length / 3072, 3, 32, 32]), [0, 2, 3, 1]);
      x = conv(x, "conv1", 1, "relu");
      for (let stage = 1; stage <= 3; stage++) for (let j = 0; j < 3; j++) x = block(x, `layer${stage}.${j}`, stage > 1 && j === 0 ? 2 : 1);
      return tf.add(tf.matMul(tf.mean(x, [1, 2]), linear, false, true), linearBias).dataSync();
    });
}

/** conv(x, w)·s + t = conv(x, w·s) + t with s = γ/√(σ² + ε), t = β − μ·s; and OIHW → HWIO. */
function folded(tf: Tf, weights: ReadonlyMap<string, Weight>, name: string): { filter: Tensor; bias: Tensor } {
  const w = weights.get(name)!;
  const norm = name.slice(0, -".weight".length).replace(/conv(\d)$/, "bn$1");
  const of = (part: string): Float32Array => weights.get(`${norm}.${part}`)!.data;
  const [o = 0, i = 0, kh = 0, kw = 0] = w.shape;
  const filter = new Float32Array(w.data.length);
  const bias = new Float32Array(o);
  for (let a = 0; a < o; a++) {
    const s = of("weight")[a]! / Math.sqrt(of("running_var")[a]! + 1e-5);
    bias[a] = of("bias")[a]! - of("running_mean")[a]! * s;
    for (let b = 0; b < i; b++)
      for (let k = 0; k < kh * kw; k++) filter[(k * i + b) * o + a] = w.data[(a * i + b) * kh * kw + k]! * s;
  }
  return { filter: tf.keep(tf.tensor(filter, [kh, kw, i, o])), bias: tf.keep(tf.tensor(bias, [o])) };
}
