// Laws between ops, on random shapes: what must give the same numbers whichever way it is written, and folding.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { evaluate } from "../../src/ir/eval.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { constant, input } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { add, arg, max, mul, num } from "../../src/ir/scalar.ts";
import { N, type Dim } from "../../src/ir/type.ts";
import { concat, conv, conv2d, conv2dTranspose, dense, map, matmul, pad, permute, pool, reduce, view, window } from "../../src/ops/index.ts";
import { randomTensor } from "../harness/tensor.ts";

/** Builds with named inputs, evaluates on random numbers. */
class Bench {
  readonly b: Builder;
  readonly inputs: Node[] = [];
  constructor(fold = false) {
    this.b = new Builder({ fold });
  }
  input(...shape: Dim[]): Node {
    const node = this.b.make(input, [], { name: `x${this.inputs.length}`, shape });
    this.inputs.push(node);
    return node;
  }
  value(node: Node, seed = 1, batch = 2): Tensor {
    const graph: Graph = { name: "law", inputs: this.inputs, parameters: [], outputs: [{ name: "y", node }], updates: [] };
    const inputs = Object.fromEntries(this.inputs.map((n, i) => [`x${i}`, randomTensor(n.type.shape, seed + i, batch)]));
    return evaluate(graph, { inputs, parameters: {}, batch }).outputs.get("y")!;
  }
}

function close(a: Tensor, b: Tensor): void {
  expect(a.shape).toEqual(b.shape);
  let largest = 0;
  for (const v of b.data) largest = Math.max(largest, Math.abs(v));
  a.data.forEach((v, i) => expect(Math.abs(v - b.data[i]!)).toBeLessThanOrEqual(1e-13 * Math.max(1, largest)));
}

const small = fc.integer({ min: 1, max: 6 });
const geometry = fc.record({
  h: fc.integer({ min: 1, max: 9 }), w: fc.integer({ min: 1, max: 9 }), c: small, o: small, kh: fc.integer({ min: 1, max: 4 }), kw: fc.integer({ min: 1, max: 4 }),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })), dilation: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  pad: fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 3 }))) as fc.Arbitrary<[number, number, number, number]>,
});
type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

/** Runs on the geometries where the kernel fits, and says how many these were. */
function overGeometries(runs: number, body: (g: Geometry) => void): void {
  let fitted = 0;
  fc.assert(
    fc.property(geometry, (g) => {
      if (g.dilation[0] * (g.kh - 1) + 1 > g.h + g.pad[0] + g.pad[2] || g.dilation[1] * (g.kw - 1) + 1 > g.w + g.pad[1] + g.pad[3]) return;
      fitted++;
      body(g);
    }),
    { numRuns: runs },
  );
  expect(fitted).toBeGreaterThan(runs / 2);
}

describe("convolution", () => {
  test("has as many windows as start and end in the padded image", () => {
    overGeometries(300, ({ h, w, c, o, kh, kw, ...g }) => {
      const t = new Bench();
      const y = t.b.make(conv2d, [t.input(N, c, h, w), t.input(o, c, kh, kw)], g);
      const starts = (size: number, k: number, axis: 0 | 1): number => {
        let n = 0;
        for (let p = 0; p + g.dilation[axis] * (k - 1) < size + g.pad[axis] + g.pad[axis + 2]!; p += g.stride[axis]) n++;
        return n;
      };
      expect(y.type.shape).toEqual([N, o, starts(h, kh, 0), starts(w, kw, 1)]);
    });
  });

  test("conv 1×1 ≡ dense on every pixel", () => {
    fc.assert(
      fc.property(small, small, small, (c, o, pixels) => {
        const t = new Bench();
        const [x, w] = [t.input(N, c, 1, pixels), t.input(o, c)];
        const y = t.b.make(conv2d, [x, t.b.make(view, [w], { shape: [o, c, 1, 1] })]);
        const columns = Array.from({ length: pixels }, (_, p) => {
          const pixel = t.b.make(window, [x], { start: [0, 0, 0, p], stop: [N, c, 1, p + 1], step: [1, 1, 1, 1] });
          return t.b.make(view, [t.b.make(matmul, [t.b.make(view, [pixel], { shape: [N, c] }), w], { transposeB: true })], { shape: [N, o, 1, 1] });
        });
        expect(t.value(y)).toEqual(t.value(t.b.make(concat, columns, { axis: 3 })));
      }),
      { numRuns: 50 },
    );
  });

  test("pad then conv ≡ conv with pad", () => {
    overGeometries(150, ({ h, w, c, o, kh, kw, stride, dilation, pad: p }) => {
      const t = new Bench();
      const [x, weight] = [t.input(N, c, h, w), t.input(o, c, kh, kw)];
      const padded = t.b.make(pad, [x], { low: [0, 0, p[0], p[1]], high: [0, 0, p[2], p[3]] });
      expect(t.value(t.b.make(conv2d, [padded, weight], { stride, dilation }))).toEqual(t.value(t.b.make(conv2d, [x, weight], { stride, dilation, pad: p })));
    });
  });

  test("split, convolve, concat ≡ conv, by outputs and by groups", () => {
    overGeometries(100, ({ h, w, c, o, kh, kw, ...g }) => {
      const t = new Bench();
      const [x, weight] = [t.input(N, 2 * c, h, w), t.input(2 * o, c, kh, kw)];
      const part = (n: Node, axis: number, from: number, to: number): Node => {
        const { shape } = n.type;
        return t.b.make(window, [n], { start: shape.map((_, k) => (k === axis ? from : 0)), stop: shape.with(axis, to), step: shape.map(() => 1) });
      };
      const halves = [0, 1].map((k) => t.b.make(conv2d, [part(x, 1, k * c, (k + 1) * c), part(weight, 0, k * o, (k + 1) * o)], g));
      expect(t.value(t.b.make(concat, halves, { axis: 1 }))).toEqual(t.value(t.b.make(conv2d, [x, weight], { ...g, groups: 2 })));
    });
  });

  test("conv2d_transpose is its adjoint: ⟨conv(x), y⟩ = ⟨x, transpose(y)⟩", () => {
    let compared = 0;
    overGeometries(200, ({ h, w, c, o, kh, kw, ...g }) => {
      const t = new Bench();
      const [x, weight] = [t.input(N, 2 * c, h, w), t.input(2 * o, c, kh, kw)];
      const forward = t.b.make(conv2d, [x, weight], { ...g, groups: 2 });
      const y = t.input(...forward.type.shape);
      const back = t.b.tryMake(conv2dTranspose, [y, weight], { ...g, groups: 2 });
      if (isProblem(back) || back.type !== x.type) return; // pixels that no window reaches: not the plain adjoint
      compared++;
      const dot = (a: Node, b: Node): number => {
        const other = t.value(b).data;
        return t.value(a).data.reduce((sum, v, i) => sum + v * other[i]!, 0);
      };
      expect(dot(forward, y)).toBeCloseTo(dot(x, back), 11);
    });
    expect(compared).toBeGreaterThan(40);
  });

  test("the language's default padding keeps the size of odd kernels", () => {
    for (const k of [1, 3, 5, 7]) {
      for (const dilation of [1, 2, 3]) {
        const t = new Bench();
        const y = t.b.make(conv, [t.input(N, 2, 20, 21), t.input(3, 2, k, k)], { c: 3, k: [k, k], dilation: [dilation, dilation], bias: false });
        expect(y.type.shape).toEqual([N, 3, 20, 21]);
      }
    }
  });
});

describe("matrices, sums and moves", () => {
  test("the four transpositions of matmul agree", () => {
    const t = new Bench();
    const [a, b] = [t.input(N, 5), t.input(5, 4)];
    const turn = (n: Node): Node => t.b.make(permute, [n], { perm: [1, 0] });
    const y = t.value(t.b.make(matmul, [a, b]));
    expect(t.value(t.b.make(matmul, [turn(a), b], { transposeA: true }))).toEqual(y);
    expect(t.value(t.b.make(matmul, [a, turn(b)], { transposeB: true }))).toEqual(y);
    expect(t.value(t.b.make(matmul, [turn(a), turn(b)], { transposeA: true, transposeB: true }))).toEqual(y);
  });

  test("dense on an image ≡ a convolution that covers it", () => {
    const t = new Bench();
    const [x, w] = [t.input(N, 3, 4, 2), t.input(5, 24)];
    const whole = t.b.make(conv2d, [x, t.b.make(view, [w], { shape: [5, 3, 4, 2] })]);
    close(t.value(t.b.make(dense, [x, w], { n: 5, bias: false })), t.value(t.b.make(view, [whole], { shape: [N, 5] })));
  });

  test("reduce over two axes ≡ one after the other, kept or not", () => {
    fc.assert(
      fc.property(fc.constantFrom("sum", "max"), fc.tuple(small, small, small), fc.constantFrom([0, 1], [0, 2], [1, 2]), (kind, shape, axes) => {
        const t = new Bench();
        const x = t.input(...shape);
        const inner = t.b.make(reduce, [x], { kind, axes: [axes[1]!], keep: true });
        close(t.value(t.b.make(reduce, [x], { kind, axes })), t.value(t.b.make(reduce, [t.b.make(reduce, [inner], { kind, axes: [axes[0]!], keep: true })], { kind, axes })));
      }),
      { numRuns: 60 },
    );
  });

  test("average pooling of the whole image ≡ its mean; an epilogue ≡ a map after it", () => {
    const t = new Bench();
    const [x, bias] = [t.input(N, 3, 4, 5), t.input(3, 1, 1)];
    const expr = max(add(mul(arg(0), num(0.5)), arg(1)), num(0));
    const average = t.b.make(pool, [x], { kind: "avg", size: [4, 5], stride: [1, 1] });
    const mean = t.b.make(map, [t.b.make(reduce, [x], { kind: "sum", axes: [2, 3], keep: true })], { expr: mul(arg(0), num(1 / 20)) });
    close(t.value(average), t.value(mean));
    expect(t.value(t.b.make(pool, [x, bias], { kind: "avg", size: [4, 5], stride: [1, 1], epilogue: expr }))).toEqual(t.value(t.b.make(map, [average, bias], { expr })));
  });

  test("a permutation and its inverse cancel; a window undoes a pad", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }), (perm, low) => {
        const t = new Bench();
        const x = t.input(2, 3, 4, 5);
        const back = t.b.make(permute, [t.b.make(permute, [x], { perm })], { perm: perm.map((_, k) => perm.indexOf(k)) });
        expect(t.value(back)).toEqual(t.value(x));
        const padded = t.b.make(pad, [x], { low, high: perm, value: 7 });
        expect(t.value(t.b.make(window, [padded], { start: low, stop: [2, 3, 4, 5].map((d, k) => d + low[k]!), step: [1, 1, 1, 1] }))).toEqual(t.value(x));
      }),
      { numRuns: 40 },
    );
  });
});

describe("folding", () => {
  const same = (build: (t: Bench) => Node): { readonly plain: Node; readonly folded: Node; readonly bench: Bench } => {
    const [plain, folded] = [new Bench(false), new Bench(true)];
    const [a, b] = [build(plain), build(folded)];
    expect(b.type).toBe(a.type);
    expect(folded.value(b)).toEqual(plain.value(a));
    return { plain: a, folded: b, bench: folded };
  };
  const expr = max(add(arg(0), arg(1)), num(0));

  test.each<[string, (t: Bench) => Node, string]>([
    ["view of the same shape", (t) => t.b.make(view, [t.input(N, 4)], { shape: [N, 4] }), "input"],
    ["view ∘ view", (t) => t.b.make(view, [t.b.make(view, [t.input(N, 4)], { shape: [N, 2, 2] })], { shape: [N, 4, 1] }), "view(input)"],
    ["view there and back", (t) => t.b.make(view, [t.b.make(view, [t.input(N, 4)], { shape: [N, 2, 2] })], { shape: [N, 4] }), "input"],
    ["permute by nothing", (t) => t.b.make(permute, [t.input(2, 3)], { perm: [0, 1] }), "input"],
    ["permute ∘ permute", (t) => t.b.make(permute, [t.b.make(permute, [t.input(2, 3, 4)], { perm: [1, 2, 0] })], { perm: [1, 0, 2] }), "permute(input)"],
    ["permute of ones", (t) => t.b.make(permute, [t.input(N, 1, 3, 4)], { perm: [0, 2, 1, 3] }), "view(input)"],
    ["the whole window", (t) => t.b.make(window, [t.input(N, 3)], { start: [0, 0], stop: [N, 3], step: [1, 1] }), "input"],
    ["pad by nothing", (t) => t.b.make(pad, [t.input(N, 3)], { low: [0, 0], high: [0, 0] }), "input"],
    ["zeros around zeros", (t) => t.b.make(pad, [t.b.make(constant, [], { value: 0, shape: [3] })], { low: [1], high: [1] }), "constant"],
    ["ones around zeros", (t) => t.b.make(pad, [t.b.make(constant, [], { value: 0, shape: [3] })], { low: [1], high: [1], value: 1 }), "pad(constant)"],
    ["concat of one", (t) => t.b.make(concat, [t.input(N, 3)], { axis: 1 }), "input"],
    ["concat of equal constants", (t) => t.b.make(concat, [1, 2].map((n) => t.b.make(constant, [], { value: 5, shape: [n] })), { axis: 0 }), "constant"],
    ["concat of unequal constants", (t) => t.b.make(concat, [1, 2].map((n) => t.b.make(constant, [], { value: n, shape: [n] })), { axis: 0 }), "concat(constant, constant)"],
    ["map that is its operand", (t) => t.b.make(map, [t.input(N, 3), t.input(1, 1)], { expr: arg(0) }), "input"],
    ["map that only broadcasts", (t) => t.b.make(map, [t.input(3), t.input(N, 3)], { expr: arg(0) }), "map(input, input)"],
    ["map of constants", (t) => t.b.make(map, [2, 3].map((value) => t.b.make(constant, [], { value, shape: [4] })), { expr }), "constant"],
    ["map with a constant operand", (t) => t.b.make(map, [t.input(N, 3), t.b.make(constant, [], { value: 3, shape: [3] })], { expr }), "map(input)"],
    ["map with a constant that gives the shape", (t) => t.b.make(map, [t.input(3), t.b.make(constant, [], { value: 3, shape: [N, 3] })], { expr }), "map(input, constant)"],
    ["map of one operand twice", (t) => { const x = t.input(N, 3); return t.b.make(map, [x, x], { expr }); }, "map(input)"],
    ["map with an operand it does not read", (t) => t.b.make(map, [t.input(N, 3), t.input(3)], { expr: mul(arg(0), arg(0)) }), "map(input)"],
    ["map that adds −0", (t) => t.b.make(map, [t.input(N, 3), t.b.make(constant, [], { value: -0, shape: [] })], { expr: add(arg(0), arg(1)) }), "input"],
    ["sum of one element each", (t) => t.b.make(reduce, [t.input(N, 3, 1, 1)], { kind: "sum", axes: [2, 3] }), "view(input)"],
    ["maximum of one element each, with an epilogue", (t) => t.b.make(reduce, [t.input(N, 1), t.input(1)], { kind: "max", axes: [1], keep: true, epilogue: expr }), "map(input, input)"],
    ["pooling of single pixels", (t) => t.b.make(pool, [t.input(N, 2, 3, 3)], { kind: "avg", size: [1, 1], stride: [1, 1] }), "input"],
    ["pooling of every second pixel", (t) => t.b.make(pool, [t.input(N, 2, 3, 3)], { kind: "max", size: [1, 1], stride: [2, 2] }), "pool(input)"],
  ])("%s", (_, build, expected) => {
    const show = (n: Node): string => (n.inputs.length === 0 ? n.op.name : `${n.op.name}(${n.inputs.map(show).join(", ")})`);
    expect(show(same(build).folded)).toBe(expected);
  });

  test("keeps the sign of zero: the sum over one −0 is −0", () => {
    const t = new Bench();
    const x = t.b.make(constant, [], { value: -0, shape: [1] });
    expect(t.value(t.b.make(reduce, [x], { kind: "sum", axes: [0] })).data[0]).toBe(-0);
    expect(t.value(t.b.make(pool, [t.b.make(view, [x], { shape: [1, 1, 1, 1] })], { kind: "avg", size: [1, 1], stride: [1, 1] })).data[0]).toBe(-0);
  });
});
