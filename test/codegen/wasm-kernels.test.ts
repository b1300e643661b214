// The WebAssembly kernels that move, map, reduce and pool, each by itself, against the f64 reference, at random
// alignments, in any number of threads (lengths and alignments one by one: wasm-tails.test.ts). Bounds are those of arithmetic in f32.
import { describe, expect, test } from "vitest";
import type { AttrSchema, Attrs } from "../../src/ir/attr.ts";
import type { Core, Node } from "../../src/ir/op.ts";
import { add, arg, erf, exp, log, max, min, mul, num, select, sqrt, sub, tanh, type Scalar } from "../../src/ir/scalar.ts";
import { bind, N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { singles } from "../harness/bounds-scalar.ts";
import { boundOf, compare, F32, stored, tileOf } from "../harness/bounds.ts";
import { random } from "../harness/random.ts";
import { count, full } from "../harness/tier.ts";
import { nodeOf } from "./kernels.ts";
import { compileWasm, type Compiled } from "./wasm.ts";

const next = random(31);
const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
const pick = <T>(...options: readonly T[]): T => options[int(0, options.length - 1)]!;
const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function values(node: Node, batch: number, special = 0): Float64Array[] {
  const strange = [NaN, Infinity, -Infinity, -0, 1e-45, 1e15];
  const number = (): number => (next() < 0.05 ? 0 : Math.fround(next() * 4 - 2));
  if (node.op === ops.random) return node.inputs.map(() => Float64Array.of(int(0, 2 ** 24)));
  if (node.op === ops.oneHot) return node.inputs.map((x) => Float64Array.from({ length: elementCount(bind(x.type.shape, batch)) }, () => int(-1, 9)));
  return node.inputs.map((x) => Float64Array.from({ length: elementCount(bind(x.type.shape, batch)) }, () => (special > 0 && next() < special ? Math.fround(pick(...strange)) : number())));
}

/** Runs the node in one to four parts and says what is wrong: null where nothing is. */
function miss(node: Node, batch: number, guard = pick(1, 2, 3, 4), special = 0): string | null {
  const compiled = compileWasm(node, { guard, strictMath: next() < 0.5, relaxed: next() < 0.5 });
  const tile = tileOf(compiled.selection.label);
  const operands = values(node, batch, special);
  const got = compiled.run(operands, batch);
  const expected = boundOf(node, operands.map((data, i) => stored({ shape: bind(node.inputs[i]!.type.shape, batch), data })), batch, { arithmetic: singles, tile });
  const { violation } = compare(got, expected, F32);
  const name = `${node.op.name} ${node.inputs.map((x) => `[${x.type.shape.join(", ")}]`).join(" ")} → [${node.type.shape.join(", ")}] batch ${batch} guard ${guard}`;
  if (violation) return `${name}: ${violation.actual} instead of ${violation.expected} ± ${violation.allowed} at ${violation.index}`;
  if (got.length !== expected.value.length) return `${name}: length`;
  return inParts(compiled, operands, batch, got) ?? inPlaces(compiled, operands, batch, got) ?? null;
}

function same(a: Float32Array, b: Float32Array): boolean {
  const [x, y] = [new Uint32Array(a.buffer), new Uint32Array(b.buffer)];
  return x.length === y.length && x.every((v, i) => v === y[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i])));
}

/** Shared between threads, the result is the same to the bit. */
function inParts(compiled: Compiled, operands: readonly Float64Array[], batch: number, whole: Float32Array): string | null {
  for (const parts of full ? [2, 3, 4] : [pick(2, 3, 4)]) if (!same(compiled.run(operands, batch, { parts }), whole)) return `${compiled.selection.label} in ${parts} parts`;
  return null;
}

/** Stored over an operand, where the kernel says that it may be. */
function inPlaces(compiled: Compiled, operands: readonly Float64Array[], batch: number, whole: Float32Array): string | null {
  for (const inPlace of compiled.selection.inPlace) if (!same(compiled.run(operands, batch, { inPlace, parts: pick(1, 2) }), whole)) return `${compiled.selection.label} over operand ${inPlace}`;
  return null;
}

/** An epilogue with extras that broadcast in one way or another, over channels that are last. */
function epilogue(shape: readonly Dim[]): { readonly extras: readonly (readonly Dim[])[]; readonly epilogue: Scalar | null } {
  const relu = (s: Scalar): Scalar => max(s, num(0));
  const broadcast = (): readonly Dim[] => shape.map((d) => (next() < 0.4 ? 1 : d));
  const perChannel = shape.slice(-1);
  return pick(
    { extras: [], epilogue: null },
    { extras: [perChannel], epilogue: relu(add(arg(0), arg(1))) },
    { extras: [perChannel, shape], epilogue: relu(add(add(arg(0), arg(1)), arg(2))) },
    { extras: [broadcast(), []], epilogue: select("<", arg(0), arg(1), mul(arg(0), arg(2)), sub(arg(1), arg(0))) },
    { extras: [broadcast(), broadcast()], epilogue: mul(add(arg(0), arg(1)), arg(2)) },
    { extras: [shape], epilogue: mul(mul(mul(arg(0), num(0.5)), add(erf(mul(arg(0), num(Math.SQRT1_2))), num(1))), tanh(arg(1))) },
  );
}

function withExtras<S extends AttrSchema>(op: Core<S>, shapes: readonly (readonly Dim[])[], attrs: Partial<Attrs<S>>, weights: readonly number[] = []): Node {
  const e = epilogue(nodeOf(op, shapes, attrs, weights).type.shape);
  return nodeOf(op, [...shapes, ...e.extras], { ...attrs, epilogue: e.epilogue } as never, weights);
}

/** Any shape, the batch anywhere or nowhere. */
function anyShape(): Dim[] {
  const dims: Dim[] = Array.from({ length: int(0, 4) }, () => pick(1, 2, 3, 4, 5, 7, 8, 13, 16, 17));
  return next() < 0.7 ? dims.toSpliced(next() < 0.7 ? 0 : int(0, dims.length), 0, N) : dims;
}

function elementwise(): Node {
  const x = anyShape();
  const other = (): readonly Dim[] => x.map((d) => (next() < 0.3 ? 1 : d)).slice(int(0, x.length));
  const expr = pick(add(arg(0), arg(1)), max(mul(arg(0), arg(1)), num(0)), select("<=", arg(1), arg(0), min(arg(0), num(3)), sqrt(mul(arg(2), arg(2)))), add(mul(arg(0), arg(2)), arg(1)), mul(exp(min(arg(0), num(3))), tanh(arg(1))), add(erf(arg(2)), tanh(arg(0))), add(log(arg(0)), exp(arg(1))));
  return nodeOf(ops.map, [x, other(), other()], { expr });
}

function reduction(): Node {
  const x = anyShape();
  const axes = x.map((_, k) => k).filter(() => next() < 0.5);
  return withExtras(ops.reduce, [x], { kind: pick("sum", "max"), axes, keep: next() < 0.5 });
}

function pooling(): Node {
  const size = [int(1, 5), int(1, 5)] as const;
  const pad = next() < 0.4 ? ([0, 0, 0, 0] as const) : ([int(0, size[0] - 1), int(0, size[1] - 1), int(0, size[0] - 1), int(0, size[1] - 1)] as const);
  const channels = pick(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 67, 128);
  return withExtras(ops.pool, [[pick<Dim>(N, 2), size[0] + pick(0, int(0, 9), 60), size[1] + int(0, 9), channels]], { kind: pick("max", "avg"), size, stride: [int(1, 4), int(1, 4)], pad, ceil: next() < 0.5, channelsLast: true });
}

/** Of a convolution's weights, and of pooled images, from random geometries. */
function weightGradient(): Node {
  const groups = pick(1, 1, 1, 2, 3);
  const [i, o] = [pick(1, 2, 3, 4, 5, 8, 9), pick(1, 2, 3, 4, 5, 7, 8, 9, 16, 19)];
  const [kernel, stride, dilation] = [[int(1, 4), int(1, 4)], [int(1, 3), int(1, 3)], [int(1, 2), int(1, 2)]] as [readonly [number, number], readonly [number, number], readonly [number, number]];
  const pad = [int(0, kernel[0]), int(0, kernel[1]), int(0, kernel[0]), int(0, kernel[1])] as const;
  const size = [0, 1].map((k) => dilation[k]! * (kernel[k]! - 1) + 1 + int(0, 6));
  const to = [0, 1].map((k) => Math.floor((size[k]! + pad[k]! + pad[k + 2]! - dilation[k]! * (kernel[k]! - 1) - 1) / stride[k]!) + 1);
  const batch = pick<Dim>(N, 2);
  return nodeOf(ops.conv2dWeight, [[batch, ...size, i * groups] as Dim[], [batch, ...to, o * groups] as Dim[]], { kernel, stride, pad, dilation, groups, channelsLast: true });
}

function poolGradient(): Node {
  const pooled = pooling() as Node<typeof ops.pool>;
  const { epilogue: _, ...attrs } = pooled.attrs;
  const images = pooled.inputs[0]!.type.shape;
  return nodeOf(ops.poolGrad, attrs.kind === "max" ? [pooled.type.shape, images] : [pooled.type.shape], { ...attrs, image: images.slice(1, 3) as unknown as readonly [number, number] });
}

function drawing(): Node {
  const shape = anyShape();
  const c = int(1, 9);
  return pick(
    () => nodeOf(ops.random, [[], []], { shape, site: int(0, 1000) }),
    () => nodeOf(ops.random, [[], []], { shape: [N, int(1, 5), int(1, 5), c], site: int(0, 1000), channelsLast: true }),
    () => nodeOf(ops.oneHot, [[N, ...pick([], [3], [2, 5])]], { classes: c, channelsLast: next() < 0.5 }),
  )();
}

function movement(): Node {
  const x = anyShape();
  const along = x.map((_, k) => k).filter((k) => x[k] !== N);
  const perm = x.map((_, k) => k).sort(() => next() - 0.5);
  const start = x.map((d) => (d === N ? 0 : int(0, Number(d) - 1)));
  const low = x.map((d) => (d === N || next() < 0.4 ? 0 : int(0, 2)));
  return pick(
    () => nodeOf(ops.permute, [x], { perm }),
    () => nodeOf(ops.window, [x], { start, stop: x.map((d, k) => (d === N ? N : int(start[k]! + 1, Number(d)))), step: x.map((d) => (d === N || next() < 0.5 ? 1 : int(1, 3))) }),
    () => nodeOf(ops.pad, [x], { low, high: low.map((v, k) => (x[k] === N ? 0 : int(0, v + 1))), value: pick(0, -1.5, Infinity, NaN), interior: next() < 0.5 ? [] : x.map((d) => (d === N || next() < 0.5 ? 0 : int(1, 2))) }),
    () => {
      const axis = along.length > 0 ? pick(...along) : 0;
      return along.length > 0 ? nodeOf(ops.concat, Array.from({ length: int(1, 4) }, () => x.with(axis, int(1, 9))), { axis }) : nodeOf(ops.permute, [x], { perm });
    },
  )();
}

const families: Readonly<Record<string, readonly [() => Node, small: number, large: number]>> = {
  map: [elementwise, 80, 3000],
  reduce: [reduction, 100, 4000],
  pool: [pooling, 70, 3000],
  "pad, window, concat, permute": [movement, 130, 6000],
  conv2d_weight: [weightGradient, 40, 2000],
  pool_grad: [poolGradient, 40, 2000],
  "random, one_hot": [drawing, 40, 1000],
};

describe("kernels against the f64 reference", () => {
  for (const [name, [make, small, large]] of Object.entries(families)) {
    test(name, () => {
      const misses: string[] = [];
      for (let i = 0; i < count(small, large); i++) {
        const wrong = miss(make(), int(1, 3), pick(1, 2, 3, 4), pick(0, 0, 0.1));
        if (wrong) misses.push(wrong);
      }
      expect(misses).toEqual([]);
    });
  }

  test("every sample of every core op", () => {
    let seen = 0;
    for (const op of ops.coreOps.values()) {
      for (const s of op.samples) {
        if (["input", "parameter", "view"].includes(op.name) || ("channelsLast" in op.attrs && !("channelsLast" in s.attrs))) continue;
        expect(miss(nodeOf(op, s.inputs.map((t) => t.shape), s.attrs as never), 3)).toBeNull();
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(15);
  });
});

test("an expression of a thousand operations, shared a thousand times", () => {
  let s = arg(0);
  for (let i = 0; i < 1000; i++) s = i % 2 ? mul(s, num(0.5)) : add(s, arg(1));
  expect(miss(nodeOf(ops.map, [[N, 8], [8]], { expr: s }), 2)).toBeNull();
  let shared = arg(0);
  for (let i = 0; i < 12; i++) shared = mul(add(shared, shared), num(0.5));
  expect(miss(nodeOf(ops.map, [[N, 8]], { expr: shared }), 2)).toBeNull();
});
