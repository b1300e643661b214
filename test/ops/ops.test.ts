// What holds for every op: samples that work, shapes that agree, documentation, costs, folding and decomposition that change nothing.
import { describe, expect, test } from "vitest";
import { printAttr } from "../../src/ir/attr.ts";
import { Builder } from "../../src/ir/builder.ts";
import { decompose } from "../../src/ir/decompose.ts";
import { evaluate } from "../../src/ir/eval.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Composite, Op } from "../../src/ir/op.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { printGraph } from "../../src/ir/print.ts";
import { bind, elementsPerSample, N, type Extent } from "../../src/ir/type.ts";
import { verify } from "../../src/ir/verify.ts";
import { coreOps, layers, losses, ops } from "../../src/ops/index.ts";
import { oneOp, randomGiven } from "../harness/tensor.ts";

const samples = [...ops.values()].flatMap((op) => op.samples.map((sample, i) => ({ name: `${op.name} ${i}`, op, sample })));
const evaluable = samples.filter(({ op }) => op.name !== input.name && op.name !== parameter.name);
const total = (e: Extent): number => e.fixed + e.perSample;

test("the ops are the core's eighteen, the language's twenty-nine and three of training", () => {
  expect([...coreOps.keys()]).toEqual([
    "input", "parameter", "constant", "map", "reduce", "matmul", "conv2d", "conv2d_transpose", "conv2d_weight", "pool", "pool_grad", "pad", "window", "concat", "view", "permute",
    "one_hot", "random",
  ]);
  expect([...losses.keys()]).toEqual(["cross_entropy", "mse", "wrong_count"]);
  expect([...layers.keys()]).toEqual([
    "conv", "upconv", "dense", "bn", "ln", "relu", "relu6", "leaky", "sigmoid", "tanh", "gelu", "silu", "hardswish", "softmax", "maxpool", "avgpool", "gap",
    "flatten", "reshape", "transpose", "slice", "subsample", "zeropad", "pad2d", "add", "mul", "cat", "skip", "dropout",
  ]);
  expect(ops.size).toBe(coreOps.size + layers.size + losses.size);
});

test("layers are called as the language's table says", () => {
  const signature = (op: Composite): string => {
    const shown = Object.entries(op.attrs).map(([name, spec], i) => (i === op.positional ? "| " : "") + name + (spec.optional ? "?" : spec.default === undefined ? "" : ` = ${printAttr(spec.default)}`));
    return `${op.name}(${shown.join(", ")})`;
  };
  expect([...layers.values()].map(signature)).toEqual([
    'conv(c, k = [1, 1], stride = [1, 1], | pad?, dilation = [1, 1], groups = 1, bias = true, init = "he")',
    'upconv(c, k, stride = [1, 1], | pad?, dilation = [1, 1], groups = 1, bias = true, init = "he")',
    'dense(n, | bias = true, init = "he")',
    'bn(| eps = 0.00001, momentum = 0.1, init = "one")',
    'ln(| eps = 0.00001, init = "one")',
    "relu()", "relu6()", "leaky(slope = 0.01)", "sigmoid()", "tanh()", "gelu()", "silu()", "hardswish()", "softmax()",
    "maxpool(k, stride?, | pad?, ceil = false)", "avgpool(k, stride?, | pad?, ceil = false)", "gap()",
    "flatten()", "reshape(shape)", "transpose(axes)", "slice(axis, from, to)", "subsample(s)", "zeropad(c)", "pad2d(n, | value = 0)",
    "add()", "mul()", "cat()", "skip()", "dropout(p = 0.5)",
  ]);
});

test.each([...ops.values()].map((op): [string, Op] => [op.name, op]))("%s is documented and has a sample", (_, op) => {
  expect(op.doc).toMatch(/^[A-Z].*\.$/s);
  for (const spec of Object.values(op.attrs)) expect(spec.doc.length).toBeGreaterThan(3);
  expect(op.samples.length).toBeGreaterThan(0);
  if (op.kind === "composite") expect(op.positional).toBeLessThanOrEqual(Object.keys(op.attrs).length);
});

describe.each(evaluable)("$name", ({ op, sample }) => {
  const graph = oneOp(op, sample.inputs, sample.attrs);

  test.each([1, 3])("evaluates to the shape it was given at birth, batch %i", (batch) => {
    const result = evaluate(graph, { ...randomGiven(graph, 1, batch), batch });
    const y = result.outputs.get("y")!;
    expect(y.shape).toEqual(bind(graph.node.type.shape, batch));
    expect(y.data.length).toBe(elementsPerSample(y.shape));
    expect(y.data.every(Number.isFinite)).toBe(true);
  });

  test("decomposed and folded it has the same type and value, bit for bit", () => {
    const given = { ...randomGiven(graph, 3), batch: 2 };
    const expected = evaluate(graph, given).outputs.get("y");
    for (const fold of [false, true]) {
      const core = decompose(graph, new Builder({ fold }));
      verify(core, "test", { core: true });
      expect(core.outputs[0]!.node.type).toBe(graph.node.type);
      expect(evaluate(core, given).outputs.get("y")).toEqual(expected);
    }
  });

  test("prints and reads back", () => {
    const text = printGraph(graph);
    const back = parseGraph(text, ops);
    if ("problem" in back) throw new Error(`${back.problem}\n${text}`);
    expect(printGraph(back)).toBe(text);
  });

  test("has a cost", () => {
    for (const n of decompose(graph).outputs.map((o) => o.node)) {
      if (n.op.kind !== "core") throw new Error("not core");
      const types = n.inputs.map((i) => i.type);
      const flops = total(n.op.flops(types, n.attrs as never, n.type));
      const macs = total(n.op.macs?.(types, n.attrs as never, n.type) ?? { fixed: 0, perSample: 0 });
      expect(Number.isSafeInteger(flops) && Number.isSafeInteger(macs)).toBe(true);
      expect(flops).toBeGreaterThanOrEqual(2 * macs);
    }
  });
});

/** What is drawn depends on the sample's place in the batch. */
const batched = evaluable.filter(({ op, sample }) => op.name !== "random" && oneOp(op, sample.inputs, sample.attrs).node.type.shape[0] === N);

test.each(batched)("a batch of $name is its samples one by one", ({ op, sample }) => {
  const graph = oneOp(op, sample.inputs, sample.attrs);
  const given = randomGiven(graph, 2, 3);
  const whole = evaluate(graph, given).outputs.get("y")!.data;
  const each = whole.length / 3;
  for (let k = 0; k < 3; k++) {
    const inputs = Object.fromEntries(
      graph.inputs.map((n, i) => {
        const t = given.inputs[`x${i}`]!;
        if (n.type.shape[0] !== N) return [`x${i}`, t];
        const size = t.data.length / 3;
        return [`x${i}`, { shape: [1, ...t.shape.slice(1)], data: t.data.slice(k * size, (k + 1) * size) }];
      }),
    );
    expect(evaluate(graph, { ...given, inputs }).outputs.get("y")!.data).toEqual(whole.slice(k * each, (k + 1) * each));
  }
});
