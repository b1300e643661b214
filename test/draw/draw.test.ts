// Pictures of networks: what is collapsed, what is an arc, that nothing overlaps, and that no name gets out of its quotes.
import { describe, expect, test } from "vitest";
import { draw, formats, type Format } from "../../src/draw/draw.ts";
import type { Layout, PlacedBox, Point } from "../../src/draw/geometry.ts";
import { layOutScene } from "../../src/draw/layout.ts";
import { makeScene, type Box, type Scene } from "../../src/draw/scene.ts";
import { dotString } from "../../src/draw/dot.ts";
import { xml } from "../../src/draw/svg.ts";
import { Builder } from "../../src/ir/builder.ts";
import type { Graph } from "../../src/ir/graph.ts";
import { input } from "../../src/ir/leaf.ts";
import { N } from "../../src/ir/type.ts";
import { instantiate } from "../../src/lower/instantiate.ts";
import { layers } from "../../src/ops/index.ts";
import { haveBrowser, launch, serve } from "../harness/browser.ts";
import { generate } from "../harness/generate.ts";
import { count } from "../harness/tier.ts";
import { timed } from "../harness/timed.ts";
import { example, exportNamed, graphOf } from "../lower/program.ts";

function network(file: string, name: string): Graph {
  return instantiate(exportNamed(name, example(file)));
}

/** A scene in a few lines: boxes, what flows into each, groups indented. */
function outline(scene: Scene, indent = ""): string {
  const say = (b: Box): string => {
    switch (b.kind) {
      case "stack": return b.rows.map((r) => r.text).join(" | ");
      case "merge": return `(${b.symbol})`;
      case "value": return `${b.role} ${b.name} ${b.shape}`;
      case "port": return "in";
      case "group": return `×${b.times} ${b.name}`.trim();
    }
  };
  return scene.boxes.map((b) => {
    const into = scene.edges.filter((e) => e.to === b.id).map((e) => `${e.shape}${e.arc ? " arc" : ""}${e.shortcut ? " skip" : ""}`);
    return `${indent}${say(b)}${into.length > 0 ? `   ← ${into.join(", ")}` : ""}\n${b.kind === "group" ? outline(b.inner, `${indent}  `) : ""}`;
  }).join("");
}

function groups(scene: Scene): number[] {
  return scene.boxes.flatMap((b) => (b.kind === "group" ? [b.times, ...groups(b.inner)] : []));
}

describe("what is drawn", () => {
  test("ResNet-20: blocks of a stage are one group; shortcuts that change the shape carry their layers", () => {
    expect(outline(makeScene(network("cifar", "resnet20")))).toBe(`\
input image 3 × 32 × 32
conv 3×3, 16 | bn | relu   ← 3 × 32 × 32
×3 layer1.0 … layer1.2   ← 16 × 32 × 32
  in
  conv 3×3, 16 | bn | relu   ← 16 × 32 × 32
  conv 3×3, 16 | bn   ← 16 × 32 × 32
  (+)   ← 16 × 32 × 32, 16 × 32 × 32 arc skip
  relu   ← 16 × 32 × 32
conv 3×3, 32, /2 | bn | relu   ← 16 × 32 × 32
conv 3×3, 32 | bn   ← 32 × 16 × 16
subsample 2×2   ← 16 × 32 × 32 skip
zeropad 32   ← 16 × 16 × 16 skip
(+)   ← 32 × 16 × 16, 32 × 16 × 16 skip
relu   ← 32 × 16 × 16
×2 layer2.1 … layer2.2   ← 32 × 16 × 16
  in
  conv 3×3, 32 | bn | relu   ← 32 × 16 × 16
  conv 3×3, 32 | bn   ← 32 × 16 × 16
  (+)   ← 32 × 16 × 16, 32 × 16 × 16 arc skip
  relu   ← 32 × 16 × 16
conv 3×3, 64, /2 | bn | relu   ← 32 × 16 × 16
conv 3×3, 64 | bn   ← 64 × 8 × 8
subsample 2×2   ← 32 × 16 × 16 skip
zeropad 64   ← 32 × 8 × 8 skip
(+)   ← 64 × 8 × 8, 64 × 8 × 8 skip
relu   ← 64 × 8 × 8
×2 layer3.1 … layer3.2   ← 64 × 8 × 8
  in
  conv 3×3, 64 | bn | relu   ← 64 × 8 × 8
  conv 3×3, 64 | bn   ← 64 × 8 × 8
  (+)   ← 64 × 8 × 8, 64 × 8 × 8 arc skip
  relu   ← 64 × 8 × 8
gap   ← 64 × 8 × 8
dense 10   ← 64
output logits 10   ← 10
`);
  });
  test("DenseNet: groups whose shapes grow say from where to where", () => {
    const scene = makeScene(network("densenet", "densenet40"));
    expect(groups(scene)).toEqual([12, 12, 12]);
    expect(outline(scene)).toContain("  bn | relu   ← 16…148 × 32 × 32\n  conv 3×3, 12   ← 16…148 × 32 × 32\n  (cat)   ← 16…148 × 32 × 32 arc, 12 × 32 × 32\n");
  });
  test("U-Net: four nested arcs, however it is written", () => {
    for (const name of ["unet", "unet2"]) expect(makeScene(network("unet", name)).edges.filter((e) => e.arc), name).toHaveLength(4);
  });
  test("ResNet-1001 is one picture, quickly made", () => {
    const graph = network("preact", "resnet1001");
    const { result, ms } = timed(() => ({ scene: makeScene(graph), svg: draw(graph, { format: "svg", facts: "" }) }), 5_000);
    expect(groups(result.scene)).toEqual([110, 110, 110]);
    expect(result.scene.boxes.length).toBeLessThan(40);
    expect(result.svg.length).toBeLessThan(60_000);
    expect(ms).toBeLessThan(5_000);
  });
  test("repeats of repeats, plain chains, and outputs on the way", () => {
    expect(groups(makeScene(graphOf("model m {\n  input x: [8]\n  { { dense(8) -> relu -> dense(8) -> tanh } * 3 -> ln -> dense(8) } * 4\n  output y\n}")))).toEqual([4, 3]);
    expect(groups(makeScene(graphOf("model m {\n  input x: [8]\n  relu * 3_000\n  output y\n}")))).toHaveLength(1);
    const scene = makeScene(graphOf("model m {\n  input x: [8]\n  for i in 0..5 { dense(8) -> relu -> dense(8) }\n  output a\n  for i in 0..5 { dense(8) -> relu -> dense(8) }\n  output b\n}"));
    expect(groups(scene)).toEqual([5, 5]);
    expect(scene.boxes.filter((b) => b.kind === "value").map((b) => b.name)).toEqual(["x", "a", "b"]);
  });
});

// ── geometry ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** Points along the curves of an edge. */
function along(curve: readonly Point[]): Point[] {
  const out: Point[] = [];
  for (let i = 0; i + 3 < curve.length; i += 3) {
    const [a, b, c, d] = curve.slice(i, i + 4) as [Point, Point, Point, Point];
    for (let t = 0; t <= 1; t += 1 / 16) {
      const at = (p: number, q: number, r: number, s: number): number => (1 - t) ** 3 * p + 3 * (1 - t) ** 2 * t * q + 3 * (1 - t) * t ** 2 * r + t ** 3 * s;
      out.push({ x: at(a.x, b.x, c.x, d.x), y: at(a.y, b.y, c.y, d.y) });
    }
  }
  return out;
}

function overlap(a: PlacedBox, b: PlacedBox): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** What no picture may have; recursive over groups. */
function faults(l: Layout, within: PlacedBox | null): string[] {
  const out: string[] = [];
  const numbers = [...l.boxes.flatMap((b) => [b.x, b.y, b.width, b.height]), ...l.edges.flatMap((e) => e.curve.flatMap((p) => [p.x, p.y]))];
  if (!numbers.every(Number.isFinite)) out.push("a number is not finite");
  const sorted = [...l.boxes].sort((a, b) => a.y - b.y);
  sorted.forEach((a, i) => {
    for (let j = i + 1; j < sorted.length && sorted[j]!.y < a.y + a.height; j++) if (overlap(a, sorted[j]!)) out.push(`${a.box.id} overlaps ${sorted[j]!.box.id}`);
    if (within && !(a.x >= within.x && a.y >= within.y && a.x + a.width <= within.x + within.width && a.y + a.height <= within.y + within.height)) out.push(`${a.box.id} sticks out of ${within.box.id}`);
    if (a.inner) out.push(...faults(a.inner, a));
  });
  for (const e of l.edges) {
    const [first, last] = [e.curve[0]!, e.curve.at(-1)!];
    const from = l.boxes.find((b) => b.box.id === e.edge.from)!;
    const to = l.boxes.find((b) => b.box.id === e.edge.to)!;
    const near = (p: Point, b: PlacedBox): boolean => p.x >= b.x - 9 && p.x <= b.x + b.width + 9 && p.y >= b.y - 9 && p.y <= b.y + b.height + 9;
    if (!near(first, from) || !near(last, to)) out.push(`${e.edge.from} → ${e.edge.to} does not meet its boxes`);
  }
  return out;
}

/** Arcs that run through a box in a network whose trunk is one column. */
function crossings(l: Layout): string[] {
  return [
    ...l.edges.filter((e) => e.edge.arc).flatMap((e) => l.boxes.filter((b) => b.box.id !== e.edge.from && b.box.id !== e.edge.to && along(e.curve).some((p) => p.x > b.x && p.x < b.x + b.width && p.y > b.y && p.y < b.y + b.height)).map((b) => `${e.edge.from} → ${e.edge.to} through ${b.box.id}`)),
    ...l.boxes.flatMap((b) => (b.inner ? crossings(b.inner) : [])),
  ];
}

describe("where it lies", () => {
  test.each([["cifar", "resnet110"], ["cifar", "resnet20b"], ["cifar", "plain56"], ["imagenet", "resnet50"], ["preact", "resnet164"], ["densenet", "densenet40"], ["unet", "unet"], ["unet", "unet2"], ["mlp", "mlp"]])("%s: %s", (file, name) => {
    const scene = makeScene(network(file, name));
    for (const direction of ["down", "right"] as const) {
      const layout = layOutScene(scene, direction);
      expect(faults(layout, null)).toEqual([]);
      expect(crossings(layout)).toEqual([]);
    }
  });
  test("random graphs", () => {
    let drawn = 0;
    for (let seed = 0; seed < count(60, 3000); seed++) {
      const { graph, size } = generate(seed);
      if (size === "crowd") continue;
      expect(faults(layOutScene(makeScene(graph), seed % 2 ? "down" : "right"), null), `seed ${seed}`).toEqual([]);
      drawn++;
    }
    expect(drawn).toBeGreaterThan(0.95 * count(60, 3000));
  });
  test("ten thousand layers that do not repeat", () => {
    const builder = new Builder();
    let x = builder.make(input, [], { name: "x", shape: [N, 8] });
    for (let i = 0; i < 10_000; i++) {
      const kind = Math.imul(i + 1, 0x9e3779b1) >>> 29; // 0 … 7, without a period
      x = kind < 3 ? builder.make(layers.get("skip")!, [builder.make(layers.get("leaky")!, [x], { slope: i / 10_000 }), x]) : builder.make(layers.get(["tanh", "gelu", "silu", "sigmoid", "relu"][kind - 3]!)!, [x]);
    }
    const graph: Graph = { name: "crowd", inputs: [], parameters: [], outputs: [{ name: "y", node: x }], updates: [] };
    const { result, ms } = timed(() => draw(graph, { format: "svg", facts: "" }), 30_000);
    expect(result.length).toBeGreaterThan(1_000_000);
    expect(ms).toBeLessThan(30_000);
  });
  test("the same graph gives the same bytes", () => {
    const once = (): string => draw(network("cifar", "resnet20"), { format: "html", facts: "x" });
    expect(once()).toBe(once());
  });
});

test.skipIf(!haveBrowser)("the page works: it moves, zooms and changes its theme, without an error", async () => {
  const { url, server } = await serve({ "/": ["text/html", draw(network("cifar", "resnet20"), { format: "html", facts: "269,722 parameters" })] });
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (e) => errors.push(e.message));
    page.on("console", (m) => { if (m.type() === "error" && !m.text().includes("favicon")) errors.push(m.text()); });
    await page.goto(url);
    const transform = (): Promise<string> => page.evaluate("document.querySelector('svg').style.transform");
    const fill = (): Promise<string> => page.evaluate("getComputedStyle(document.querySelector('.background[width]')).fill");
    const start = await transform();
    await page.click("#in");
    const zoomed = await transform();
    await page.mouse.move(200, 200);
    await page.mouse.down();
    await page.mouse.move(260, 240);
    await page.mouse.up();
    expect(new Set([start, zoomed, await transform()]).size).toBe(3);
    const before = await fill();
    await page.click("#theme");
    expect(await fill()).not.toBe(before);
    await page.click("#theme");
    expect(await fill()).toBe(before);
    expect(errors.filter((e) => !e.includes("404"))).toEqual([]);
  } finally {
    await browser.close();
    server.close();
  }
});

// ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const evil = `</text><script>alert(1)</script>&"'\\\\"];evil->x[`;
const hostile = `model m {\n  input x: [8]\n  ${JSON.stringify(evil)}: dense(8)\n  "c]]>\\\\": relu\n  output y\n}`;

/** A small strict reader of XML: elements nest, attributes are quoted, no stray `<` or `&`. */
function checkXml(text: string): readonly string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const body = text.replace(/<style>[^<]*<\/style>/g, "");
  for (const [, raw, tag] of body.matchAll(/([^<]*)(<[^>]*>|$)/g)) {
    expect(raw).not.toMatch(/>|&(?!#\d+;)/);
    if (!tag) continue;
    const [, close, name, attributes, empty] = /^<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*)\s*(\/?)>$/.exec(tag) ?? [];
    expect(name, tag).toBeDefined();
    expect(attributes).toBeDefined();
    if (close) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name!);
    seen.push(name!);
  }
  expect(open).toEqual([]);
  return seen;
}

describe("names stay text", () => {
  test("SVG is well-formed and has no elements but ours", () => {
    for (const graph of [graphOf(hostile), network("cifar", "resnet20"), network("densenet", "densenet40")]) {
      const seen = checkXml(draw({ ...graph, name: `<b onload="x">` }, { format: "svg", facts: "<i>" }));
      expect(new Set(seen)).toEqual(new Set(["svg", "rect", "text", "tspan", "g", "path", "title", ...(seen.includes("circle") ? ["circle"] : [])]));
    }
  });
  test("HTML has one script, ours", () => {
    const page = draw({ ...graphOf(hostile), name: "</title><script>" }, { format: "html", facts: "" });
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("alert(1)<");
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/(?:src|href)="|@import|url\(/);
  });
  test("DOT quotes", () => {
    expect(dotString('a"b\\')).toBe('"a\\"b\\\\"');
    const text = draw({ ...graphOf(hostile), name: 'x" ]; evil' }, { format: "dot", facts: "" });
    // Outside of quoted strings there are only the words of the language.
    expect(text.replace(/"(?:[^"\\]|\\.)*"/gs, "S").replace(/\b(?:digraph|subgraph|label|labelloc|labeljust|rankdir|compound|fontname|fontsize|fontcolor|node|edge|shape|style|color|fillcolor|penwidth|constraint|ltail|lhead|point|circle|box|false|true|t|l|TB)\b/g, "").replace(/[\s\d.S={};,[\]>-]/g, "")).toBe("");
  });
  test("what XML forbids becomes a replacement character", () => {
    expect(xml(`a<\u0000\ud800\u001b&"'>`)).toBe("a&#60;\ufffd\ufffd\ufffd&#38;&#34;&#39;&#62;");
  });
  test.each(Object.keys(formats) as Format[])("%s of an MLP, golden", async (format) => {
    await expect(draw(network("mlp", "mlp"), { format, facts: "17,290 parameters · 17.0 k MACs" })).toMatchFileSnapshot(`golden/mlp.${format}`);
  });
});
