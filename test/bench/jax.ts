// A network in jax-js, compiled by its `jit`, channels second as its convolutions want them. Runs on a page. In: a program and its constants;
// out: a function of the image. Every function of jax-js takes over its operands: `ref` is one more use.
import type { Operation, Step } from "./program.ts";
import type { TfjsModel } from "./tfjs-model.ts";

type Numbers = readonly number[];
type Pairs = readonly (readonly [number, number])[];

export interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: Numbers;
  add(other: JaxArray): JaxArray;
  reshape(shape: Numbers): JaxArray;
  transpose(perm?: Numbers): JaxArray;
  slice(...ranges: readonly (readonly [number, number] | readonly [])[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The few functions of jax-js that are used here. */
export interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): string;
  jit(f: (image: JaxArray, constants: readonly JaxArray[]) => JaxArray): (image: JaxArray, constants: readonly JaxArray[]) => JaxArray;
  readonly lax: {
    convGeneralDilated(x: JaxArray, w: JaxArray, strides: Numbers, padding: Pairs, options: { rhsDilation: Numbers; featureGroupCount: number }): JaxArray;
    reduceWindow(x: JaxArray, f: (window: JaxArray) => JaxArray, size: Numbers, strides: Numbers): JaxArray;
  };
  readonly nn: { relu(x: JaxArray): JaxArray };
  readonly numpy: {
    array(data: Float32Array): JaxArray;
    add(a: JaxArray, b: JaxArray): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    max(x: JaxArray): JaxArray;
    mean(x: JaxArray, axes: Numbers, options: { keepdims: boolean }): JaxArray;
    pad(x: JaxArray, widths: Pairs, options?: { mode: "constant"; constantValues: number }): JaxArray;
  };
}

export function jaxRun(jax: Jax, model: TfjsModel, numbers: Float32Array, image: Float32Array): () => JaxArray {
  const constants = constantsOf(jax, model, numbers);
  const uses = new Map<number, number>();
  for (const s of model.steps) for (const i of s.inputs) uses.set(i, (uses.get(i) ?? 0) + 1);
  const net = jax.jit((x, given) => {
    const values = new Map<number, JaxArray>([[model.input.id, x], ...model.constants.map(({ id }, k) => [id, given[k]!] as const)]);
    const left = new Map(uses);
    const use = (i: number): JaxArray => {
      left.set(i, left.get(i)! - 1);
      return left.get(i)! > 0 ? values.get(i)!.ref : values.get(i)!;
    };
    for (const step of model.steps) values.set(step.output, applied(jax, step, step.inputs.map(use)));
    return values.get(model.output)!;
  });
  const x = jax.numpy.array(image).reshape(model.input.shape);
  return () => net(x.ref, constants.map((c) => c.ref));
}

function constantsOf({ numpy }: Jax, { constants }: TfjsModel, numbers: Float32Array): readonly JaxArray[] {
  let at = 0;
  return constants.map(({ shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return numpy.array(numbers.slice(at, (at += length))).reshape(shape);
  });
}

function applied(jax: Jax, { does, shape }: Step, [x, w, bias]: readonly JaxArray[]): JaxArray {
  const { lax, nn, numpy } = jax;
  switch (does.kind) {
    case "conv": return biased(lax.convGeneralDilated(x!, w!, does.stride, sides(does.pad), { rhsDilation: does.dilation, featureGroupCount: does.groups }), bias?.reshape([1, -1, 1, 1]));
    case "matmul": return biased(numpy.matmul(does.transposeA ? x!.transpose() : x!, does.transposeB ? w!.transpose() : w!), bias);
    case "maxpool": return lax.reduceWindow(numpy.pad(x!, [[0, 0], [0, 0], ...sides(does.pad)], { mode: "constant", constantValues: -3e38 }), numpy.max, [1, 1, ...does.size], [1, 1, ...does.stride]);
    case "mean": return numpy.mean(x!, does.axes, { keepdims: does.keep });
    case "pad": return numpy.pad(x!, does.low.map((low, k) => [low, does.high[k]!] as const), { mode: "constant", constantValues: does.value });
    case "slice": return does.step.reduce((y, step, axis) => strided(jax, y, axis, does.start[axis]!, does.stop[axis]!, step), x!);
    case "reshape": return x!.reshape(shape);
    case "elementwise":
      if (does.name === "relu") return nn.relu(x!);
      if (does.name === "add") return numpy.add(x!, w!);
  }
  throw new Error(`the bench writes no ${describe(does)} for jax-js`);
}

function describe(does: Operation): string {
  return does.kind === "elementwise" ? does.name : does.kind;
}

function biased(y: JaxArray, bias: JaxArray | undefined): JaxArray {
  return bias ? y.add(bias) : y;
}

function sides([top, left, bottom, right]: readonly [number, number, number, number]): Pairs {
  return [[top, bottom], [left, right]];
}

/** Every `step`th along the axis: jax-js slices without steps, so they become an axis of their own. */
function strided({ numpy }: Jax, x: JaxArray, axis: number, start: number, stop: number, step: number): JaxArray {
  const { shape } = x;
  const end = Math.min(stop, shape[axis]!);
  const count = Math.ceil((end - start) / step);
  if (start === 0 && end === shape[axis] && step === 1) return x;
  const all = shape.map(() => [] as const);
  const taken = x.slice(...all.with(axis, [start, end] as never));
  if (step === 1) return taken;
  const whole = numpy.pad(taken, shape.map((_, k) => (k === axis ? [0, count * step - (end - start)] : [0, 0])));
  const apart = whole.reshape([...shape.slice(0, axis), count, step, ...shape.slice(axis + 1)]);
  return apart.slice(...[...all, [] as const].with(axis + 1, [0, 1] as never)).reshape(shape.with(axis, count));
}
