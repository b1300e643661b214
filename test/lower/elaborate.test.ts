// What programs mean as graphs: skips, merges, values, arguments, defaults, recursion, what comes from outside.
import { describe, expect, test } from "vitest";
import { decompose } from "../../src/ir/decompose.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { printGraph } from "../../src/ir/print.ts";
import { verify } from "../../src/ir/verify.ts";
import { instantiate } from "../../src/lower/instantiate.ts";
import { example, exportNamed, exportsOf, graphOf, lower, model, names } from "./program.ts";

/** The steps of a graph as the language calls them, in order. */
function steps(graph: Graph): readonly string[] {
  return printGraph(graph).split("\n").flatMap((line) => /^%\d+ = (\w+)/.exec(line)?.[1] ?? []);
}

/** The graph's text without the places in the network. */
function meaning(graph: Graph): string {
  return printGraph(decompose(graph)).replace(/ @ .*$/gm, "").replace(/^graph .*$/m, "");
}

function shape(text: string): string {
  return graphOf(text).outputs[0]!.node.type.shape.slice(1).join("×");
}

test("each dropout of a program draws for itself, in blocks that are elaborated once too", () => {
  const graph = graphOf(`block b { add { dropout(0.5) | dropout(0.5) } }\n${model("b -> add { b | b }")}`);
  expect(steps(graph)).toEqual(["dropout", "dropout", "add", "dropout", "dropout", "add", "dropout", "dropout", "add", "add"]);
});

describe("skip", () => {
  test("is one node of the graph, and the literal reading means the same", () => {
    const skip = graphOf(model("skip { dense(in.c) -> relu -> dense(in.c) } -> relu"));
    const literal = graphOf(model("dense(in.c) -> relu -> dense(in.c) -> add(in) -> relu"));
    expect(steps(skip)).toEqual(["dense", "relu", "dense", "skip", "relu"]);
    expect(steps(literal)).toEqual(["dense", "relu", "dense", "add", "relu"]);
    expect(meaning(skip)).toBe(meaning(literal));
  });

  test.each([1, 2, 3, 10, 200])("of reach %i", (reach) => {
    const graph = graphOf(model(`skip { { dense(4) -> relu } * ${reach} }`));
    expect(steps(graph)).toEqual([...Array.from({ length: reach }, () => ["dense", "relu"]).flat(), "skip"]);
    const last = graph.outputs[0]!.node;
    expect(last.inputs[1]).toBe(graph.inputs[0]);
  });

  test("nested and crossing", () => {
    const text = model("skip { dense(4) as a -> skip { relu -> dense(4) } as b -> add(a) -> relu } -> add(b)");
    expect(steps(graphOf(text))).toEqual(["dense", "relu", "dense", "skip", "add", "relu", "skip", "add"]);
  });

  test("skip(none) and the option `plain` are the plain network: the same parameters, no addition", () => {
    const body = (via: string): string => model(`{ skip${via} { dense(4) -> relu } } * 3`);
    const none = graphOf(body("(none)"));
    expect(steps(none)).toEqual(["dense", "relu", "dense", "relu", "dense", "relu"]);
    expect(printGraph(graphOf(body(""), { plain: true }))).toBe(printGraph(none));
    expect(names(graphOf(body("")))).toEqual(names(none));
  });

  test("plain ResNets lose the parameters of their shortcuts and no others", () => {
    const plain = exportsOf(example("cifar"), { plain: true });
    const of = (name: string): Graph => instantiate(plain.find((e) => e.name === name)!);
    expect(names(of("resnet20b"))).toEqual(names(instantiate(exportNamed("plain20", example("cifar")))));
    const with20b = names(instantiate(exportNamed("resnet20b", example("cifar"))));
    expect(with20b.filter((n) => !n.includes(".shortcut."))).toEqual(names(of("resnet20b")));
  });

  test("a shortcut's free `to` receives the branch's shape, a bound one keeps its own", () => {
    const block = "block p(to, k = 1) { conv(to.c, k, ceil(in.h / to.h)) }\n";
    const skip = (via: string): string => block + model(`skip(${via}) { conv(8, 3, 2) }`, "[4, 9, 9]");
    expect(shape(skip("p"))).toBe("8×5×5");
    expect(shape(skip("p(k = 3)"))).toBe("8×5×5");
    expect(shape(skip("p([8, 5, 5])"))).toBe("8×5×5");
    expect(lower(skip("p([9, 5, 5])")).diagnostics.map((d) => d.message)).toEqual(["skip cannot add [9, 5, 5] to [8, 5, 5]"]);
  });

  test("an identity shortcut is no call, whoever says so", () => {
    const expected = printGraph(graphOf(model("skip { relu }")));
    for (const via of ["id", "p", "{ }", "{ id }", "q(id)"]) {
      expect(printGraph(graphOf(`block p(to) { if in.shape != to { dense(to.c) } }\nblock q(f) { f }\n${model(`skip(${via}) { relu }`)}`)), via).toBe(expected);
    }
  });
});

describe("values", () => {
  test("a name at the beginning of a statement restarts the flow", () => {
    expect(shape("model m {\n  input a: [4]\n  input b: [6]\n  dense(3)\n  b -> relu\n  output y\n}")).toBe("6");
  });

  test("`let` makes a side branch, `as` names what flows", () => {
    const graph = graphOf(model("dense(6) as h\n  let s = x -> dense(6) -> sigmoid\n  relu -> mul(s) -> add(h)"));
    expect(steps(graph)).toEqual(["dense", "dense", "sigmoid", "relu", "mul", "add"]);
  });

  test("`as` on a line of its own", () => {
    expect(steps(graphOf(model("dense(4)\n  as h\n  relu\n  add(h)")))).toEqual(["dense", "relu", "add"]);
  });

  test("lists fill in loops and are seen in the whole block", () => {
    expect(shape(model("for i in 0..3 { dense(2 * i + 1) as e[i] }\n  cat { e[0] | e[1] | e[2] }"))).toBe("9");
    expect(shape(model("for i in 0..3 {\n    if i > 0 { add(e[i - 1]) }\n    dense(4) as e[i]\n  }"))).toBe("4");
    expect(shape("model m(b = true, unit = { dense(in.c) }) {\n  if b { input x: [4] } else { input x: [8] }\n  dense(3) -> unit -> add(x)\n  output y\n}\n")).toBe("4");
    expect(shape(model("for i in 0..3 { for j in 0..2 { dense(j + 1) as e[2 * i + j] } }\n  cat { e[5] | e[0] } -> dense(len(e))"))).toBe("6");
  });

  test("names set in a repetition mean the last round, inside and after", () => {
    const graph = graphOf(model("{ dense(4) as h -> relu -> add(h) } * 2 -> add(h)"));
    expect(steps(graph)).toEqual(["dense", "relu", "add", "dense", "relu", "add", "add"]);
    expect(graph.outputs[0]!.node.inputs[1]!.origin?.path).toBe("2");
  });

  test("lists filled in an argument stay in it", () => {
    const text = `block b(f) { f }\n${model("b({ for i in 0..2 { dense(4) as e[i] }\n  add(e[0]) }) * 2")}`;
    expect(steps(graphOf(text))).toEqual(["dense", "dense", "add", "dense", "dense", "add"]);
    expect(lower(`block b(f) { f }\n${model("b({ relu as e[0] }) * 2 -> add(e[0])")}`).diagnostics.map((d) => d.code)).toEqual(["RN201"]);
  });

  test("what a repetition reads from outside stays the same in each round", () => {
    const graph = graphOf(model("dense(4) as h\n  { { dense(4) -> add(h) } * 2 -> add(in) } * 2"));
    const [h] = graph.outputs.map((o) => o.node.inputs[0]!.inputs[1]!);
    expect(steps(graph)).toEqual(["dense", "dense", "add", "dense", "add", "add", "dense", "add", "dense", "add", "add"]);
    expect(h!.origin?.path).toBe("0");
  });

  test("`in` is the input of the nearest block, also in braces, skips and arguments", () => {
    const text = `block b(f) { relu -> { skip { dense(in.c) -> f } } }\n${model("dense(6) -> b({ dense(6) -> dense(in.c) -> dense(6) }) -> dense(in.c)")}`;
    const graph = graphOf(text);
    expect(graph.parameters.filter((p) => String(p.attrs["name" as never]).endsWith("weight")).map((p) => p.type.shape.join("×"))).toEqual(["6×4", "6×6", "6×6", "4×6", "6×4", "4×6"]);
  });

  test("an input can be an output, and one value several", () => {
    const graph = graphOf("model m {\n  input x: [4]\n  output same\n  relu\n  output y\n  output z = x -> tanh\n  output w\n}");
    expect(graph.outputs.map((o) => o.name)).toEqual(["same", "y", "z", "w"]);
    expect(graph.outputs[0]!.node).toBe(graph.inputs[0]);
    expect(graph.outputs[3]!.node).toBe(graph.outputs[1]!.node);
  });

  test("integer inputs", () => {
    const graph = graphOf("model m {\n  input x: [4]\n  input i: int [2]\n  dense(2)\n  output y\n}");
    expect(graph.inputs.map((i) => i.type.dtype)).toEqual(["f32", "i32"]);
  });
});

describe("blocks and arguments", () => {
  test("defaults of parameters see earlier ones and the input", () => {
    expect(shape(`block b(c = in.c, d = 2 * c) { dense(d) }\n${model("b -> b(5)")}`)).toBe("10");
  });

  test("blocks, layers, bound layers and braces are arguments alike", () => {
    for (const f of ["c", "dense(6)", "{ dense(6) }", "b({ dense(6) })"]) {
      expect(shape(`block c { dense(6) }\nblock b(f) { f -> relu }\n${model(`b(${f})`)}`), f).toBe("6");
    }
    expect(steps(graphOf(`block b(act = relu) { dense(4) -> act }\n${model("b -> b(gelu) -> b(leaky(0.2)) -> b(id) -> b({ })")}`))).toEqual(["dense", "relu", "dense", "gelu", "dense", "leaky", "dense", "dense"]);
  });

  test("bound arguments and later ones come together", () => {
    expect(shape(`block b(c, k, s) { conv(c, k, s) }\nblock twice(f) { f(6) -> f(5) }\n${model("twice(b(k = 3, s = 2))", "[1, 16, 16]")}`)).toBe("5×4×4");
  });

  test("a bound layer has fresh weights wherever it is used", () => {
    expect(names(graphOf(`block b(f) { f * 3 }\n${model("b(dense(4, bias = false))")}`))).toEqual(["0.0.weight", "0.1.weight", "0.2.weight"]);
  });

  test("named values are arguments too", () => {
    const graph = graphOf(`block fuse(other) { dense(4) -> add(other) -> relu }\n${model("dense(4) as h -> relu -> fuse(h) -> fuse(h)")}`);
    expect(steps(graph)).toEqual(["dense", "relu", "dense", "add", "relu", "dense", "add", "relu"]);
  });

  test("recursion that ends", () => {
    expect(steps(graphOf(`block f(n) { if n > 0 { skip { dense(4) -> f(n - 1) } } }\n${model("f(3)")}`))).toEqual(["dense", "dense", "dense", "skip", "skip", "skip"]);
  });

  test("what repeats is elaborated once: the instructions of a fragment are as many as are written", () => {
    const { model: m } = exportNamed("m", `block b { dense(4) -> relu }\n${model("b * 100_000 -> b")}`, {});
    expect(m.fragment.totals.nodes).toBe(400_004);
    expect(m.fragment.instructions.length).toBe(3);
  });
});

describe("compile time", () => {
  test.each([
    ["7 / 2 * 2", 7], ["2 ** 3 ** 2 / 64", 8], ["-2 + 5", 3], ["7 % 4", 3], ["ceil(7 / 2) + floor(7 / 2)", 7], ["min(4, 2, 3) + max([1, 5])", 7],
    ["len([1, 2]) + len(0..5)", 7], ["reverse(0..4)[0]", 3], ["[4, 5, 6][1]", 5], ["true ? 3 : 1 / 0", 3], ["false && 1 / 0 == 1 ? 1 : 2", 2], ["[1, 2] == [1, 2] ? 3 : 4", 3],
    ["[0, 1, 2] == 0..3 ? 3 : 4", 3], ["in.shape == [4] ? 3 : 5", 3], ["max(reverse(2..6))", 5], ["!(1 >= 2) ? 6 : 7", 6], ["in.c", 4], ["x.shape.c + len(x.shape)", 5],
  ])("dense(%s) is dense(%i)", (expression, n) => {
    expect(shape(model(`dense(${expression})`))).toBe(`${n}`);
  });

  test("constants, in any order, and from libraries", () => {
    expect(shape(`const a = 2 * b\nconst b = 3\n${model("dense(a)")}`)).toBe("6");
    expect(lower(`import * as r from "rn/resnet"\n${model("r.basic(8, 2)", "[4, 8, 8]")}`).diagnostics).toEqual([]);
  });

  test("for runs over lists and ranges with an index; if and else if", () => {
    expect(shape(model("for c, i in [3, 5, 7] { if i == 0 { dense(c) } else if i == 1 { dense(2 * c) } else { cat { id | dense(c) } } }"))).toBe("17");
  });

  test("a shape assertion lets what flows flow on", () => {
    expect(shape(model("[4] -> dense(6) -> [6]"))).toBe("6");
  });
});

describe("defaults", () => {
  test("may use constants, whichever comes first", () => {
    expect(names(graphOf(`default dense(bias = flag)\nconst flag = small < 3\nconst small = 2\nconst fc = dense(4)\ndefault dense(bias = !flag)\n${model("fc -> dense(4)")}`))).toEqual(["0.weight", "0.bias", "1.weight"]);
    expect(lower(`default dense(n = n)\nconst n = fc\nconst fc = dense(4)\n${model("relu")}`).diagnostics.map((d) => d.code)).toContain("RN408");
  });

  test("hold from there on, in their file", () => {
    const text = `block a { dense(4) }\ndefault dense(bias = false)\nblock b { dense(4) }\n${model("a -> b -> dense(4) -> dense(4, bias = true)")}`;
    expect(names(graphOf(text))).toEqual(["0.0.weight", "0.0.bias", "1.0.weight", "2.weight", "3.weight", "3.bias"]);
  });

  test("in braces they hold to their end, and add up", () => {
    const text = model("default conv(bias = false)\n  { default conv(k = 3)\n    conv(4) } -> conv(4)", "[2, 4, 4]");
    expect(graphOf(text).parameters.map((p) => p.type.shape.join("×"))).toEqual(["4×2×3×3", "4×4×1×1"]);
  });

  test("a library's blocks keep their own", () => {
    const graph = graphOf(`import { basic } from "rn/resnet"\ndefault bn(eps = 0.1)\n${model("basic(4) -> bn -> conv(4)", "[4, 8, 8]")}`);
    expect(printGraph(graph).match(/bn\(.*/g)?.map((line) => line.includes("eps=0.1"))).toEqual([false, false, true]);
    expect(names(graph).filter((n) => /^(0\.conv\d|2)\.bias$/.test(n))).toEqual(["2.bias"]);
  });

  test("an argument has those of the place where it is written", () => {
    const text = `block b(f) { default dense(bias = false)\n  f -> dense(4) }\n${model("b(dense(4)) -> b({ dense(4) })")}`;
    expect(names(graphOf(text))).toEqual(["0.0.weight", "0.0.bias", "0.1.weight", "1.0.0.weight", "1.0.0.bias", "1.1.weight"]);
  });
});

describe("from outside", () => {
  const text = `block wide { dense(8) }\nmodel net(n = 1, via = none, sizes = [4]) {\n  input x: [4]\n  skip(via) { dense(4) * n }\n  for s in sizes { dense(s) }\n  output y\n}\nexport one = net\nexport two = net(n = 2)\n`;

  test("defines are expressions and override the export", () => {
    const size = (defines: Record<string, string>): readonly number[] => exportsOf(text, { defines }).map((e) => e.totals.tensors);
    expect(size({})).toEqual([4, 6]);
    expect(size({ n: "3" })).toEqual([8, 8]);
    expect(size({ n: "1 + 1", sizes: "[5, 4, 4]" })).toEqual([10, 10]);
    expect(size({ via: "dense(4)" })).toEqual([6, 8]);
  });

  test("a define is for the models that have the parameter", () => {
    const both = `${text}model other { input x: [4]\n output y }\nexport three = other\n`;
    expect(lower(both, { defines: { n: "3" } }).diagnostics).toEqual([]);
  });

  test("one export alone", () => {
    expect(exportsOf(text, { only: "two" }).map((e) => e.name)).toEqual(["two"]);
  });

  test("a file without exports exports the models that need no arguments", () => {
    expect(exportsOf("model a { input x: [4]\n output y }\nmodel b(n) { input x: [4]\n dense(n)\n output y }\nmodel c(n = 2) { input x: [4]\n dense(n)\n output y }").map((e) => e.name)).toEqual(["a", "c"]);
  });

  test("weights and documentation of an export", () => {
    const [e] = exportsOf('/// of the model\nmodel a { input x: [4]\n output y }\n/// of the export\nexport b = a from "w.safetensors"\n');
    expect(e).toMatchObject({ name: "b", doc: "of the export", from: { path: "w.safetensors" }, train: null });
  });
});

test("graphs are well-formed, and the same text gives the same graph", () => {
  for (const file of ["mlp", "cifar", "preact", "unet", "densenet"]) {
    const [a, b] = [exportsOf(example(file)), exportsOf(example(file))].map((all) => all.map(instantiate));
    for (const g of a!) verify(g, file);
    expect(a!.map(printGraph)).toEqual(b!.map(printGraph));
  }
});
