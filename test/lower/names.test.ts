// Rule 9: which scope a parameter is in, and what it is called.
import { expect, test } from "vitest";
import { graphOf, lower, model, names } from "./program.ts";

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["unlabelled layers are numbered, those without parameters too", model("dense(4, bias = false) -> relu -> dense(4)"), ["0.weight", "2.weight", "2.bias"]],
  ["a label takes no number", model("dense(4, bias = false) -> fc: dense(4, bias = false) -> dense(4, bias = false)"), ["0.weight", "fc.weight", "1.weight"]],
  ["a label names the one step it stands before", model("a: dense(4, bias = false) -> dense(4, bias = false)"), ["a.weight", "0.weight"]],
  ["assertions and values take no number", model("[4] -> dense(4, bias = false) -> id -> [4] -> dense(4, bias = false)"), ["0.weight", "1.weight"]],
  ["merges with values take no number", model("dense(4, bias = false) -> add(x) -> dense(4, bias = false)"), ["0.weight", "1.weight"]],
  ["unlabelled braces, for and if are transparent", model("{ dense(4, bias = false) } -> { { dense(4, bias = false) } }\n  for i in 0..2 { dense(4, bias = false) }\n  if true { dense(4, bias = false) }"), ["0.weight", "1.weight", "2.weight", "3.weight", "4.weight"]],
  ["so are skip, cat, add and mul", model("skip { dense(4, bias = false) } -> cat { id | dense(2, bias = false) } -> add { dense(4, bias = false) | dense(4, bias = false) }"), ["0.weight", "1.weight", "2.weight", "3.weight"]],
  ["a label opens a scope before braces", model("a: { dense(4, bias = false) -> dense(4, bias = false) } -> dense(4, bias = false)"), ["a.0.weight", "a.1.weight", "0.weight"]],
  ["… before for, and iterations go on counting", model("a: for i in 0..3 { dense(4, bias = false) -> relu }"), ["a.0.weight", "a.2.weight", "a.4.weight"]],
  ["… before if, with its else", model("a: if false { relu } else { dense(4, bias = false) }"), ["a.0.weight"]],
  ["… before merges", model("a: skip { dense(4, bias = false) } -> b: cat { dense(2, bias = false) | dense(2, bias = false) }"), ["a.0.weight", "b.0.weight", "b.1.weight"]],
  ["repetitions go on counting", model("dense(4, bias = false) * 3 -> { relu -> dense(4, bias = false) } * 2 -> dense(4, bias = false)"), ["0.weight", "1.weight", "2.weight", "4.weight", "6.weight", "7.weight"]],
  ["… also where the shape changes", model("cat { id | dense(1, bias = false) } * 3 -> dense(4, bias = false)"), ["0.weight", "1.weight", "2.weight", "3.weight"]],
  ["… within a label's scope", model("relu -> a: { dense(4, bias = false) * 2 -> { dense(4, bias = false) } * 2 } -> b: { relu -> dense(4, bias = false) } * 2"), ["a.0.weight", "a.1.weight", "a.2.weight", "a.3.weight", "b.1.weight", "b.3.weight"]],
  ["… nested", model("{ { dense(4, bias = false) -> relu } * 2 -> dense(4, bias = false) } * 2"), ["0.weight", "2.weight", "4.weight", "5.weight", "7.weight", "9.weight"]],
  ["labels with interpolation, keywords too", model('for i in 0..2 { "block{i + 1}": dense(4, bias = false) }\n  "for": dense(4, bias = false)'), ["block1.weight", "block2.weight", "for.weight"]],
  ["a block call opens a scope: its number", `block b { dense(4, bias = false) -> dense(4, bias = false) }\n${model("relu -> b -> b")}`, ["1.0.weight", "1.1.weight", "2.0.weight", "2.1.weight"]],
  ["… or its label", `block b { fc: dense(4, bias = false) }\n${model("one: b -> two: b -> b")}`, ["one.fc.weight", "two.fc.weight", "0.fc.weight"]],
  ["… repeated", `block b { fc: dense(4, bias = false) }\n${model("s: { b * 3 } -> b * 2")}`, ["s.0.fc.weight", "s.1.fc.weight", "s.2.fc.weight", "0.fc.weight", "1.fc.weight"]],
  ["blocks as arguments are called like blocks", `block b(f) { f -> out: f }\nblock c { dense(4, bias = false) }\n${model("b(c) -> b(dense(4, bias = false))")}`, ["0.0.0.weight", "0.out.0.weight", "1.0.weight", "1.out.weight"]],
  ["braces as arguments too", `block b(f) { f -> out: f }\n${model("b({ dense(4, bias = false) -> relu })")}`, ["0.0.0.weight", "0.out.0.weight"]],
  ["… in a repetition", `block b(f) { f -> relu }\n${model("relu -> b({ dense(4, bias = false) }) * 2")}`, ["1.0.0.weight", "2.0.0.weight"]],
  ["a shortcut's scope is `shortcut`", `block p(to) { dense(to.c, bias = false) -> dense(to.c, bias = false) }\n${model("skip(p) { dense(6, bias = false) }")}`, ["0.weight", "shortcut.0.weight", "shortcut.1.weight"]],
  ["… or its label", `block p(to) { dense(to.c, bias = false) }\n${model("skip(down: p) { dense(6, bias = false) }")}`, ["0.weight", "down.0.weight"]],
  ["… and a layer's parameters are in it", model("skip(dense(6, bias = false)) { dense(6, bias = false) }"), ["0.weight", "shortcut.weight"]],
  ["layers call their parameters as PyTorch does", model("conv(4, 3) -> bn -> upconv(2, 2, 2) -> ln", "[3, 4, 4]"), ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias", "3.weight", "3.bias"]],
];

test.each(cases)("%s", (_, text, expected) => {
  expect(names(graphOf(text))).toEqual(expected);
});

const holder = "block b { dense(4) }\nblock s(to) { dense(to.c) }\n";

test.each([
  ["two repeated braces of one label", "a: { dense(4) } * 2 -> a: { dense(4) } * 2", "a"],
  ["braces with a repetition, and without", "a: { dense(4) * 2 } -> a: { dense(4) }", "a"],
  ["a block and braces", "a: b -> a: { dense(4) }", "a"],
  ["braces and a block", "a: { fc: dense(4) } -> a: b", "a"],
  ["a layer and braces", "a: dense(4) -> a: { dense(4) }", "a"],
  ["two loops", "a: for i in 0..2 { dense(4) }\n  a: for i in 0..2 { dense(4) }", "a"],
  ["braces in a loop", "for i in 0..2 { a: { dense(4) } }", "a"],
  ["a scope in a scope", "a: { c: { dense(4) } -> c: { dense(4) * 2 } }", "a.c"],
  ["two shortcuts without a label", "skip(s) { dense(4) }\n  skip({ dense(4) }) { dense(4) }", "shortcut"],
  ["… in braces", "skip({ dense(4) }) { dense(4) }\n  skip({ dense(4) }) { dense(4) }", "shortcut"],
  ["a repetition of a repetition", "{ a: { dense(4) } * 2 } * 3", "a"],
  ["a block with braces as arguments, and braces", "block twice", "a"],
])("a path of parameters is used once: %s", (_, body, path) => {
  const text = body === "block twice" ? `block f(g) { g -> relu }\n${model("a: f({ dense(4) }) -> a: { dense(4) }")}` : `${holder}${model(body)}`;
  const { diagnostics } = lower(text);
  expect(diagnostics.map((d) => `${d.code} ${/`(.*?)`/.exec(d.message)![1]}`)).toEqual([`RN219 ${path}`]);
});

test.each([
  ["scopes without parameters", "a: { relu } -> a: { tanh } -> a: { dense(4) }", ["a.0.weight", "a.0.bias"]],
  ["shortcuts without parameters", "skip(s) { dense(4) }\n  skip({ relu }) { dense(4) }", ["0.weight", "0.bias", "shortcut.0.weight", "shortcut.0.bias", "1.weight", "1.bias"]],
  ["shortcuts with a label", "skip(s) { dense(4) }\n  skip(other: { dense(4) }) { relu }", ["0.weight", "0.bias", "shortcut.0.weight", "shortcut.0.bias", "other.0.weight", "other.0.bias"]],
  ["sides of a choice", "if true { a: { dense(4) } } else { a: { dense(4) } }", ["a.0.weight", "a.0.bias"]],
])("what clashes with nothing: %s", (_, body, expected) => {
  expect(names(graphOf(`${holder}${model(body)}`))).toEqual(expected);
});

test("`as` names values, labels name parameters: the two do not mix", () => {
  expect(names(graphOf(model("fc: dense(4, bias = false) as fc -> dense(4, bias = false) -> add(fc)")))).toEqual(["fc.weight", "0.weight"]);
});

test("running statistics are state, and no learned tensors", () => {
  const graph = graphOf(model("conv(4, 3) -> bn", "[3, 4, 4]"));
  expect(names(graph, true).filter((n) => !names(graph).includes(n))).toEqual(["1.running_mean", "1.running_var"]);
});
