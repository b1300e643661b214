// Steps of training as graphs: what they read and write, the passes on them, kernels for all of it, and gradients of a whole network.
import { describe, expect, test } from "vitest";
import { evaluationGraph, leastBatch, stepGraph } from "../../src/autodiff/training.ts";
import { kernelOf as tsKernelOf } from "../../src/codegen/ts/kernels/index.ts";
import { tsTarget } from "../../src/codegen/ts/target.ts";
import { kernelOf as wasmKernelOf } from "../../src/codegen/wasm/kernels/index.ts";
import { wasmTarget } from "../../src/codegen/wasm/target.ts";
import { Compilation } from "../../src/compiler/compilation.ts";
import { evaluate, type Given } from "../../src/ir/eval.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { input, parameter } from "../../src/ir/leaf.ts";
import type { Node, Tensor } from "../../src/ir/op.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { printGraph } from "../../src/ir/print.ts";
import { verify } from "../../src/ir/verify.ts";
import { constant, conv2d, conv2dTranspose, conv2dWeight, ops, permute, pool, poolGrad, view } from "../../src/ops/index.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import { example } from "../lower/program.ts";
import { relativeError } from "../passes/texts.ts";
import { randomGiven, tensorOf } from "../harness/tensor.ts";
import { count } from "../harness/tier.ts";

const nameOf = (n: Node): string => (n.attrs as unknown as { readonly name: string }).name;

/** The only trained export of a program. */
function trainedExport(text: string, defines: Readonly<Record<string, string>> = {}, only?: string) {
  const c = new Compilation(text, { defines, ...(only ? { only } : {}) });
  expect(c.diagnostics).toEqual([]);
  return c.exports.find((e) => e.training)!;
}

/** Small weights, as training starts them; the scalars of a step. */
function givenFor(graph: Graph, batch: number, classes: number, lr = 0.1): Given {
  const { inputs, parameters } = randomGiven(graph, 9, batch);
  const scaled = Object.fromEntries(graph.parameters.map((p): [string, Tensor] => {
    const { name, fanIn, state, init } = (p as Node<typeof parameter>).attrs;
    const t = parameters[name]!;
    const one = (v: number): number => (name.startsWith("optimizer.") ? 0 : state || init === "one" ? 1 + 0.1 * v : v * Math.sqrt(3 / Math.max(1, fanIn)));
    return [name, { ...t, data: t.data.map(one) }];
  }));
  const numbers = { "train.lr": lr, "train.step": 0, "train.seed": 1 };
  const labels = Object.entries(inputs).map(([name, t]): [string, Tensor] => [name, name.endsWith("label") ? { ...t, data: t.data.map((_, i) => (5 * i + 3) % classes) } : t]);
  return { inputs: { ...Object.fromEntries(labels), ...Object.fromEntries(Object.entries(numbers).map(([k, v]) => [k, tensorOf([], [v])])) }, parameters: scaled, batch };
}

const resnet8 = trainedExport(example("cifar"), { n: "1" }, "resnet110");

describe("a step of a residual network", () => {
  const { step, evaluation } = resnet8.training!;
  const given = givenFor(step, 2, 10);
  const plain = evaluate(step, given);

  test("is sound: the loss and an update of every parameter, all finite; prints and reads back", () => {
    verify(step, "test", { core: true });
    expect(step.inputs.map(nameOf)).toEqual(["image", "label", "train.lr", "train.step", "train.seed"]);
    expect(step.outputs.map((o) => o.name)).toEqual(["loss"]);
    const learned = resnet8.graph.parameters.filter((p) => !(p as Node<typeof parameter>).attrs.state).map(nameOf);
    expect([...plain.updates.keys()].sort()).toEqual([...resnet8.graph.parameters.map(nameOf), ...learned.map((n) => `optimizer.velocity.${n}`)].sort());
    expect(plain.outputs.get("loss")!.data[0]).toBeGreaterThan(1);
    expect(plain.outputs.get("loss")!.data[0]).toBeLessThan(6);
    for (const [name, t] of plain.updates) expect(t.data.every(Number.isFinite), name).toBe(true);
    const text = printGraph(step);
    const back = parseGraph(text, ops);
    if ("problem" in back) throw new Error(back.problem);
    expect(printGraph(back)).toBe(text);
  });

  test("descends along the gradient: central differences agree", () => {
    const h = 3e-8; // few elements cross a ReLU's corner
    for (const [name, at] of [["conv1.weight", 100], ["layer2.0.bn1.weight", 3], ["linear.bias", 7]] as const) {
      const lossAt = (shift: number): number => {
        const moved = given.parameters[name]!;
        return evaluate({ ...step, updates: [] }, { ...given, parameters: { ...given.parameters, [name]: { ...moved, data: moved.data.with(at, moved.data[at]! + shift) } } }).outputs.get("loss")!.data[0]!;
      };
      const slope = (lossAt(h) - lossAt(-h)) / (2 * h);
      const gradient = plain.updates.get(`optimizer.velocity.${name}`)!.data[at]! - 1e-4 * given.parameters[name]!.data[at]!;
      expect(Math.abs(slope - gradient), name).toBeLessThan(3e-6 * Math.max(1, Math.abs(gradient)));
    }
  });

  test.each([false, true])("is the same after all passes, channels last: %s", (channelsLast) => {
    const passed = runPipeline(step, { disabled: new Set(), channelsLast });
    const { outputs, updates } = evaluate(passed, given);
    expect([...updates.keys()]).toEqual([...plain.updates.keys()]);
    expect(relativeError(plain.outputs.get("loss")!.data, outputs.get("loss")!.data)).toBeLessThan(1e-12);
    for (const [name, t] of plain.updates) expect(relativeError(t.data, updates.get(name)!.data), name).toBeLessThan(1e-10);
    if (!channelsLast) return;
    const images = [conv2d, conv2dTranspose, conv2dWeight, pool, poolGrad] as readonly unknown[];
    expect(reachable(passed).filter((n) => images.includes(n.op) && n.attrs["channelsLast" as never] !== true)).toEqual([]);
    expect(reachable(passed).filter((n) => n.op === permute && n.type.shape[0] === "N")).toHaveLength(1); // the image, once
  });

  test("has a kernel for every node on both targets", () => {
    const services = { routine: (_: string, make: (name: string) => unknown): string => (make("r"), "r"), runtime: (name: string): string => name };
    const leaves: readonly unknown[] = [input, parameter, constant, view];
    for (const g of [step, evaluation]) {
      for (const n of reachable(runPipeline(g, { disabled: new Set() })).filter((n) => !leaves.includes(n.op))) {
        const selection = tsTarget().select(n, "run", n.inputs.map(() => "run"))!;
        const elements = n.inputs.map((i) => (i.type.dtype === "i32" ? "i32" : "f32") as never);
        expect(tsKernelOf(n)!.emit(n as never, { name: "k", selection, inputs: elements, output: "f32", ...services } as never)).toContain("function k(");
      }
      for (const n of reachable(runPipeline(g, { disabled: new Set(), channelsLast: true })).filter((n) => !leaves.includes(n.op))) {
        const selection = wasmTarget().select(n)!;
        expect(wasmKernelOf(n)!.emit(n as never, { name: "k", doc: "", selection, ...services } as never).name).toBe("k");
      }
    }
  });

  test("is evaluated with the running statistics, and nothing is updated", () => {
    expect(evaluation.updates).toEqual([]);
    const { outputs } = evaluate(evaluation, { ...given, batch: 2 });
    const logits = evaluate(resnet8.graph, given).outputs.get("logits")!;
    const labels = given.inputs["label"]!.data;
    let [loss, wrong] = [0, 0];
    labels.forEach((label, n) => {
      const row = [...logits.data.slice(10 * n, 10 * n + 10)];
      loss += (Math.log(row.reduce((s, v) => s + Math.exp(v), 0)) - row[label]!) / labels.length;
      if (row.indexOf(Math.max(...row)) !== label) wrong++;
    });
    expect(outputs.get("loss")!.data[0]).toBeCloseTo(loss, 12);
    expect(outputs.get("wrong")!.data[0]).toBe(wrong);
  });
});

/** Steps in a row; the parameters at the end, and the losses on the way. */
function train(step: Graph, given: Given, steps: number): { readonly parameters: Readonly<Record<string, Tensor>>; readonly losses: readonly number[] } {
  let { parameters } = given;
  const losses: number[] = [];
  for (let t = 0; t < steps; t++) {
    const { outputs, updates } = evaluate(step, { inputs: { ...given.inputs, "train.step": tensorOf([], [t]) }, parameters, batch: given.batch! });
    parameters = { ...parameters, ...Object.fromEntries(updates) };
    losses.push(outputs.get("loss")!.data[0]!);
  }
  return { parameters, losses };
}

describe("small networks", () => {
  test.each(["sgd(lr = 0.1, momentum = 0.9)", "sgd(lr = 0.1, momentum = 0.9, nesterov = true)", "adam(lr = 0.01)", "adamw(lr = 0.01)"])("%s learns a batch by heart", (optimizer) => {
    const e = trainedExport(`model m {\n  input x: [6]\n  dense(16) -> bn -> relu\n  skip { dense(16) -> bn -> relu -> dense(16) -> bn }\n  relu -> dense(3)\n  output y\n}\ntrain m {\n  loss = cross_entropy(y)\n  optimizer = ${optimizer}\n  batch = 8\n}\n`);
    const given = givenFor(e.training!.step, 8, 3, optimizer.startsWith("sgd") ? 0.1 : 0.01);
    const { losses } = train(e.training!.step, given, 60);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 10);
    expect(e.training!.leastBatch).toBe(2);
  });

  test("several losses are a weighted sum, each with its target; dropout draws at two sites", () => {
    const e = trainedExport("model m {\n  input x: [4]\n  dense(8) -> dropout(0.5) -> dropout(0.5)\n  output a = dense(3)\n  output b = dense(2)\n}\ntrain m {\n  loss = cross_entropy(a, smoothing = 0.1) + 0.4 * mse(b)\n  optimizer = sgd(lr = 0.1)\n  clip = 1\n}\n");
    const { step } = e.training!;
    expect(step.inputs.map(nameOf).slice(0, 3)).toEqual(["x", "a_label", "b_target"]);
    const sites = reachable(step).filter((n) => n.op.name === "random").map((n) => n.attrs["site" as never]);
    expect(sites).toEqual([0, 1]);
    const given = givenFor(step, 4, 3);
    const [first, other] = [0, 1].map((seed) => evaluate(step, { ...given, inputs: { ...given.inputs, "train.seed": tensorOf([], [seed]) } }).outputs.get("loss")!.data[0]!);
    expect(first).not.toBe(other);
    expect(e.training!.leastBatch).toBe(1);
    expect(evaluate(e.training!.evaluation, given).outputs.get("wrong")!.data[0]).toBeLessThanOrEqual(4);
  });

  test("decay alone drives a residual block to the identity", () => {
    const e = trainedExport("model m {\n  input x: [4]\n  skip { dense(4) -> relu -> dense(4) }\n  output y\n}\ntrain m {\n  loss = 0 * mse(y)\n  optimizer = sgd(lr = 0.5, decay = 0.5)\n}\n");
    const given = givenFor(e.training!.step, 3, 2, 0.5);
    const { parameters } = train(e.training!.step, given, 100);
    const y = evaluate(e.graph, { ...given, parameters }).outputs.get("y")!.data;
    y.forEach((v, i) => expect(v).toBeCloseTo(given.inputs["x"]!.data[i]!, 10));
  });

  test("a parameter that the loss does not depend on is left alone", () => {
    const e = trainedExport("model m {\n  input x: [4]\n  output a = dense(3)\n  output b = dense(2)\n}\ntrain m {\n  loss = mse(b)\n  optimizer = sgd(lr = 0.1, decay = 0.1)\n}\n");
    expect(e.training!.step.updates.map((u) => nameOf(u.parameter))).toEqual(["1.weight", "1.bias"]);
  });

  test("an export without a train declaration has no step", () => {
    expect(new Compilation("model m {\n  input x: [4]\n  dense(3)\n  output y\n}\n").exports[0]!.training).toBeNull();
  });
});

test("hundreds of layers, in `verify` a thousand, are differentiated without recursion over them", () => {
  const n = count(50, 170);
  const e = trainedExport(example("cifar"), { n: String(n) }, "resnet110");
  const step = stepGraph(e.graph, e.elaborated.train!);
  expect(reachable(step).length).toBeGreaterThan(200 * n);
  expect(leastBatch(e.graph)).toBe(1);
  expect(reachable(evaluationGraph(e.graph, e.elaborated.train!)).length).toBeGreaterThan(30 * n);
});
