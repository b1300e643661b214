// Each kernel by itself against the f64 reference, over shapes that are meant to hurt. Kernels compute in f64 and round once, so the
// bound is one rounding of the result, and f64's own error: Σ|w||x| · 1e-12, over the whole tensor where Winograd mixes neighbours.
import { describe, expect, test } from "vitest";
import type { AttrSchema, Attrs } from "../../src/ir/attr.ts";
import type { Core, Node } from "../../src/ir/op.ts";
import { add, arg, erf, exp, max, min, mul, num, select, sqrt, sub, tanh, type Scalar } from "../../src/ir/scalar.ts";
import { bind, N, type Dim } from "../../src/ir/type.ts";
import * as ops from "../../src/ops/index.ts";
import { random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { compileNode, nodeOf, reference } from "./kernels.ts";
import type { Element } from "../../src/codegen/ts/kernel.ts";

const f64Slack = 1e-12;
const next = random(20);
const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
const pick = <T>(...options: readonly T[]): T => options[int(0, options.length - 1)]!;
const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const channels = (): number => pick(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17);

function values(node: Node, batch: number): Float64Array[] {
  const number = (): number => (next() < 0.05 ? 0 : Math.fround(next() * 4 - 2));
  return node.inputs.map((x) => Float64Array.from({ length: elementCount(bind(x.type.shape, batch)) }, () => (x.type.dtype === "i32" ? int(-1, 5) : node.op === ops.random ? int(0, 2 ** 24) : number())));
}

/** Runs the node and says by how much it misses its bound: null where it holds. */
function miss(node: Node, batch: number, options: { strictMath?: boolean; elements?: readonly Element[] } = {}): string | null {
  const operands = values(node, batch);
  const compiled = compileNode(node, options);
  const got = compiled.run(operands, batch);
  const want = reference(node, operands, batch);
  const size = magnitude(node, operands, batch);
  for (let i = 0; i < want.length; i++) {
    const bound = Math.abs(want[i]!) * 2 ** -24 * 1.0001 + 2 ** -150 + size * f64Slack;
    if (got[i] !== want[i] && !(Math.abs(got[i]! - want[i]!) <= bound)) return `${compiled.label} at ${i}: ${got[i]} instead of ${want[i]} (bound ${bound})`;
  }
  return got.length === want.length ? null : "length";
}

/** The largest Σ|w||x| of the node, without its epilogue; at least 1. */
function magnitude(node: Node, operands: readonly Float64Array[], batch: number): number {
  if (!("epilogue" in node.attrs)) return 1;
  const first = node.op.inputs.length - 1;
  const bare = nodeOf(node.op as Core, node.inputs.slice(0, first).map((x) => x.type.shape), { ...node.attrs, epilogue: null } as never);
  return reference(bare, operands.slice(0, first).map((v) => v.map(Math.abs)), batch).reduce((a, b) => Math.max(a, b), 1);
}

/** An epilogue with extras that broadcast in one way or another. */
function epilogue(shape: readonly Dim[]): { readonly extras: readonly (readonly Dim[])[]; readonly epilogue: Scalar | null } {
  const relu = (s: Scalar): Scalar => max(s, num(0));
  const broadcast = (): readonly Dim[] => shape.map((d) => (next() < 0.4 ? 1 : d));
  const perChannel = shape.map((d, i) => (i === 1 ? d : 1)).slice(1);
  return pick(
    { extras: [], epilogue: null },
    { extras: [perChannel], epilogue: relu(add(arg(0), arg(1))) },
    { extras: [perChannel, shape], epilogue: relu(add(add(arg(0), arg(1)), arg(2))) },
    { extras: [broadcast(), []], epilogue: select("<", arg(0), arg(1), mul(arg(0), arg(2)), sub(arg(1), arg(0))) },
    { extras: [shape], epilogue: mul(mul(mul(arg(0), num(0.5)), add(erf(mul(arg(0), num(Math.SQRT1_2))), num(1))), tanh(arg(1))) },
  );
}

function withExtras<S extends AttrSchema>(op: Core<S>, shapes: readonly (readonly Dim[])[], attrs: Partial<Attrs<S>>, weights: readonly number[] = []): Node {
  const e = epilogue(nodeOf(op, shapes, attrs, weights).type.shape);
  return nodeOf(op, [...shapes, ...e.extras], { ...attrs, epilogue: e.epilogue } as never, weights);
}

function convolution(): Node {
  const groups = next() < 0.3 ? pick(2, 3) : 1;
  const depthwise = next() < 0.15;
  const [i, o] = depthwise ? [1, pick(1, 2)] : [channels(), channels()];
  const g = depthwise ? channels() : groups;
  const common = next() < 0.5;
  const kernel = common ? ([3, 3] as const) : ([int(1, 7), int(1, 7)] as const);
  const stride = common && next() < 0.8 ? ([1, 1] as const) : ([int(1, 4), int(1, 4)] as const);
  const dilation = next() < 0.8 ? ([1, 1] as const) : ([int(1, 4), int(1, 4)] as const);
  const pad = common && next() < 0.5 ? ([1, 1, 1, 1] as const) : ([int(0, kernel[0]), int(0, kernel[1]), int(0, kernel[0]), int(0, kernel[1])] as const);
  const least = [0, 1].map((k) => Math.max(1, dilation[k]! * (kernel[k]! - 1) + 1 - pad[k]! - pad[k + 2]!));
  const size = [least[0]! + pick(0, 1, 2, 5, 7, 13), least[1]! + pick(0, 1, 3, 6, 8, 17)];
  return withExtras(ops.conv2d, [[N, i * g, ...size] as Dim[], [o * g, i, ...kernel]], { stride, dilation, pad, groups: g }, next() < 0.9 ? [1] : []);
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
  return withExtras(ops.conv2dTranspose, [[N, i * g, ...size] as Dim[], [i * g, o, ...kernel]], { stride, pad, dilation, groups: g }, [1]);
}

function pooling(): Node {
  const size = [int(1, 5), int(1, 5)] as const;
  const pad = next() < 0.4 ? ([0, 0, 0, 0] as const) : ([int(0, size[0] - 1), int(0, size[1] - 1), int(0, size[0] - 1), int(0, size[1] - 1)] as const);
  return withExtras(ops.pool, [[N, channels(), size[0] + int(0, 9), size[1] + int(0, 9)]], { kind: pick("max", "avg"), size, stride: [int(1, 4), int(1, 4)], pad, ceil: next() < 0.5 });
}

function product(): Node {
  const [m, k, o] = [pick<Dim>(N, int(1, 19)), pick(1, 3, 8, 17, 64, 65), pick(1, 2, 5, 10, 16, 33)];
  const [transposeA, transposeB] = [next() < 0.4, next() < 0.6];
  if (next() < 0.15) return withExtras(ops.matmul, [[N, k], [N, o]], { transposeA: true });
  return withExtras(ops.matmul, [transposeA ? [k, m] : [m, k], transposeB ? [o, k] : [k, o]], { transposeA, transposeB }, [1]);
}

function weightGradient(): Node {
  const conv = convolution() as Node<typeof ops.conv2d>;
  const { epilogue: _, ...attrs } = conv.attrs;
  return nodeOf(ops.conv2dWeight, [conv.inputs[0]!.type.shape, conv.type.shape], { ...attrs, kernel: conv.inputs[1]!.type.shape.slice(2) as unknown as readonly [number, number] });
}

function poolGradient(): Node {
  const pooled = pooling() as Node<typeof ops.pool>;
  const { epilogue: _, ...attrs } = pooled.attrs;
  const images = pooled.inputs[0]!.type.shape;
  return nodeOf(ops.poolGrad, attrs.kind === "max" ? [pooled.type.shape, images] : [pooled.type.shape], { ...attrs, image: images.slice(2) as unknown as readonly [number, number] });
}

const shape = (): Dim[] => [pick<Dim>(N, int(1, 3)), ...Array.from({ length: int(0, 3) }, () => pick(1, 2, 3, 5, 8))];

function reduction(): Node {
  const x = shape();
  const axes = x.map((_, k) => k).filter((k) => next() < 0.5 && x[k] !== N);
  return withExtras(ops.reduce, [x], { kind: pick("sum", "max"), axes, keep: next() < 0.5 });
}

function elementwise(): Node {
  const x = shape();
  const other = (): readonly Dim[] => x.map((d) => (next() < 0.3 ? 1 : d)).slice(int(0, x.length));
  const expr = pick(add(arg(0), arg(1)), max(mul(arg(0), arg(1)), num(-0)), select("<=", arg(1), arg(0), exp(min(arg(0), num(3))), sqrt(mul(arg(2), arg(2)))), add(mul(arg(0), arg(2)), arg(1)));
  return nodeOf(ops.map, [x, other(), other()], { expr });
}

function movement(): Node {
  const x = shape();
  const along = x.map((_, k) => k).filter((k) => x[k] !== N);
  const perm = x.map((_, k) => k);
  for (let k = perm.length - 1; k > 0; k--) {
    const j = int(0, k);
    [perm[k], perm[j]] = [perm[j]!, perm[k]!];
  }
  const start = x.map((d) => (d === N ? 0 : int(0, Number(d) - 1)));
  const low = x.map((d) => (d === N ? 0 : int(0, 2)));
  return pick(
    () => nodeOf(ops.permute, [x], { perm }),
    () => nodeOf(ops.window, [x], { start, stop: x.map((d, k) => (d === N ? N : int(start[k]! + 1, Number(d)))), step: x.map((d) => (d === N ? 1 : int(1, 3))) }),
    () => nodeOf(ops.pad, [x], { low, high: low.toReversed().map((v, k) => (x[k] === N ? 0 : v)), value: pick(0, -1.5, Infinity), interior: next() < 0.5 ? [] : x.map((d) => (d === N ? 0 : int(0, 2))) }),
    () => {
      const axis = along.length > 0 ? pick(...along) : 0;
      return along.length > 0 ? nodeOf(ops.concat, Array.from({ length: int(1, 4) }, () => x.with(axis, int(1, 4))), { axis }) : nodeOf(ops.permute, [x], { perm: perm.map((_, k) => k) });
    },
  )();
}

const families: Readonly<Record<string, readonly [() => Node, small: number, large: number]>> = {
  conv2d: [convolution, 100, 4000],
  "conv2d_transpose": [transposed, 40, 1000],
  pool: [pooling, 40, 1000],
  conv2d_weight: [weightGradient, 40, 1000],
  pool_grad: [poolGradient, 40, 1000],
  matmul: [product, 40, 1500],
  reduce: [reduction, 40, 1000],
  map: [elementwise, 40, 1000],
  "pad, window, concat, permute": [movement, 60, 2000],
};

describe("kernels against the f64 reference", () => {
  for (const [name, [make, small, large]] of Object.entries(families)) {
    test(name, () => {
      const wanted = count(small, large);
      const misses: string[] = [];
      for (let i = 0; i < wanted; i++) {
        const node = make();
        const elements = node.inputs.map((): Element => (next() < 0.2 ? "f64" : "f32"));
        const wrong = miss(node, int(1, 6), { strictMath: next() < 0.3, elements });
        if (wrong) misses.push(wrong);
      }
      expect(misses).toEqual([]);
    });
  }

  test("every sample of every core op", () => {
    let seen = 0;
    for (const op of ops.coreOps.values()) {
      if (["input", "parameter", "view"].includes(op.name)) continue;
      for (const s of op.samples) {
        if ("channelsLast" in s.attrs) continue; // another target's layout
        expect(miss(nodeOf(op, s.inputs.map((t) => t.shape), s.attrs as never), 3)).toBeNull();
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(15);
  });
});

describe("3 × 3 convolutions", () => {
  const relu = max(add(add(arg(0), arg(1)), arg(2)), num(0));
  const node = (i: number, o: number, h: number, w: number, pad: number): Node => {
    const rows = h + 2 * pad - 2;
    const columns = w + 2 * pad - 2;
    return nodeOf(ops.conv2d, [[N, i, h, w], [o, i, 3, 3], [o, 1, 1], [N, o, rows, columns]], { pad: [pad, pad, pad, pad], epilogue: relu }, [1]);
  };
  const sizes = [[16, 16, 32, 32, 1], [3, 16, 32, 32, 1], [16, 8, 33, 31, 1], [64, 64, 7, 7, 1], [32, 32, 14, 14, 2], [17, 15, 13, 56, 0], [48, 48, 33, 31, 1], [64, 64, 40, 24, 2], [31, 33, 8, 8, 3]] as const;
  for (const [i, o, h, w, pad] of sizes) {
    test(`${i} → ${o} at ${h} × ${w}, padding ${pad}: Winograd and the plain sum`, () => {
      expect(compileNode(node(i, o, h, w, pad)).label).toMatch(/winograd/);
      expect(miss(node(i, o, h, w, pad), 2)).toBeNull();
      expect(compileNode(node(i, o, h, w, pad), { strictMath: true }).label).not.toMatch(/winograd/);
      expect(miss(node(i, o, h, w, pad), 2, { strictMath: true })).toBeNull();
    });
  }

  test("more rows than one band of padded input holds, more outputs than one block of planes", () => {
    expect(miss(nodeOf(ops.conv2d, [[N, 17, 70, 68], [5, 17, 3, 3], [5, 1, 1]], { stride: [2, 1], pad: [1, 2, 0, 1], epilogue: max(add(arg(0), arg(1)), num(0)) }, [1]), 2)).toBeNull();
    expect(miss(nodeOf(ops.conv2dTranspose, [[N, 2, 40, 40], [2, 70, 2, 2]], { stride: [2, 2] }, [1]), 2)).toBeNull();
  });

  test("F(2 × 2) where F(4 × 4) would take too much memory", () => {
    const big = nodeOf(ops.conv2d, [[N, 512, 7, 7], [512, 512, 3, 3]], { pad: [1, 1, 1, 1] }, [1]);
    expect(compileNode(big).label).toMatch(/winograd2/);
    expect(miss(big, 1)).toBeNull();
  });

  test("weights of zeros make zeros, bit for bit", () => {
    const zero = nodeOf(ops.conv2d, [[N, 16, 12, 12], [16, 16, 3, 3]], { pad: [1, 1, 1, 1] }, [1]);
    const x = values(zero, 1)[0]!;
    const kernel = compileNode(zero);
    expect(kernel.label).toMatch(/winograd/);
    expect(kernel.run([x, new Float64Array(16 * 16 * 9)], 1).every((v) => v === 0)).toBe(true);
  });

  test("weights that are computed from inputs are not transformed", () => {
    expect(compileNode(nodeOf(ops.conv2d, [[N, 16, 12, 12], [16, 16, 3, 3]], { pad: [1, 1, 1, 1] })).label).not.toMatch(/winograd/);
  });
});

test("a chain of a thousand elementwise operations is flat code", () => {
  let s = arg(0);
  for (let i = 0; i < 1000; i++) s = i % 2 ? mul(s, num(0.5)) : add(s, arg(1));
  expect(miss(nodeOf(ops.map, [[N, 8], [8]], { expr: s }), 2)).toBeNull();
  let shared = arg(0);
  for (let i = 0; i < 12; i++) shared = tanh(add(shared, shared)); // 2^12 nodes written out
  expect(miss(nodeOf(ops.map, [[N, 8]], { expr: shared }), 2)).toBeNull();
});

test("the same node gives the same text", () => {
  const node = (): Node => nodeOf(ops.conv2d, [[N, 16, 32, 32], [16, 16, 3, 3]], { pad: [1, 1, 1, 1] }, [1]);
  expect(compileNode(node()).text).toBe(compileNode(node()).text);
});
