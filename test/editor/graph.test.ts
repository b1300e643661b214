// The live graph: what each part comes from, and that ids stay where an edit did not reach.
import { expect, test } from "vitest";
import { changeOf, picture, type Picture, type PictureNode } from "../../src/editor/graph.ts";
import { identify } from "../../src/editor/identity.ts";
import type { Span } from "../../src/source/text.ts";
import { below, random } from "../harness/random.ts";
import { count } from "../harness/tier.ts";
import { example, marked, place } from "./marked.ts";

type Node = PictureNode<Span>;

function draw(program: string, before: Picture<Span> | null = null, name?: string): Picture<Span> {
  const { analysis } = marked(program);
  const e = analysis.elaboration.exports.find((x) => name === undefined || x.name === name)!;
  return picture(e, analysis.source, before);
}

const say = (n: Node): string => `${n.kind} ${n.title}${n.detail && ` (${n.detail})`}${n.times > 1 ? ` ×${n.times}` : ""} ${n.shape} @ ${n.ranges.map(place).join(" | ").replaceAll(/\s+/g, " ")}`;

test("parts with the places of this text that they come from, calls included", () => {
  const { nodes, edges, parameters } = draw('import { basic } from "rn/resnet"\nblock twice(c) { a: basic(c) -> relu }\nmodel m {\n  input x: [4, 8, 8]\n  twice(4)\n  { tanh -> twice(4) } * 3\n  output y\n}\n');
  expect(nodes.map(say)).toMatchInlineSnapshot(`
    [
      "value x 4 × 8 × 8 @ 4:9 x",
      "group  ×3  @ 6:3 { tanh -> twice(4) } * 3",
      "port   @ ",
      "layer conv 3×3, 4 (0.a.conv1) 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer bn (0.a.bn1) 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer relu 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer conv 3×3, 4 (0.a.conv2) 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer bn (0.a.bn2) 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "merge + 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer relu 4 × 8 × 8 @ 2:21 basic(c) | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer relu 4 × 8 × 8 @ 2:33 relu | 5:3 twice(4) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer tanh 4 × 8 × 8 @ 6:5 tanh | 6:3 { tanh -> twice(4) } * 3",
      "layer conv 3×3, 4 (6.a.conv1) 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer bn (6.a.bn1) 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer relu 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer conv 3×3, 4 (6.a.conv2) 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer bn (6.a.bn2) 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "merge + 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer relu 4 × 8 × 8 @ 2:21 basic(c) | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "layer relu 4 × 8 × 8 @ 2:33 relu | 6:13 twice(4) | 6:3 { tanh -> twice(4) } * 3",
      "value y 4 × 8 × 8 @ 7:10 y",
    ]
  `);
  expect(new Set(nodes.map((n) => n.id)).size).toBe(nodes.length);
  expect(nodes.filter((n) => n.kind === "group").map((n) => nodes.filter((c) => c.parent === n.id).length)).toEqual([10]);
  const ids = new Set(nodes.map((n) => n.id));
  expect(edges.flatMap((e) => [e.from, e.to]).filter((id) => !ids.has(id))).toEqual([]);
  expect(edges.filter((e) => e.kind === "skip")).toHaveLength(2);
  expect(parameters).toBe(4 * 2 * (4 * 4 * 9 + 2 * 4));
});

const program = (lines: readonly string[]): string => `model m {\n  input x: [16, 8, 8]\n${lines.map((l) => `  ${l}\n`).join("")}  output y\n}\n`;
const lines = ["conv(16, 3)", "bn", "relu", "skip { conv(16, 3) -> bn -> tanh }", "stem: conv(16, 1)", "relu"];

test.each<[string, readonly string[], { readonly added: number; readonly removed: number; readonly changed: number }]>([
  ["a line above", ["gelu", ...lines], { added: 1, removed: 0, changed: 0 }],
  ["a layer of the same kind above", ["conv(16, 5)", ...lines], { added: 1, removed: 0, changed: 0 }],
  ["a line below", [...lines, "sigmoid"], { added: 1, removed: 0, changed: 0 }],
  ["an argument", lines.with(4, "stem: conv(16, 3)"), { added: 0, removed: 0, changed: 1 }],
  ["a label", lines.with(4, "root: conv(16, 1)"), { added: 0, removed: 0, changed: 1 }],
  ["a line less", lines.toSpliced(3, 1), { added: 0, removed: 4, changed: 0 }],
  ["another layer", lines.with(2, "silu"), { added: 1, removed: 1, changed: 0 }],
  ["shapes from there on", lines.with(4, "stem: conv(8, 1)"), { added: 0, removed: 0, changed: 3 }],
  ["nothing", lines, { added: 0, removed: 0, changed: 0 }],
])("%s changes what it says and no more", (_, edited, { added, removed, changed }) => {
  const before = draw(program(lines));
  const change = changeOf(before, draw(program(edited), before));
  expect({ added: change.added.length, removed: change.removed.length, changed: change.changed.length }).toEqual({ added, removed, changed });
});

test("a network that grows deeper keeps its parts", () => {
  const before = draw(example("cifar.rn"), null, "resnet20");
  const change = changeOf(before, draw(example("cifar.rn"), before, "resnet56"));
  expect(change).toMatchObject({ added: [], removed: [] });
  expect(change.changed.map((id) => before.nodes.find((n) => n.id === id)!.kind)).toEqual(["group", "group", "group"]);
});

test("ids are unique and never those of something else, over random edits", () => {
  const next = random(11);
  const kinds = ["relu", "tanh", "conv(16, 3)", "conv(16, 1)", "bn", "skip { relu }"];
  let now = [...lines];
  let before = draw(program(now));
  let kept = 0;
  for (let i = 0; i < count(15, 2_000); i++) {
    const at = below(next, now.length + 1);
    now = below(next, 2) === 0 && now.length > 2 ? now.toSpliced(at, 1) : now.toSpliced(at, 0, kinds[below(next, kinds.length)]!);
    const after = draw(program(now), before);
    const old = new Map(before.nodes.map((n) => [n.id, n]));
    expect(new Set(after.nodes.map((n) => n.id)).size).toBe(after.nodes.length);
    for (const n of after.nodes) expect(old.get(n.id)?.kind ?? n.kind).toBe(n.kind);
    const order = [...old.keys()];
    const shared = after.nodes.map((n) => order.indexOf(n.id)).filter((k) => k >= 0);
    expect(shared).toEqual(shared.toSorted((a, b) => a - b)); // what stays keeps its order
    kept += shared.length;
    before = after;
  }
  expect(kept).toBeGreaterThan(5 * count(15, 2_000));
});

test("matching does not weigh all pairs of two large pictures", () => {
  const part = (i: number) => ({ id: `p${i}`, keys: [`k${Math.imul(i, 0x9e3779b1) >>> 20}`] });
  const [before, now] = [0, 7].map((from) => Array.from({ length: 20_000 }, (_, i) => part(i + from)));
  expect(new Set(identify(before!, now!, (p) => p.id)).size).toBe(20_000);
});
