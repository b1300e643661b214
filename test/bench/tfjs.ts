// A network in TensorFlow.js as its users would write it for speed: NHWC, bias and ReLU fused into convolutions. Runs in a child
// process or on a page. In: what is in the files of `tfjs-model.ts`; out: a function of the image, its intermediate tensors freed after each run.
import type { Four, Operation, Step } from "./program.ts";
import type { TfjsModel } from "./tfjs-model.ts";

export interface Tensor {
  dataSync(): Float32Array;
  data(): Promise<Float32Array>;
  dispose(): void;
}
type Numbers = readonly number[];

/** The few functions of tfjs-core that are used here. */
export interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(f: () => T): T;
  tensor(values: Float32Array, shape: Numbers): Tensor;
  readonly fused: { conv2d(options: object): Tensor };
  conv2dTranspose(x: Tensor, filter: Tensor, shape: Numbers, strides: Numbers, pad: Padding): Tensor;
  matMul(a: Tensor, b: Tensor, ta: boolean, tb: boolean): Tensor;
  maxPool(x: Tensor, size: Numbers, strides: Numbers, pad: Padding): Tensor;
  avgPool(x: Tensor, size: Numbers, strides: Numbers, pad: Padding): Tensor;
  concat(all: readonly Tensor[], axis: number): Tensor;
  pad(x: Tensor, paddings: readonly Numbers[], value: number): Tensor;
  stridedSlice(x: Tensor, begin: Numbers, end: Numbers, strides: Numbers): Tensor;
  transpose(x: Tensor, perm: Numbers): Tensor;
  reshape(x: Tensor, shape: Numbers): Tensor;
  sum(x: Tensor, axes: Numbers, keep: boolean): Tensor;
  mean(x: Tensor, axes: Numbers, keep: boolean): Tensor;
  max(x: Tensor, axes: Numbers, keep: boolean): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
}
type Padding = "valid" | readonly (readonly [number, number])[];
type Elementwise = Record<string, (...operands: readonly Tensor[]) => Tensor>;

export function tfjsRun(tf: Tf, model: TfjsModel, numbers: Float32Array, image: Float32Array): () => Tensor {
  const values = constantsOf(tf, model, numbers);
  const steps = model.steps.map((step) => ({ step, apply: applied(tf, step) }));
  return () =>
    tf.tidy(() => {
      values[model.input.id] = tf.tensor(image, model.input.shape);
      for (const { step, apply } of steps) values[step.output] = apply(step.inputs.map((i) => values[i]!));
      return values[model.output]!;
    });
}

function constantsOf(tf: Tf, { constants }: TfjsModel, numbers: Float32Array): Tensor[] {
  const values: Tensor[] = [];
  let at = 0;
  for (const { id, shape } of constants) {
    const length = shape.reduce((a, b) => a * b, 1);
    values[id] = tf.tensor(numbers.slice(at, at + length), shape);
    at += length;
  }
  return values;
}

function applied(tf: Tf, { does, shape }: Step): (operands: readonly Tensor[]) => Tensor {
  switch (does.kind) {
    case "conv": return convolution(tf, does);
    case "convTranspose": return ([x, w, bias]) => biased(tf, tf.conv2dTranspose(x!, w!, shape, does.stride, padding(does.pad)), bias);
    case "matmul": return ([a, b, bias]) => biased(tf, tf.matMul(a!, b!, does.transposeA, does.transposeB), bias);
    case "maxpool": return ([x]) => tf.maxPool(x!, does.size, does.stride, padding(does.pad));
    case "avgpool": return ([x]) => tf.avgPool(x!, does.size, does.stride, padding(does.pad));
    case "sum": case "mean": case "max": return ([x]) => tf[does.kind](x!, does.axes, does.keep);
    case "concat": return (all) => tf.concat(all, does.axis);
    case "pad": return ([x]) => tf.pad(x!, does.low.map((l, k) => [l, does.high[k]!]), does.value);
    case "slice": return ([x]) => tf.stridedSlice(x!, does.start, does.stop, does.step);
    case "transpose": return ([x]) => tf.transpose(x!, does.perm);
    case "reshape": return ([x]) => tf.reshape(x!, shape);
    case "elementwise": return (operands) => (tf as unknown as Elementwise)[names[does.name] ?? does.name]!(...operands);
  }
}

const names: Readonly<Record<string, string>> = { max: "maximum", min: "minimum" };

function convolution(tf: Tf, { stride, pad, dilation, groups, relu }: Extract<Operation, { groups: number }>): (operands: readonly Tensor[]) => Tensor {
  if (groups !== 1) throw new Error("the bench writes no grouped convolutions for tfjs");
  const options = { strides: stride, pad: padding(pad), dataFormat: "NHWC", dilations: dilation, activation: relu ? "relu" : "linear" };
  return ([x, filter, bias]) => tf.fused.conv2d({ x, filter, ...options, ...(bias ? { bias } : {}) });
}

function biased(tf: Tf, y: Tensor, bias: Tensor | undefined): Tensor {
  return bias ? tf.add(y, bias) : y;
}

function padding([top, left, bottom, right]: Four): Padding {
  return top + left + bottom + right === 0 ? "valid" : [[0, 0], [top, bottom], [left, right], [0, 0]];
}
