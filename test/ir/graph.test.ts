// Graphs: text that reads back, verification that finds every kind of damage, evaluation that does not mind depth.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Builder } from "../../src/ir/builder.ts";
import { decompose } from "../../src/ir/decompose.ts";
import { evaluate } from "../../src/ir/eval.ts";
import { reachable, type Graph } from "../../src/ir/graph.ts";
import { constant, input, parameter } from "../../src/ir/leaf.ts";
import { parseGraph } from "../../src/ir/parse.ts";
import { isProblem } from "../../src/ir/problem.ts";
import { printGraph } from "../../src/ir/print.ts";
import { N } from "../../src/ir/type.ts";
import { verify } from "../../src/ir/verify.ts";
import { add, conv2d, ops, relu, skip } from "../../src/ops/index.ts";
import { runPipeline } from "../../src/passes/pipeline.ts";
import { tensorOf } from "../harness/tensor.ts";

const text = `graph "tiny"
input %0 = "image" : [N, 3, 8, 8]
input %1 = "label" : i32[N]
parameter %2 = "conv1.weight" : [3, 3, 3, 3] {init="he", fanIn=27, fanOut=27}
parameter %3 = "bn.running_mean" : [3] {state=true}
%4 = conv(%0, %2) {c=3, k=[3, 3], bias=false} : [N, 3, 8, 8] @ "conv1"
%5 = skip(%4, %0) : [N, 3, 8, 8] @ "layer \\"1\\""
%6 = constant() {value=-0, shape=[3, 1, 1]} : [3, 1, 1]
%7 = map(%5, %6) {expr=(select(x0 < 0, x0 * 0.01, x0 + x1))} : [N, 3, 8, 8]
%8 = window(%7) {start=[0, 0, 0, 0], stop=[N, 3, 8, 8], step=[1, 1, 2, 2]} : [N, 3, 4, 4]
output "y" = %8
output "image again" = %0
`;

function read(source: string): Graph {
  const graph = parseGraph(source, ops);
  if (isProblem(graph)) throw new Error(graph.problem);
  return graph;
}

function refusal(source: string): string {
  const graph = parseGraph(source, ops);
  return isProblem(graph) ? graph.problem : "read";
}

describe("text", () => {
  test("reads back as it was written", () => {
    expect(printGraph(read(text))).toBe(text);
    verify(read(text), "test");
    expect(read(text).parameters.map((p) => p.attrs)).toMatchObject([{ name: "conv1.weight", init: "he", fanIn: 27, state: false }, { init: "zero", state: true }]);
  });

  test("blank lines, comments and other numbers do not matter", () => {
    const other = text.replace(/%(\d)/g, (_, d: string) => `%${90 + Number(d)}`).replace("output \"y\"", "\n// the result\n  output \"y\"");
    expect(printGraph(read(other))).toBe(text);
  });

  test("names are escaped, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (name, path) => {
        const b = new Builder();
        const x = b.make(input, [], { name, shape: [N, 2] });
        const w = b.make(parameter, [], { name, shape: [2] });
        const y = b.make(relu, [x], {}, { span: null, path });
        const graph = { name, inputs: [x], parameters: [w], outputs: [{ name: path, node: y }], updates: [] };
        const back = read(printGraph(graph));
        expect(printGraph(back)).toBe(printGraph(graph));
        expect([back.name, back.outputs[0]!.name, back.outputs[0]!.node.origin?.path ?? ""]).toEqual([name, path, path]);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["", "a graph begins with: graph \"name\""],
    ["input %0 = \"x\" : [N, 2]", "line 1: a graph begins with: graph \"name\""],
    ["graph \"g\"\n%0 = nothing()", "line 2: there is no op nothing"],
    ["graph \"g\"\n%1 = relu(%0) : [N, 2]", "line 2: %0 is not defined above"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\ninput %0 = \"y\" : [N, 2]", "line 3: %0 is defined twice"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = relu(%0) : [N, 3]", "line 3: relu makes [N, 2], not [N, 3]"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = leaky(%0) {steep=1} : [N, 2]", "line 3: leaky has no attribute steep"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = leaky(%0) {slope=1, slope=2} : [N, 2]", "line 3: slope of leaky is given twice"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = conv(%0) {c=4, k=[3]} : [N, 2]", "line 3: expected 2 numbers and found 1"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = conv(%0) {c=4} : [N, 2]", "line 3: conv needs [C, H, W], found [2]"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = map(%0) {expr=(x0 +)} : [N, 2]", "line 3: expected a number, an argument or a function and found the end in the expression x0 +"],
    ["graph \"g\"\ninput %0 = \"x\" : [N, 2]\n%1 = map(%0) {expr=(x0} : [N, 2]", "line 3: a parenthesis is not closed"],
    ["graph \"g\"\ninput %0 = \"\\x\" : [N, 2]", "line 2: \"\\x\" is not a JSON string"],
    ["graph \"g\"\nparameter %0 = \"w\" : [0, 2]\n%1 = relu(%0) : [0, 2]", "line 2: shape of parameter must be at least 1, not [0, 2]"],
    ["graph \"g\"\n%0 = constant() {value=2, shape=[3, 0]} : [3, 0]\n%1 = relu(%0) : [3, 0]", "line 2: shape of constant must be at least 1, not [3, 0]"],
    ["graph \"g\" 3", "line 1: expected the end of the line and found '3'"],
  ])("%j is refused: %s", (source, message) => {
    expect(refusal(source)).toBe(message);
  });

  test("no prefix and no single change of a character makes the reader throw", () => {
    let refused = 0;
    for (let i = 0; i < text.length; i++) {
      for (const changed of [text.slice(0, i), text.slice(0, i) + text.slice(i + 1), text.slice(0, i) + "(" + text.slice(i + 1), text.slice(0, i) + "9" + text.slice(i)]) {
        if (isProblem(parseGraph(changed, ops))) refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe("updates", () => {
  const changing = `graph "g"
input %0 = "x" : [N, 2]
parameter %1 = "w" : [2]
%2 = map(%0, %1) {expr=(x0 * x1)} : [N, 2]
%3 = map(%1) {expr=(x0 * 0.5)} : [2]
output "y" = %2
update %1 = %3
`;

  test("are printed, read back, kept by passes and evaluated from the old values", () => {
    const graph = read(changing);
    expect(printGraph(graph)).toBe(changing);
    expect(reachable(graph)).toHaveLength(4);
    const { outputs, updates } = evaluate(graph, { inputs: { x: tensorOf([1, 2], [3, 4]) }, parameters: { w: tensorOf([2], [10, 20]) } });
    expect([...outputs.get("y")!.data]).toEqual([30, 80]);
    expect([...updates.get("w")!.data]).toEqual([5, 10]);
    expect(printGraph(runPipeline(graph, { disabled: new Set() }))).toBe(changing);
  });

  test.each([
    ["update %0 = %3", "line 7: only a parameter can be updated"],
    ["update %1 = %2", "line 7: a parameter [2] cannot become [N, 2]"],
    ["update %1 = %3\nupdate %1 = %3", "line 8: a parameter is updated once"],
    ["update %1 = %9", "line 7: %9 is not defined above"],
  ])("%s is refused", (line, message) => {
    expect(refusal(changing.replace("update %1 = %3", line))).toBe(message);
  });
});

describe("verify", () => {
  const parts = () => {
    const b = new Builder();
    const x = b.make(input, [], { name: "x", shape: [N, 2] });
    const w = b.make(parameter, [], { name: "w", shape: [2] });
    const y = b.make(skip, [b.make(relu, [x]), x]);
    return { b, x, w, y, graph: { name: "g", inputs: [x], parameters: [w], outputs: [{ name: "y", node: y }], updates: [] } satisfies Graph };
  };

  test("accepts what a builder made", () => {
    verify(parts().graph, "test");
    verify(decompose(parts().graph), "test", { core: true });
  });

  const { x, w, y, graph } = parts();
  const foreign = parts();
  test.each<[string, Graph, string]>([
    ["a node made by hand", { ...graph, outputs: [{ name: "y", node: { ...y } }] }, "%3 = skip(%2, %0) : [N, 2] was not made by a builder"],
    ["nodes of two builders", { ...graph, outputs: [...graph.outputs, { name: "z", node: foreign.y }], inputs: [x, foreign.x] }, "were made by two builders"],
    ["an input that is not listed", { ...graph, inputs: [] }, "%0 = input() {name=\"x\", shape=[N, 2]} : [N, 2] is not in the signature"],
    ["a parameter listed as an input", { ...graph, inputs: [x, w] }, "is listed as an input or parameter"],
    ["two outputs of a name", { ...graph, outputs: [...graph.outputs, ...graph.outputs] }, "two outputs are called \"y\""],
    ["no output", { ...graph, outputs: [] }, "there is no output"],
    ["an update of what is no parameter", { ...graph, updates: [{ parameter: x, value: x }] }, "is updated and is no parameter"],
    ["an update of another type", { ...graph, updates: [{ parameter: w, value: y }] }, "%1 = parameter() {name=\"w\", shape=[2]} : [2] cannot become %3"],
    ["two updates of a parameter", { ...graph, updates: [{ parameter: w, value: w }, { parameter: w, value: w }] }, "a parameter is updated twice"],
  ])("finds %s", (_, damaged, message) => {
    expect(() => verify(damaged, "some pass")).toThrow(message);
    expect(() => verify(damaged, "some pass")).toThrow(/^some pass: /);
  });

  test("asks for core ops where it is told to", () => {
    expect(() => verify(graph, "decompose", { core: true })).toThrow("decompose: %2 = relu(%0) : [N, 2] is not a core op");
  });
});

describe("evaluation", () => {
  test("a chain of 10,000 nodes is decomposed, evaluated, printed and read back", () => {
    const b = new Builder();
    const x = b.make(input, [], { name: "x", shape: [N, 2] });
    let v = x;
    for (let i = 0; i < 10_000; i++) v = i % 2 === 0 ? b.make(add, [v, x]) : b.make(relu, [v]);
    const graph: Graph = { name: "deep", inputs: [x], parameters: [], outputs: [{ name: "y", node: v }], updates: [] };
    verify(graph, "test");
    const given = { inputs: { x: tensorOf([1, 2], [1, -1]) }, parameters: {} };
    expect([...evaluate(graph, given).outputs.get("y")!.data]).toEqual([5001, 0]);
    expect([...evaluate(decompose(graph), given).outputs.get("y")!.data]).toEqual([5001, 0]);
    expect(printGraph(read(printGraph(graph)))).toBe(printGraph(graph));
  });

  test("keeps every value on request, and only the outputs otherwise", () => {
    const graph = read(text);
    const given = {
      inputs: { image: tensorOf([1, 3, 8, 8], new Array<number>(192).fill(1)), label: tensorOf([1], [3]) },
      parameters: { "conv1.weight": tensorOf([3, 3, 3, 3], new Array<number>(81).fill(1)), "bn.running_mean": tensorOf([3], [0, 0, 0]) },
    };
    expect(evaluate(graph, { ...given, keep: true }).values.size).toBe(9);
    const kept = evaluate(graph, given);
    expect([...kept.outputs.keys()]).toEqual(["y", "image again"]);
    expect(kept.outputs.get("y")!.data[0]).toBe(13); // 4 pixels of 3 channels, and the shortcut
    expect(kept.outputs.get("image again")).toBe(given.inputs.image);
  });

  test("says which tensor is missing or has another shape", () => {
    const graph = read(text);
    expect(() => evaluate(graph, { inputs: {}, parameters: {} })).toThrow('eval: the input "image" has no value');
    const image = tensorOf([2, 3, 8, 8], new Array<number>(384).fill(0));
    expect(() => evaluate(graph, { inputs: { image, label: tensorOf([1], [0]) }, parameters: {} })).toThrow('the input "label" is i32[N] with N = 2, found [1] with 1 elements');
  });

  test("a constant may hold the batch", () => {
    const b = new Builder();
    const x = b.make(input, [], { name: "x", shape: [N] });
    const two = b.make(constant, [], { value: 2, shape: [N] });
    const graph = { name: "g", inputs: [x], parameters: [], outputs: [{ name: "y", node: two }], updates: [] };
    expect([...evaluate(graph, { inputs: { x: tensorOf([3], [0, 0, 0]) }, parameters: {} }).outputs.get("y")!.data]).toEqual([2, 2, 2]);
  });

  test("what layers are made of leads back to them", () => {
    const core = decompose(read(text));
    const [conv1] = core.outputs[0]!.node.inputs[0]!.inputs[0]!.inputs;
    expect(conv1!.op).toBe(conv2d);
    expect(conv1!.origin?.path).toBe("conv1");
  });
});
