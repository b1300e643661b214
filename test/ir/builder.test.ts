// The builder: one node per meaning, a type at birth, and a user's words where there cannot be one.
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { decompose } from "../../src/ir/decompose.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { printGraph } from "../../src/ir/print.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { add, arg, type Scalar } from "../../src/ir/scalar.ts";
import { N, printType, tensor, type DType, type Dim } from "../../src/ir/type.ts";
import type { Node, Op } from "../../src/ir/op.ts";
import * as ops from "../../src/ops/index.ts";
import { rewrite } from "../../src/passes/rewrite.ts";

function given(shapes: readonly (readonly Dim[])[], builder = new Builder(), dtype: DType = "f32"): readonly Node[] {
  return shapes.map((shape, i) => builder.make(input, [], { name: `x${i}`, shape, dtype }));
}

function refusal(op: unknown, shapes: readonly (readonly Dim[])[], attrs: object = {}, dtype: DType = "f32"): string {
  const builder = new Builder();
  const node = builder.tryMake(op as Op as never, given(shapes, builder, dtype), attrs);
  return isProblem(node) ? node.problem : `made ${printType(node.type)}`;
}

describe("nodes", () => {
  test("equal nodes are one node, leaves too; different attributes are not equal", () => {
    const b = new Builder();
    const [x] = given([[N, 3, 4, 4]], b);
    expect(b.make(input, [], { name: "x0", shape: [N, 3, 4, 4] })).toBe(x);
    expect(b.make(ops.relu, [x!])).toBe(b.make(ops.relu, [x!]));
    expect(b.make(ops.leaky, [x!], { slope: 0 })).not.toBe(b.make(ops.leaky, [x!], { slope: -0 }));
    expect(b.make(ops.leaky, [x!])).toBe(b.make(ops.leaky, [x!], { slope: 0.01 }));
  });

  test("what draws at random is a node per use, through text and passes too", () => {
    const b = new Builder();
    const [x] = given([[N, 4]], b) as [Node];
    const drop = (): Node => b.make(ops.dropout, [x], { p: 0.5 });
    const y = b.make(ops.add, [drop(), drop()]);
    expect(y.inputs[0]).not.toBe(y.inputs[1]);
    const graph: Graph = { name: "g", inputs: [x], parameters: [], outputs: [{ name: "y", node: y }], updates: [] };
    const back = parseGraph(printGraph(graph), ops.ops) as Graph;
    expect(printGraph(back)).toBe(printGraph(graph));
    for (const g of [back, rewrite(graph)]) expect(reachable(g).filter((n) => n.op === (ops.dropout as unknown as Op)).length).toBe(2);
    const [z] = decompose(graph).outputs;
    expect(new Set(z!.node.inputs).size).toBe(1); // in inference both are x
  });

  test("types are interned and ids rise from operands to readers", () => {
    const b = new Builder();
    const [x] = given([[N, 3, 4, 4]], b);
    const y = b.make(ops.relu, [x!]);
    expect(y.type).toBe(tensor([N, 3, 4, 4]));
    expect(y.id).toBeGreaterThan(x!.id);
  });

  test("nodes of two graphs do not mix", () => {
    const [x] = given([[N, 4]]);
    expect(() => new Builder().make(ops.relu, [x!])).toThrow("relu: an operand belongs to another graph");
  });

  test("names cannot imitate other attributes", () => {
    const b = new Builder();
    const names = ['a";[3]', "a", "__proto__", "constructor", ""];
    expect(new Set(names.map((name) => b.make(parameter, [], { name, shape: [3] }))).size).toBe(names.length);
  });
});

describe("refusals", () => {
  test.each<[unknown, readonly (readonly Dim[])[], object, string]>([
    [ops.conv, [[N, 10]], { c: 4 }, "conv needs [C, H, W], found [10]"],
    [ops.conv, [[N, 3, 8, 8]], {}, "conv needs c"],
    [ops.conv, [[N, 3, 8, 8]], { c: 0 }, "c of conv must be at least 1, not 0"],
    [ops.conv, [[N, 3, 8, 8]], { c: 2.5 }, "c of conv must be an integer, not 2.5"],
    [ops.conv, [[N, 3, 8, 8]], { c: 4, groups: 2 }, "conv cannot split 3 channels into 4 in 2 groups"],
    [ops.conv, [[N, 3, 2, 2]], { c: 4, k: [5, 5], pad: [0, 0, 0, 0] }, "conv's window [5, 5] is larger than its padded input [2, 2]"],
    [ops.upconv, [[N, 3, 1, 1]], { c: 4, k: [3, 3], pad: [2, 2, 2, 2] }, "upconv makes [3, 3] pixels, and its padding takes them all"],
    [ops.maxpool, [[N, 3, 8, 8]], { k: [2, 2], pad: [2, 2, 2, 2] }, "maxpool of [2, 2] windows cannot pad by [2, 2, 2, 2]: a window must hold a pixel of the image"],
    [ops.gap, [[N, 64]], {}, "gap needs [C, H, W], found [64]"],
    [ops.skip, [[N, 32, 16, 16], [N, 16, 32, 32]], {}, "skip cannot add [16, 32, 32] to [32, 16, 16]"],
    [ops.add, [[N, 32, 16, 16], [N, 16, 32, 32]], {}, "add cannot combine [32, 16, 16] with [16, 32, 32]"],
    [ops.cat, [[N, 32, 16, 16], [N, 16, 8, 8]], {}, "cat cannot join [32, 16, 16] and [16, 8, 8]"],
    [ops.reshape, [[N, 12]], { shape: [5, 2] }, "reshape cannot make [5, 2] of [12]: 10 numbers of 12"],
    [ops.transpose, [[N, 2, 3, 4]], { axes: [0, 1, 1] }, "transpose needs each axis of [2, 3, 4] once, found [0, 1, 1]"],
    [ops.slice, [[N, 8, 3, 4]], { axis: 0, from: 4, to: 9 }, "slice 4..9 does not lie in axis 0 of [8, 3, 4]"],
    [ops.slice, [[N, 8, 3, 4]], { axis: 3, from: 0, to: 1 }, "slice needs an axis of [8, 3, 4], found 3"],
    [ops.zeropad, [[N, 8, 3, 4]], { c: 4 }, "zeropad cannot make 4 channels of [8, 3, 4]"],
    [ops.subsample, [[N, 8]], { s: [2, 2] }, "subsample needs [C, H, W], found [8]"],
    [ops.relu, [[N, 8], [N, 8]], {}, "relu takes 1 operands, not 2"],
    [ops.conv, [[N, 3, 8, 8], [4, 3, 3, 3]], { c: 4, k: [3, 3] }, "conv owns 2 parameters, found 1"],
    [ops.conv, [[N, 3, 8, 8], [4, 3, 5, 5]], { c: 4, k: [3, 3], bias: false }, "weight of conv is [4, 3, 3, 3], not [4, 3, 5, 5]"],
    [ops.map, [[N, 3], [N, 4]], { expr: add(arg(0), arg(1)) }, "map cannot broadcast [N, 3] with [N, 4]"],
    [ops.matmul, [[N, 3], [4, 5]], { transposeB: true }, "matmul sums over 3 elements of its first operand and 5 of its second"],
    [ops.pad2d, [[N, 1, 9e15, 1]], { n: [9e15, 0, 0, 0] }, "[1, 18000000000000000, 1] is too large: more than 2^53 numbers"],
    [ops.conv, [[N, 3, 8, 8]], { c: 2 ** 53 }, "c of conv must be an integer, not 9007199254740992"],
  ])("%#: %o", (op, shapes, attrs, message) => {
    expect(refusal(op, shapes, attrs)).toBe(message);
  });

  test("an expression that shares itself beyond what can be written is a refusal, not an endless key", () => {
    const doubled = (times: number): Scalar => Array.from({ length: times }).reduce<Scalar>((s) => add(s, s), arg(0));
    expect(refusal(ops.map, [[N, 4]], { expr: doubled(12) })).toBe("made [N, 4]");
    for (const times of [30, 60, 2_000]) expect(refusal(ops.map, [[N, 4]], { expr: doubled(times) })).toBe("expr of map takes more than 1048576 terms to write out");
  });

  test("integers are not computed with", () => {
    expect(refusal(ops.relu, [[N, 4]], {}, "i32")).toBe("relu computes with f32 values, found i32 [4]");
  });

  test("a shape beyond 2^53 is a refusal, not an overflow", () => {
    expect(refusal(ops.upconv, [[N, 1, 2 ** 26, 2 ** 26], [1, 1, 1, 1]], { c: 1, k: [1, 1], stride: [9e15, 9e15], bias: false })).toContain("more than 2^53 numbers");
    expect(refusal(ops.add, [[N, 2 ** 50, 1], [N, 1, 2 ** 50]])).toContain("more than 2^53 numbers");
    expect(isProblem(new Builder().tryMake(input, [], { name: "x", shape: [N, 1e308, 1e308] }))).toBe(true);
  });
});
