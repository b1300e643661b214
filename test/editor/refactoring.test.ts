// Rewritings: the program after them has the same networks as before, and parameters keep their names where the language lets them.
import { describe, expect, test } from "vitest";
import { Compilation } from "../../src/compiler/compilation.ts";
import { refactorings } from "../../src/editor/refactoring.ts";
import type { Refactoring } from "../../src/editor/rewrite.ts";
import { everything } from "../../src/editor/tree.ts";
import { printGraph } from "../../src/ir/print.ts";
import type { Body, Flow } from "../../src/language/ast.ts";
import { below, random } from "../harness/random.ts";
import { count, full } from "../harness/tier.ts";
import { examples } from "../language/support.ts";
import { applied, example, marked } from "./marked.ts";

/** Every export's graph as lines, without places; parameters by their names, or by their numbers in the order of their use. */
function graphs(text: string, named = true): readonly string[] {
  const compilation = new Compilation(text);
  expect(compilation.diagnostics).toEqual([]);
  return compilation.exports.flatMap(({ name, graph }) => {
    const numbers = new Map(graph.parameters.map((p, i) => [JSON.stringify((p.attrs as { readonly name: string }).name), String(i)]));
    const lines = printGraph(graph).split("\n").map((l) => l.replace(/ @ "[^"]*"/, ""));
    return [name, ...(named ? lines : lines.map((l) => l.replaceAll(/"[^"]*"/g, (s) => numbers.get(s) ?? s)))];
  });
}

function expectSame(after: readonly string[], before: readonly string[]): void {
  const i = before.findIndex((line, k) => line !== after[k]);
  expect([after.length, i < 0 ? null : after[i]]).toEqual([before.length, i < 0 ? null : before[i]]);
}

/** The rewriting between two marks, or at one. */
function rewriting(program: string, kind: Refactoring["kind"]): { readonly before: string; readonly after: string } | null {
  const { analysis, text, marks: [start, end] } = marked(program);
  const found = refactorings(analysis, start!, end ?? start!).find((r) => r.kind === kind);
  return found ? { before: text, after: applied(text, found.edits) } : null;
}

const inModel = (lines: string, more = ""): string => `${more}model m(width = 4) {\n  input x: [3, 8, 8]\n${lines}\n  output y\n}\n`;

describe("extract a block", () => {
  test.each([
    ["some steps of a chain", inModel("  conv(4) -> ‸bn -> relu‸ -> conv(2)"), "block part { bn -> relu }\n\nmodel", "conv(4) -> part -> conv(2)", false],
    ["a step with what it reads", inModel("  for i in 0..2 {\n    ‸conv(width + i) -> bn‸\n  }"), "block part(width, i) { conv(width + i) -> bn }", "    part(width, i)\n", false],
    ["lines", inModel("  relu\n‸  conv(4)\n    -> bn\n  relu\n‸  conv(2)"), "block part {\n  conv(4)\n    -> bn\n  relu\n}\n", "  relu\n  part\n  conv(2)", false],
    ["what is under a label keeps its names", inModel("  stem: ‸{\n    conv1: conv(width) -> bn\n  }‸ -> relu"), "block part(width) {\n  conv1: conv(width) -> bn\n}", "  stem: part(width) -> relu", true],
    ["a loop with its label", inModel("  relu\n  ‸stage: for i in 0..2 { conv(3) }‸"), "block part { for i in 0..2 { conv(3) } }", "  stage: part\n", true],
    ["the name of its result stays outside", inModel("  ‸conv(3) -> relu as z‸ -> add(z)"), "block part { conv(3) -> relu }", "  part as z -> add(z)", false],
    ["what flows into the model", inModel("  conv(3) -> ‸relu -> cat(in)‸"), "block part(whole) { relu -> cat(whole) }", "conv(3) -> part(in)", true],
    ["above the comment of its model", `// first\n\n/// doc\n${inModel("  ‸relu -> relu‸")}`, "// first\n\nblock part { relu -> relu }\n\n/// doc\nmodel", "  part\n", true],
  ])("%s", (_, program, block, call, named) => {
    const { before, after } = rewriting(program, "extract")!;
    expect(after).toContain(block);
    expect(after).toContain(call);
    expectSame(graphs(after, named), graphs(before, named));
  });

  test.each([
    ["half a step", inModel("  con‸v(4) -> bn -> re‸lu")],
    ["one call", inModel("  ‸conv(4)‸ -> bn")],
    ["a name that is used behind it", inModel("  ‸conv(3) as z -> relu‸ -> add(z)")],
    ["an output", inModel("  ‸relu\n  output z‸")],
    ["below a default", inModel("  default conv(bias = false)\n  ‸conv(4) -> bn‸")],
    ["a program with mistakes", inModel("  ‸conv(4) -> bn‸ -> oops")],
  ])("not %s", (_, program) => {
    expect(rewriting(program, "extract")).toBeNull();
  });
});

describe("inline a block", () => {
  const block = "block b(c, k = c - 1) {\n  conv(c * 2, k) as z\n  relu -> add(z) // twice\n}\n";

  test.each([
    ["arguments are put where parameters stood", inModel("  b‸(width + 1, k = 1)", block), "  {\n    conv((width + 1) * 2, 1) as z\n    relu -> add(z) // twice\n  }\n", false],
    ["defaults too, and labels keep names", inModel("  first: b‸(2)", block), "  first: {\n    conv(2 * 2, (2 - 1)) as z\n", true],
    ["names that are taken become others", inModel("  relu as z\n  one: b‸(2)\n  cat(z)", block), "conv(2 * 2, (2 - 1)) as z2\n    relu -> add(z2)", true],
    ["`in` gets a name", inModel("  relu -> one: b‸ -> relu", "block b { dense(in.c) }\n"), "  relu -> one: {\n    as x2\n    dense(x2.c)\n  } -> relu", true],
    ["a block given as an argument", inModel("  one: b‸(conv(4, 1, 2), gap)", "block b(via, last) { via -> last }\n"), "one: { conv(4, 1, 2) -> gap }", true],
    ["repeated", inModel("  b‸(3, 1) * 3", "block b(c, k) { conv(c, k) -> relu }\n"), "{ conv(3, 1) -> relu } * 3", false],
  ])("%s", (_, program, written, named) => {
    const { before, after } = rewriting(program, "inline")!;
    expect(after).toContain(written);
    expectSame(graphs(after, named), graphs(before, named));
  });

  test.each([
    ["a block with other defaults", inModel("  b‸", "block b { conv(4) }\ndefault conv(bias = false)\n")],
    ["where its constant is something else", `const width = 2\n${inModel("  b‸", "block b { conv(width) }\n")}`],
    ["what another file declares", `import { basic } from "rn/resnet"\n${inModel("  bas‸ic(4)")}`],
    ["labels that would stand twice", inModel("  b‸ * 2", "block b { c1: conv(3) }\n")],
    ["a layer", inModel("  co‸nv(4)")],
  ])("not %s", (_, program) => {
    expect(rewriting(program, "inline")).toBeNull();
  });
});

describe("add labels as in PyTorch", () => {
  test("layers, blocks and a shortcut; not in loops and repetitions", () => {
    const program = inModel("  conv(4, 3)‸ -> bn -> relu\n  skip(conv(8, 1, 2)) {\n    conv(8, 3, 2) -> bn\n    conv3: conv(8) -> bn\n  }\n  b\n  for i in 0..2 { conv(8) }\n  conv(8) * 2\n  gap -> dense(10)", "block b { conv(8) -> relu }\n");
    const { before, after } = rewriting(program, "rewrite")!;
    expect(after).toBe(before.replace("  conv(4, 3) -> bn -> relu\n", "  conv1: conv(4, 3) -> bn1: bn -> relu\n").replace("skip(conv(8", "skip(downsample: conv(8")
      .replace("    conv(8, 3, 2) -> bn\n    conv3: conv(8) -> bn\n", "    conv2: conv(8, 3, 2) -> bn2: bn\n    conv3: conv(8) -> bn3: bn\n").replace("  b\n", "  layer1: b\n").replace("dense", "fc: dense"));
    expectSame(graphs(after, false), graphs(before, false));
    const { graph } = new Compilation(after).exports[0]!;
    expect(graph.parameters.map((p) => (p.attrs as { readonly name: string }).name)).toEqual(expect.arrayContaining(["conv1.weight", "bn1.running_mean", "downsample.weight", "layer1.0.weight", "fc.bias"]));
  });

  test("not where all is labelled", () => {
    expect(rewriting(example("imagenet.rn").replace("model resnet", "model res‸net"), "rewrite")).toBeNull();
  });
});

test("whatever is selected in the examples, their networks stay", () => {
  const next = random(11);
  const done = { extract: 0, inline: 0, rewrite: 0 };
  const large = ["imagenet", "preact", "cifar", "densenet"];
  for (const { text } of examples.filter((e) => e.text.includes("model ") && (full || !large.some((l) => e.name.includes(l))))) {
    const { analysis } = marked(text);
    const before = graphs(text, false);
    const nodes = analysis.file.declarations.flatMap((d) => [...everything(d)]);
    const chains = nodes.filter((n) => n.kind === "body" || n.kind === "flow").map((n) => (n.kind === "body" ? (n as Body).statements : (n as Flow).steps)).filter((parts) => parts.length > 0);
    const seen = new Set<string>();
    for (let k = 0; k < count(24, 400); k++) {
      const parts = chains[below(next, chains.length)]!;
      const from = below(next, parts.length);
      const { start } = parts[from]!.span;
      const end = next() < 0.3 ? start : parts[from + below(next, parts.length - from)]!.span.end;
      for (const { kind, edits } of refactorings(analysis, start, end)) {
        const after = applied(text, edits);
        if (seen.has(after)) continue;
        expectSame(graphs(after, false), before);
        seen.add(after);
        done[kind]++;
      }
    }
  }
  expect(done.extract).toBeGreaterThan(count(5, 30));
  expect(done.inline).toBeGreaterThan(0);
  expect(done.rewrite).toBeGreaterThan(count(0, 3));
});
