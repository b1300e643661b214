// The WebAssembly kernels that multiply, each by itself against the f64 reference: convolutions of every algorithm, transposed ones,
// matrix products; plain and relaxed SIMD, any number of threads. Lengths and alignments one by one: wasm-tails.test.ts.
import { describe, expect, test } from "vitest";
import { kernelOf } from "../../src/codegen/wasm/kernels/index.ts";
import type { AttrSchema, Attrs } from "../../src/ir/attr.ts";
import type { Core, Node } from "../../src/ir/op.ts";
import { add, arg, erf, max, mul, num, select, sub, tanh, type Scalar } from "../../src/ir/scalar.ts";
import { bind, N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { singles } from "../harness/bounds-scalar.ts";
import { boundOf, compare, F32, stored, tileOf } from "../harness/bounds.ts";
import { random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { nodeOf } from "./kernels.ts";
import { compileWasm, type AnyKernel } from "./wasm.ts";

const next = random(47);
const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
const pick = <T>(...options: readonly T[]): T => options[int(0, options.length - 1)]!;
const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const channels = (): number => pick(1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 33);
const seen = new Map<string, number>();

/** RMS errors in units of √n roundings of the result, by algorithm: the bound watches each element, this the mean. */
const rms = new Map<string, { sum: number; tensors: number }>();

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((v, i) => Object.is(v, b[i]));
}

/** What is wrong with the node's kernel, in words; null where nothing is. */
function miss(node: Node, batch: number, strictMath = next() < 0.2): string | null {
  const operands = node.inputs.map((x) => Float64Array.from({ length: elementCount(bind(x.type.shape, batch)) }, () => (next() < 0.05 ? 0 : Math.fround(next() * 4 - 2))));
  const guard = int(1, 4);
  const compiled = compileWasm(node, { guard, strictMath, kernel: kernelOf(node) as unknown as AnyKernel });
  const { label, algorithm, inPlace } = compiled.selection;
  seen.set(algorithm ?? node.op.name, (seen.get(algorithm ?? node.op.name) ?? 0) + 1);
  const tile = tileOf(label);
  const expected = boundOf(node, operands.map((data, i) => stored({ shape: bind(node.inputs[i]!.type.shape, batch), data })), batch, { arithmetic: singles, tile });
  const name = `${label}: ${node.inputs.map((x) => `[${x.type.shape.join(", ")}]`).join(" ")} ${JSON.stringify({ ...node.attrs, epilogue: undefined })}, batch ${batch}, guard ${guard}`;
  const plain = compiled.run(operands, batch);
  for (const relaxed of [false, true]) {
    const got = relaxed ? compiled.run(operands, batch, { relaxed }) : plain;
    const { violation, squares } = compare(got, expected, F32);
    if (violation) return `${name}: ${violation.actual} instead of ${violation.expected} ± ${violation.allowed} at ${violation.index}`;
    if (got.length >= 32 && squares.scale > 0 && node.attrs["epilogue"] === null) {
      const terms = node.inputs[1]!.type.shape.filter((d) => d !== N).reduce<number>((p, d) => p * Number(d), 1) / Number(node.type.shape.at(-1));
      const key = algorithm ?? node.op.name;
      const sofar = rms.get(key) ?? { sum: 0, tensors: 0 };
      rms.set(key, { sum: sofar.sum + Math.sqrt(squares.error / squares.scale / Math.max(1, terms)), tensors: sofar.tensors + 1 });
    }
  }
  if (!same(compiled.run(operands, batch, { parts: int(2, 4) }), plain)) return `${name}: in parts`;
  for (const k of inPlace) if (!same(compiled.run(operands, batch, { inPlace: k, parts: int(1, 2) }), plain)) return `${name}: over operand ${k}`;
  return null;
}

function withExtras<S extends AttrSchema>(op: Core<S>, shapes: readonly (readonly Dim[])[], attrs: Partial<Attrs<S>>): Node {
  const { shape } = nodeOf(op, shapes, attrs).type;
  const relu = (s: Scalar): Scalar => max(s, num(0));
  const broadcast = (): readonly Dim[] => shape.map((d) => (next() < 0.4 ? 1 : d));
  const { extras, epilogue } = pick<{ readonly extras: readonly (readonly Dim[])[]; readonly epilogue: Scalar | null }>(
    { extras: [], epilogue: null },
    { extras: [shape.slice(-1)], epilogue: relu(add(arg(0), arg(1))) },
    { extras: [shape.slice(-1), shape], epilogue: relu(add(add(arg(0), arg(1)), arg(2))) },
    { extras: [broadcast(), []], epilogue: select("<", arg(0), arg(1), mul(arg(0), arg(2)), sub(arg(1), arg(0))) },
    { extras: [shape], epilogue: mul(mul(mul(arg(0), num(0.5)), add(erf(mul(arg(0), num(Math.SQRT1_2))), num(1))), tanh(arg(1))) },
  );
  return nodeOf(op, [...shapes, ...extras], { ...attrs, epilogue } as never, [1]);
}

function convolution(): Node {
  const depthwise = next() < 0.15;
  const g = depthwise ? channels() : next() < 0.25 ? pick(2, 3) : 1;
  const [i, o] = depthwise ? [1, pick(1, 1, 2)] : [channels(), channels()];
  const common = next() < 0.5;
  const kernel = common ? ([3, 3] as const) : ([int(1, 7), int(1, 7)] as const);
  const stride = common && next() < 0.8 ? ([1, 1] as const) : ([int(1, 4), int(1, 4)] as const);
  const dilation = next() < 0.8 ? ([1, 1] as const) : ([int(1, 4), int(1, 4)] as const);
  const pad = common && next() < 0.5 ? ([1, 1, 1, 1] as const) : ([int(0, kernel[0]), int(0, kernel[1]), int(0, kernel[0]), int(0, kernel[1])] as const);
  const least = [0, 1].map((k) => Math.max(1, dilation[k]! * (kernel[k]! - 1) + 1 - pad[k]! - pad[k + 2]!));
  const size = [least[0]! + pick(0, 1, 2, 5, 7, 13), least[1]! + pick(0, 1, 3, 6, 8, 17)];
  return withExtras(ops.conv2d, [[N, ...size, i * g] as Dim[], [o * g, i, ...kernel]], { stride, dilation, pad, groups: g, channelsLast: true });
}

/** Where Winograd pays: many channels, stride 1. */
function winograd(): Node {
  const [i, o] = [4 * int(4, 12), 4 * int(4, 12)];
  const pad = pick([1, 1, 1, 1], [0, 0, 0, 0], [2, 1, 0, 2]) as readonly [number, number, number, number];
  return withExtras(ops.conv2d, [[N, int(5, 18), int(5, 18), i], [o, i, 3, 3]], { pad, channelsLast: true });
}

/** The gradient of such a convolution: the same with the weights turned round. */
function turned(): Node {
  const [i, o] = [4 * int(4, 12), 4 * int(4, 12)];
  const pad = pick([1, 1, 1, 1], [0, 0, 0, 0], [2, 1, 0, 2]) as readonly [number, number, number, number];
  return withExtras(ops.conv2dTranspose, [[N, int(5, 18), int(5, 18), i], [i, o, 3, 3]], { pad, channelsLast: true });
}

function transposed(): Node {
  const g = pick(1, 1, 2, 3);
  const kernel = [int(1, 4), int(1, 4)] as const;
  const stride = [int(1, 3), int(1, 3)] as const;
  const dilation = [pick(1, 1, 2), pick(1, 1, 3)] as const;
  const size = [int(2, 7), int(2, 7)];
  const room = [0, 1].map((k) => ((size[k]! - 1) * stride[k]! + dilation[k]! * (kernel[k]! - 1)) >> 1);
  const pad = [int(0, Math.min(room[0]!, 2)), int(0, Math.min(room[1]!, 2)), int(0, Math.min(room[0]!, 2)), int(0, Math.min(room[1]!, 2))] as const;
  const [i, o] = [channels(), channels()];
  return withExtras(ops.conv2dTranspose, [[N, ...size, i * g] as Dim[], [i * g, o, ...kernel]], { stride, pad, dilation, groups: g, channelsLast: true });
}

function product(): Node {
  const [m, k, o] = [pick<Dim>(N, int(1, 19)), pick(1, 3, 8, 17, 64, 65), pick(1, 2, 5, 10, 16, 33)];
  const [transposeA, transposeB] = [next() < 0.4, next() < 0.6];
  if (next() < 0.15) return withExtras(ops.matmul, [[N, k], [N, o]], { transposeA: true });
  return withExtras(ops.matmul, [transposeA ? [k, m] : [m, k], transposeB ? [o, k] : [k, o]], { transposeA, transposeB });
}

const families: Readonly<Record<string, readonly [() => Node, small: number, large: number]>> = {
  conv2d: [convolution, 80, 4000],
  "conv2d by Winograd": [winograd, 12, 300],
  conv2d_transpose: [transposed, 40, 1000],
  "conv2d_transpose by Winograd": [turned, 8, 200],
  matmul: [product, 40, 1500],
};

describe("kernels against the f64 reference", () => {
  for (const [name, [make, small, large]] of Object.entries(families)) {
    test(name, () => {
      const misses = Array.from({ length: count(small, large) }, () => miss(make(), int(1, 5))).filter((m) => m !== null);
      expect(misses).toEqual([]);
    });
  }

  test("every algorithm was there, and on the mean none loses more than a rounding for each √n products", () => {
    for (const algorithm of ["direct", "depthwise", "winograd4", "matmul", "conv2d_transpose"]) expect(seen.get(algorithm) ?? 0, algorithm).toBeGreaterThanOrEqual(count(3, 60));
    for (const [algorithm, { sum, tensors }] of rms) expect(sum / tensors, algorithm).toBeLessThan(algorithm.startsWith("winograd") ? 1.5 : 0.5);
  });
});

test("a band of one short row is summed as it is in a band of several, so that threads change no bit", () => {
  const node = nodeOf(ops.conv2d, [[N, 14, 14, 256], [9, 256, 3, 3]], { stride: [2, 2], pad: [1, 1, 1, 1], channelsLast: true }, [1]);
  const operands = node.inputs.map((x) => Float64Array.from({ length: elementCount(bind(x.type.shape, 1)) }, () => Math.fround(next() * 2 - 1)));
  const compiled = compileWasm(node);
  for (const relaxed of [false, true]) {
    const whole = compiled.run(operands, 1, { relaxed });
    for (const parts of [2, 3, 4, 5, 6, 7]) expect(same(compiled.run(operands, 1, { parts, relaxed }), whole), `${parts} parts, relaxed ${relaxed}`).toBe(true);
  }
});
