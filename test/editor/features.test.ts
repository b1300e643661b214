// Each feature on small programs with cursors in them.
import { describe, expect, test } from "vitest";
import { completions } from "../../src/editor/completion.ts";
import { diagnostics } from "../../src/editor/diagnostics.ts";
import { quickFixes } from "../../src/editor/fixes.ts";
import { folds, selections } from "../../src/editor/folding.ts";
import { formatting, rangeFormatting, typeFormatting } from "../../src/editor/formatting.ts";
import { highlights } from "../../src/editor/highlighting.ts";
import { hints } from "../../src/editor/hints.ts";
import { hover } from "../../src/editor/hover.ts";
import { lenses, lensText } from "../../src/editor/lenses.ts";
import { links } from "../../src/editor/links.ts";
import { definition, references, rename } from "../../src/editor/navigation.ts";
import { signature } from "../../src/editor/signature.ts";
import { symbols } from "../../src/editor/symbols.ts";
import { format } from "../../src/language/format.ts";
import { lineStarts, spanText } from "../../src/source/text.ts";
import { below, random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { examples } from "../language/support.ts";
import { applied, example, marked, place, withHints } from "./marked.ts";

const shown = (program: string): string => {
  const { analysis, text } = marked(program);
  return withHints(text, hints(analysis));
};

describe("inlay hints", () => {
  test("shapes at each line's end, first and last, how often; names of positional arguments", () => {
    expect(shown(example("cifar.rn"))).toMatchSnapshot();
    expect(shown(example("imagenet.rn"))).toMatchSnapshot();
    expect(shown(example("preact.rn"))).toMatchSnapshot();
    expect(shown(example("unet.rn"))).toMatchSnapshot();
  });

  test("up to a mistake, and around a line that is half written", () => {
    expect(shown("model m {\n  input x: [3, 8, 8]\n  conv(4, 3)\n  tanh -> ]\n  relu\n  gap\n  output y\n}\n")).toBe(
      "model m {\n  input x: [3, 8, 8]\n  conv(⟨c:⟩4, ⟨k:⟩3)⟨[4, 8, 8]⟩\n  tanh -> ]⟨[4, 8, 8]⟩\n  relu⟨[4, 8, 8]⟩\n  gap⟨[4]⟩\n  output y⟨[4]⟩\n}\n");
    expect(shown("model m {\n  input x: [8]\n  relu\n  conv(4)\n  relu\n  output y\n}\n")).toBe("model m {\n  input x: [8]\n  relu⟨[8]⟩\n  conv(⟨c:⟩4)\n  relu\n  output y\n}\n");
  });

  test("in a block with a mistake that its callers run into", () => {
    expect(shown("block b {\n  relu\n  conv(4, 99)\n}\nmodel m {\n  input x: [3, 8, 8]\n  b\n  output y\n}\n")).toContain("relu⟨[3, 8, 8]⟩\n");
  });

  test("of some lines: those of the whole file that stand there", () => {
    const crowded = "block act { bn -> relu }\nmodel m { input x: [3, 8, 8]\n  conv(4) -> act\n  output y: [4, 8, 8] } model n { input x: [8]\n  dense(2)\n  output y }";
    const programs = [{ text: crowded, share: 1 }, ...examples.map(({ text }) => ({ text, share: count(10, 1) }))]; // of all pairs of places, one in so many
    const next = random(12);
    let windows = 0;
    for (const { text, share } of programs) {
      const { analysis } = marked(text, { "cifar.rn": example("cifar.rn") });
      const all = hints(analysis);
      const places = [...new Set([...lineStarts(analysis.source), ...[...text.matchAll(/\bmodel\b/g)].map((m) => m.index), text.length])].sort((a, b) => a - b);
      for (const [i, start] of places.entries()) {
        for (const end of places.slice(i).filter(() => below(next, share) === 0)) {
          expect(hints(analysis, start, end), `${start} to ${end} of ${text}`).toEqual(all.filter((h) => start <= h.offset && h.offset <= end));
          windows++;
        }
      }
    }
    expect(windows).toBeGreaterThan(200);
  });
});

test("diagnostics are those of rnc check", () => {
  const { analysis } = marked("model m {\n  input x: [3, 8, 8]\n  skip { conv(4, 3, 2) }\n  denze(10)\n  output y\n}\n");
  expect(diagnostics(analysis).map((d) => `${d.diagnostic.code} ${place(d.span)}: ${d.message}`)).toMatchSnapshot();
});

describe("hover", () => {
  const text = (program: string): string => {
    const { analysis, at } = marked(program);
    return hover(analysis, at)?.text ?? "";
  };

  test("a layer: documentation, shape in and out, parameters, MACs, bytes", () => {
    const said = text("model m {\n  input x: [3, 8, 8]\n  co‸nv(4, 3, bias = false)\n  output y\n}\n");
    expect(said).toContain("conv(c, k = 1, stride = 1");
    expect(said).toContain("weighted sum of the pixels");
    expect(said).toContain("**m** [3, 8, 8] → [4, 8, 8] · 108 parameters · 6,912 MACs · 1,024 bytes");
  });

  test("a line per export in a generic block", () => {
    const said = text(example("cifar.rn").replace("conv2: conv(c", "conv2: c‸onv(c"));
    expect(said).toContain("**resnet20** [16, 32, 32] → [16, 32, 32] … [64, 8, 8] → [64, 8, 8] · 2,304 parameters · 2,359,296 MACs · 65,536 bytes · ×9");
    expect(said).toContain("**resnet110** [16, 32, 32]");
    expect(said.match(/×54/g)).toHaveLength(1);
  });

  test("an argument, a block with its documentation, a value", () => {
    expect(text("model m {\n  input x: [3, 8, 8]\n  conv(4, str‸ide = 2)\n  output y\n}\n")).toContain("from one window to the next");
    expect(text('import { basic } from "rn/resnet"\nmodel m {\n  input x: [3, 8, 8]\n  bas‸ic(4)\n  output y\n}\n')).toContain("Two 3×3 convolutions");
    expect(text("model m {\n  input x: [3, 8, 8]\n  conv(4) as z\n  gap\n  cat(‸z)\n  output y\n}\n")).toContain("[4, 8, 8]");
  });
});

test("symbols", () => {
  const { analysis } = marked(example("imagenet.rn"));
  expect(symbols(analysis).map((s) => `${s.kind} ${s.name} ${s.detail} ${s.children.map((c) => c.name).join()}`)).toMatchSnapshot();
});

describe("definition, references, rename", () => {
  test("into the standard library, to a value, to a parameter", () => {
    const library = marked('import { basic } from "rn/resnet"\nmodel m {\n  input x: [3, 8, 8]\n  bas‸ic(4)\n  output y\n}\n');
    expect(place(definition(library.analysis, library.at)!)).toBe("rn/resnet 12:7 basic");
    const path = marked('import { basic } from "rn‸/resnet"\n');
    expect(definition(path.analysis, path.at)).toMatchObject({ source: { name: "rn/resnet" }, start: 0 });
    const value = marked("block b(c) {\n  conv(c) as z\n  add(z‸)\n  conv(c)\n}\n");
    expect(place(definition(value.analysis, value.at)!)).toBe("2:14 z");
    const layer = marked("block b {\n  re‸lu\n}\n");
    expect(definition(layer.analysis, layer.at)).toBeNull();
  });

  test("every use, in imported files too", () => {
    const { analysis, at } = marked('import { b } from "b.rn"\nmodel m {\n  input x: [3, 8, 8]\n  b‸\n  output y\n}\n', { "b.rn": "block b { relu }\nblock c { b }\n" });
    expect(references(analysis, at).map(place)).toEqual(["b.rn 1:7 b", "b.rn 2:11 b", "1:10 b", "4:3 b"]);
    const renamed = rename(analysis, at, "act");
    expect("edits" in renamed && renamed.edits.map((e) => place(e.span))).toEqual(["b.rn 1:7 b", "b.rn 2:11 b", "1:10 b", "4:3 b"]);
  });

  test.each([
    ["both sides of an `if`", "model m(n = 1) {\n  input x: [3, 8, 8]\n  if n > 1 { relu as z } else if n > 0 { gelu as z‸ } else { silu as z }\n  add(z)\n  output y\n}\n"],
    ["both sides, from where it is used", "model m(n = 1) {\n  input x: [3, 8, 8]\n  if n > 1 { if n > 2 { relu as z } else { relu as z } } else { gelu as z }\n  add(z‸)\n  output y\n}\n"],
    ["every element of a list", "model m {\n  input x: [3, 8, 8]\n  relu as z[0]\n  for i in 1..3 { relu as z[i] }\n  add(z‸[0]) -> add(z[2])\n  output y\n}\n"],
  ])("renamed together: %s", (_, program) => {
    const { analysis, at, text } = marked(program);
    const renamed = rename(analysis, at, "kept");
    expect(analysis.diagnostics).toEqual([]);
    expect("edits" in renamed && applied(text, renamed.edits)).toBe(text.replace(/\bz\b/g, "kept"));
  });

  test("a new name is a name, and free", () => {
    const { analysis, at, text } = marked("block b(c, d = 1) {\n  conv(c‸)\n  conv(c * d)\n}\nmodel m {\n  input x: [3, 8, 8]\n  b(c = 4)\n  output y\n}\n");
    const renamed = rename(analysis, at, "width");
    expect("edits" in renamed && applied(text, renamed.edits)).toBe(text.replace("b(c, d", "b(width, d").replace("conv(c)", "conv(width)").replace("c * d", "width * d").replace("b(c = 4)", "b(width = 4)"));
    for (const name of ["d", "1x", "for", "skip", ""]) expect(rename(analysis, at, name)).toHaveProperty("problem");
    const library = marked('import { ba‸sic } from "rn/resnet"\n');
    expect(rename(library.analysis, library.at, "other")).toEqual({ problem: "`basic` is declared in the standard library" });
  });
});

describe("completion", () => {
  const names = (program: string): string[] => {
    const { analysis, at } = marked(program);
    return completions(analysis, at).map((c) => c.name);
  };
  const after = (shape: string): string[] => names(`model m {\n  input x: ${shape}\n  ‸\n  output y\n}\n`);

  test("knows the rank of what flows", () => {
    expect(after("[3, 8, 8]")).toEqual(expect.arrayContaining(["conv", "maxpool", "dense", "relu", "skip", "reshape", "basic", "for"]));
    const vector = after("[10]");
    expect(vector).toEqual(expect.arrayContaining(["dense", "relu", "bn", "dropout", "reshape", "softmax"]));
    for (const name of ["conv", "upconv", "maxpool", "avgpool", "gap", "pad2d", "subsample"]) expect(vector).not.toContain(name);
    expect(names("model m {\n  input x: [3, 8, 8]\n  gap -> ‸\n  output y\n}\n")).not.toContain("conv");
    for (const before of ["‸relu", "‸dense(4) -> relu", "rel‸u * 2", "dense‸(4)", "relu -> ‸dense(4)", "relu -> fc: ‸dense(4)", "skip { ‸relu }", "cat { ‸id | relu }", "‸for i in 0..2 { relu }", "‸"]) {
      const offered = names(`model m {\n  input x: [10]\n  ${before}\n  output y\n}\n`);
      expect([offered.includes("dense"), offered.includes("conv")], before).toEqual([true, false]);
    }
    expect(names("model m {\n  input x: [3, 8, 8]\n  skip { conv(3, 3) -> r‸ }\n  output y\n}\n")).toContain("conv");
  });

  test("offers the arguments that are not yet given, and their words", () => {
    const some = names("block b {\n  conv(4, bias = false, ‸)\n}\n");
    expect(some).toEqual(expect.arrayContaining(["k", "stride", "pad", "groups"]));
    for (const name of ["c", "bias"]) expect(some).not.toContain(name);
    expect(names("block b {\n  conv(4, bias = ‸)\n}\n")).toEqual(expect.arrayContaining(["true", "false"]));
    expect(names("block b(width) {\n  conv(‸\n}\n")).toEqual(expect.arrayContaining(["c", "width"]));
  });

  test("declarations, imports, paths, train", () => {
    expect(names("‸")).toEqual(expect.arrayContaining(["model", "block", "export"]));
    expect(names('import { b‸ } from "rn/resnet"\n')).toEqual(expect.arrayContaining(["basic", "bottleneck"]));
    expect(names('import { basic } from "‸"\n')).toEqual(["rn/resnet"]);
    expect(names("train {\n  ‸\n}\n")).toEqual(expect.arrayContaining(["loss", "optimizer"]));
    expect(names("train {\n  optimizer = ‸\n}\n")).toEqual(expect.arrayContaining(["sgd", "adam"]));
    expect(names("// co‸\n")).toEqual([]);
  });

  test("a block of the library comes with its import", () => {
    const { analysis, at, text } = marked("model m {\n  input x: [3, 8, 8]\n  bas‸\n  output y\n}\n");
    const basic = completions(analysis, at).find((c) => c.name === "basic")!;
    expect(applied(text, [{ span: basic.span, text: basic.insert }, ...basic.also])).toContain('import { basic } from "rn/resnet"\n\nmodel m {\n  input x: [3, 8, 8]\n  basic\n');
  });
});

test("signature help", () => {
  const active = (program: string): string | null => {
    const { analysis, at } = marked(program);
    const found = signature(analysis, at);
    return found && found.active !== null ? found.parameters[found.active]!.name : null;
  };
  expect(active("block b {\n  conv(‸\n}\n")).toBe("c");
  expect(active("block b {\n  conv(4, ‸)\n}\n")).toBe("k");
  expect(active("block b {\n  conv(4, bias = f‸)\n}\n")).toBe("bias");
  expect(active("block b {\n  conv(min(4, 3), ‸)\n}\n")).toBe("k");
  expect(active("block b {\n  relu‸\n}\n")).toBeNull();
});

describe("quick fixes", () => {
  const fixed = (program: string): string[] => {
    const { analysis, text, at } = marked(program);
    return quickFixes(analysis, at, at).map(({ fix }) => applied(text, fix.edits).split("\n").find((l) => l.includes("HERE"))!.replace(" // HERE", "").trim());
  };
  const inModel = (line: string): string => `block project(to) { conv(to.c, 1, ceil(in.h / to.h)) }\nmodel m {\n  input x: [3, 8, 8]\n  relu as z\n  ${line} // HERE\n  output y\n}\n`;

  test.each([
    ["did you mean", "rel‸ux", "relu"],
    ["missing arrow", "conv(3) rel‸u", "conv(3) -> relu"],
    ["unknown attribute", "conv(4, strid‸e2 = 2)", "conv(4, stride = 2)"],
    ["a value as a layer", "conv(3) -> ‸z", "conv(3) -> add(z)"],
    ["a shortcut that adapts", "sk‸ip { conv(4, 3, 2) }", "skip(project) { conv(4, 3, 2) }"],
  ])("%s", (_, line, mended) => {
    expect(fixed(inModel(line))).toContain(mended);
  });

  test("each shortcut that the file has, else the library's with its import", () => {
    const both = marked("block one(to) { conv(to.c, 1) }\nblock two(to) { conv(to.c, 1) }\nmodel m {\n  input x: [3, 8, 8]\n  sk‸ip { conv(4, 3) }\n  output y\n}\n");
    expect(quickFixes(both.analysis, both.at, both.at).map(({ fix }) => applied(both.text, fix.edits).split("\n")[4])).toEqual(["  skip(one) { conv(4, 3) }", "  skip(two) { conv(4, 3) }"]);
    const none = marked("model m {\n  input x: [3, 8, 8]\n  sk‸ip { conv(4, 3, 2) }\n  output y\n}\n");
    const [first] = quickFixes(none.analysis, none.at, none.at);
    const mended = applied(none.text, first!.fix.edits);
    expect(mended).toContain('import { project } from "rn/resnet"\n\nmodel m {\n  input x: [3, 8, 8]\n  skip(project) {');
    expect(marked(mended).analysis.diagnostics).toEqual([]);
  });

  test("a missing import", () => {
    const { analysis, text, at } = marked("model m {\n  input x: [3, 8, 8]\n  bas‸ic(4)\n  output y\n}\n");
    expect(quickFixes(analysis, at, at).map(({ fix }) => applied(text, fix.edits).split("\n")[0])).toContain('import { basic } from "rn/resnet"');
  });
});

describe("formatting", () => {
  const messy = "model m {\n    input x:[3,8,8]\n  conv(4,3,)->relu // c\n\n\n   output y\n}\n\n\n";

  test("is what rnc fmt makes, in small edits", () => {
    const { analysis, text } = marked(messy);
    const edits = formatting(analysis.source)!;
    expect(applied(text, edits)).toBe(format(analysis.source));
    for (const e of edits) expect(spanText(e.span)).toMatch(/^[\s,]*$/);
    expect(formatting(marked(format(analysis.source)!).analysis.source)).toEqual([]);
    expect(formatting(marked("model {").analysis.source)).toBeNull();
  });

  test("a range, or the line that was ended, alone", () => {
    const { analysis, text } = marked(messy);
    const end = text.indexOf("conv");
    expect(applied(text, rangeFormatting(analysis.source, 0, end - 3)!)).toBe(text.replace("    input x:[3,8,8]", "  input x: [3, 8, 8]"));
    const typed = text.indexOf("\n", end) + 1;
    expect(applied(text, typeFormatting(analysis.source, typed, "\n")!)).toBe(text.replace("conv(4,3,)->relu", "conv(4, 3) -> relu "));
  });
});

test("lenses", () => {
  const { analysis } = marked(example("cifar.rn"));
  expect(lenses(analysis).map((l) => spanText(l.span))).toEqual(["resnet20", "resnet56", "resnet110", "resnet20b", "plain20", "plain56"]);
  expect(lensText(analysis, "resnet20")).toMatch(/^269,722 parameters · 40,551,040 MACs · 1\.08 MB weights · [\d.]+ (kB|MB) peak memory$/);
  expect(lensText(marked("model m {\n  input x: [2]\n  dense(5)\n  output y\n}\n").analysis, "m")).toContain(" · 60 B weights · ");
  expect(lensText(marked("model m {").analysis, "m")).toBe("not computed: the program has errors");
  expect(lensText(analysis, "gone")).toBe("not computed: there is no export gone");
});

test("folding, selection, semantic tokens, links", () => {
  const { analysis, at } = marked(example("imagenet.rn").replace("conv(64", "conv(6‸4"));
  expect(folds(analysis).map((f) => `${f.kind} ${f.start + 1}-${f.end + 1}`)).toEqual(["region 6-13", "region 9-10"]);
  expect(selections(analysis, at).map((s) => spanText(s).split("\n")[0])).toEqual(["64", "conv(64, 7, 2)", "conv1: conv(64, 7, 2)", "conv1: conv(64, 7, 2) -> bn1: bn -> relu -> maxpool(3, 2)", "{", "model resnet(unit, depths, classes = 1000) {", "/// ImageNet. resnet18 11,689,512 · 34 21,797,672 · 50 25,557,032 · 101 44,549,160 · 152 60,192,808; torchvision names"]);
  expect(highlights(analysis).map((h) => `${spanText(h.span)} ${h.kind}${h.declaration ? " declaration" : ""}`)).toMatchSnapshot();
  expect(links(analysis).map((l) => `${l.kind} ${spanText(l.span)}`)).toEqual(["import rn/resnet"]);
});
