// Charts: scales that people can read, nothing that has no place, names that stay in their quotes; golden in both renderings.
import { describe, expect, test } from "vitest";
import type { LogRecord } from "../../src/data/log.ts";
import { Random } from "../../src/data/random.ts";
import { chart, figure } from "../../src/draw/chart.ts";
import { curves, curvesFigure, smooth } from "../../src/draw/curves.ts";
import type { Chart } from "../../src/draw/figure.ts";
import { decimal, makeScale, plain, type Kind } from "../../src/draw/scale.ts";
import { terminalFigure, type SeriesPaint, type TerminalSize } from "../../src/draw/terminal-chart.ts";
import { haveBrowser, launch } from "../harness/browser.ts";

const labels = (values: readonly number[], kind: Kind = "linear", round = true, most = 6): string => makeScale(values, { kind, most, round }).ticks.map((t) => t.label).join(" ");

describe("scales", () => {
  test("linear: steps of 1, 2, 5; numbers told apart", () => {
    expect(labels([0, 10])).toBe("0 2 4 6 8 10");
    expect(labels([0, 100])).toBe("0 20 40 60 80 100");
    expect(labels([0, 1])).toBe("0.0 0.2 0.4 0.6 0.8 1.0");
    expect(labels([0, 0.03])).toBe("0.000 0.005 0.010 0.015 0.020 0.025 0.030");
    expect(labels([0, 6])).toBe("0 1 2 3 4 5 6");
    expect(labels([-3, 4])).toBe("−4 −2 0 2 4");
    expect(labels([0, 23_456])).toBe("0 5,000 10,000 15,000 20,000 25,000");
    expect(labels([1, 23_456], "linear", false)).toBe("5,000 10,000 15,000 20,000");
    expect(labels([0, 1e300]).split(" ")).toHaveLength(6);
  });
  test("logarithmic: 1, 2, 5 in one decade or two, then powers, then some powers", () => {
    expect(labels([0.3, 2.5], "log")).toBe("0.2 0.5 1 2 5");
    expect(labels([0.01, 3], "log")).toBe("0.01 0.1 1 10");
    expect(labels([1e-12, 1], "log")).toBe("1e-12 1e-9 1e-6 0.001 1");
    expect(labels([1000, 1000], "log")).toBe("1,000 2,000");
    expect(labels([1e5, 2e6], "log")).toBe("100,000 200,000 500,000 1e6 2e6");
  });
  test("every value lies between the ends, every tick, too; what has no place has none", () => {
    const random = new Random(3);
    for (let i = 0; i < 2000; i++) {
      const kind = i % 2 === 0 ? "linear" : "log";
      const size = 10 ** Math.floor(random.between(-9, 9));
      const values = Array.from({ length: 1 + random.below(4) }, () => size * random.between(kind === "log" ? 0.001 : -1, 1));
      const scale = makeScale(values, { kind, most: 2 + random.below(8), round: i % 4 < 2 });
      for (const v of [...values, ...scale.ticks.map((t) => t.at)]) {
        expect(scale.place(v)).toBeGreaterThan(-1e-9);
        expect(scale.place(v)).toBeLessThan(1 + 1e-9);
      }
      expect(scale.place(NaN)).toBeNull();
      expect(scale.place(Infinity)).toBeNull();
      expect(new Set(scale.ticks.map((t) => t.label)).size).toBe(scale.ticks.length);
    }
    expect(makeScale([1, 2], { kind: "log", most: 5, round: true }).place(0)).toBeNull();
  });
  test("no value, and one", () => {
    expect(labels([])).toBe("0.0 0.2 0.4 0.6 0.8 1.0");
    expect(labels([NaN, -1], "log")).toBe("1 2 5 10");
    expect(labels([5])).not.toBe("");
    expect(labels([0])).not.toBe("");
  });
  test("numbers", () => {
    expect([decimal(1234567, 0), decimal(-0.001, 2), decimal(-1.5, 1), plain(1202), plain(0.25), plain(-1234.5), plain(1e-7)]).toEqual(["1,234,567", "0.00", "−1.5", "1,202", "0.25", "−1,234.5", "1e-7"]);
  });
});

const depth: Chart = {
  title: "Training error against depth", facts: "three seeds", x: { label: "layers", ticks: [20, 32, 44, 56] }, y: { label: "training error", unit: " %", include: [0] },
  series: [
    { name: "plain", points: [[20, 14], [32, 17], [44, 26], [56, 41]], spread: [[12, 17], [15, 20], [24, 29], [39, 44]], style: "dots" },
    { name: "residual", points: [[20, 12], [32, 11], [44, 10], [56, 9]], spread: [[11, 13], [10, 12], [9, 11], [8, 10]], style: "dots" },
  ],
};
const names = ["conv1", ...Array.from({ length: 8 }, (_, i) => `layer1.${i >> 1}.conv${(i % 2) + 1}`), "linear"];
const probe: Chart = {
  title: "Gradient norms at initialisation", x: { label: "layer", names }, y: { label: "gradient norm", kind: "log" },
  series: [{ name: "plain", points: names.map((_, i) => [i, 1 / 4 ** i]), style: "bars" }, { name: "residual", points: names.map((_, i) => [i, 1 / (2 + i)]), style: "bars" }],
};
const records: readonly LogRecord[] = Array.from({ length: 60 }, (_, i): LogRecord => {
  const wobble = ((i * 7) % 5) / 10;
  return { step: i + 1, loss: 2.3 / (1 + i / 5) + wobble / 10, accuracy: 1 - 0.9 / (1 + i / 6), lr: 0.1, ...((i + 1) % 20 === 0 ? { evalLoss: 2.3 / (1 + i / 4), evalError: 0.9 / (1 + i / 5) } : {}) };
});

describe("SVG", () => {
  test.each([["depth", chart(depth)], ["probe", chart(probe)], ["curves", curves("glyphs on glyphs:easy", records)]])("%s, golden", async (name, text) => {
    await expect(text).toMatchFileSnapshot(`golden/${name}.svg`);
  });
  test("no text gets out of its quotes", () => {
    const evil = `"><script>alert(1)</script>&'`;
    const text = chart({ title: evil, facts: evil, x: { label: evil, names: [evil, evil] }, y: { label: evil, unit: evil }, series: [{ name: evil, points: [[0, 1], [1, 2]] }] });
    expect(text).not.toContain("<script");
    expect(text.match(/&#60;script/g)!.length).toBeGreaterThan(6);
  });
  test("values without a place interrupt the line; one alone is a dot; nothing at all is a picture, too", () => {
    const line = (points: readonly (readonly [number, number])[], kind: Kind = "linear"): string[] => {
      const text = chart({ title: "", x: { label: "" }, y: { label: "", kind }, series: [{ name: "", points }] });
      expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
      return [...text.matchAll(/class="line s0" d="([^"]+)"/g)].map((m) => m[1]!.replace(/[\d.]+/g, "#"));
    };
    expect(line([[0, 1], [1, 2], [2, NaN], [3, 2], [4, Infinity], [5, 1], [6, 1]])).toEqual(["M# #L# #", "M# #h#", "M# #L# #"]);
    expect(line([[0, 1], [1, 0], [2, 3]], "log")).toEqual(["M# #h#", "M# #h#"]);
    expect(line([])).toEqual([]);
    expect(line([[0, NaN]])).toEqual([]);
  });
  test("a million steps stay small and keep their extremes", () => {
    const points = Array.from({ length: 200_000 }, (_, i) => [i, i === 77_777 ? 100 : (i * 31) % 7] as const);
    const text = chart({ title: "", x: { label: "" }, y: { label: "" }, series: [{ name: "", points }] });
    expect(text.length).toBeLessThan(100_000);
    const ys = [...text.matchAll(/class="line s0" d="M([^"]+)"/g)][0]![1]!.split("L").map((p) => Number(p.split(" ")[1]));
    expect(Math.min(...ys)).toBe(0);
  });
  test.skipIf(!haveBrowser)("a browser takes it as SVG, in both themes", async () => {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      for (const text of [chart(depth), chart(probe), figure(curvesFigure("run", records))]) {
        expect(await page.evaluate((t) => new DOMParser().parseFromString(t, "image/svg+xml").querySelector("parsererror")?.textContent ?? null, text)).toBeNull();
      }
      await page.setContent(chart(depth));
      const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.querySelector(".background")!).fill);
      await page.emulateMedia({ colorScheme: "light" });
      expect(await paper()).toBe("rgb(255, 255, 255)");
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await paper()).toBe("rgb(18, 22, 28)");
    } finally {
      await browser.close();
    }
  });
});

test("smoothing begins at the first value, follows, and survives what is not finite", () => {
  expect(smooth([[1, 8], [2, 8], [3, 8]], 5)).toEqual([[1, 8], [2, 8], [3, 8]]);
  const [first, second, third, fourth] = smooth([[1, 4], [2, 0], [3, NaN], [4, 0]], 2).map(([, y]) => y);
  expect([first, third]).toEqual([4, NaN]);
  expect(second).toBeCloseTo(4 / 3, 12);
  expect(fourth).toBeCloseTo(4 / 7, 12);
});

describe("in a terminal", () => {
  const terminalChart = ({ y, series, ...rest }: Chart, size: TerminalSize, paint?: SeriesPaint): string => terminalFigure({ ...rest, panels: [{ y, series }] }, size, paint);

  test("golden", async () => {
    const lines = (c: Chart): Chart => ({ ...c, series: c.series.map((s) => ({ ...s, style: "line" as const })) });
    const text = [terminalChart(depth, { columns: 72, rows: 10 }), terminalChart(lines(probe), { columns: 72, rows: 10 }), terminalFigure(curvesFigure("glyphs on glyphs:easy", records), { columns: 72, rows: 8 })];
    await expect(text.join("\n")).toMatchFileSnapshot("golden/charts.txt");
  });
  test("never wider than asked for, whatever the names; nothing reaches the terminal that could move its cursor", () => {
    const evil: Chart = { ...depth, title: "\u001b[2J", series: depth.series.map((s) => ({ ...s, name: `\u001b[1m${"long ".repeat(30)}` })) };
    for (const columns of [40, 80, 200]) {
      const text = terminalChart(evil, { columns, rows: 6 });
      expect(text).not.toContain("\u001b");
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
  test("paint is given the series' colours and nothing but braille and names", () => {
    const seen = new Set<number>();
    const plainText = terminalChart(depth, { columns: 60, rows: 8 });
    const painted = terminalChart(depth, { columns: 60, rows: 8 }, (colour, text) => {
      seen.add(colour);
      expect(text).toMatch(/^[\u2800-\u28ff]+$|^plain$|^residual$/);
      return `<${text}>`;
    });
    expect([...seen].sort()).toEqual([0, 1]);
    expect(painted.replace(/[<>]/g, "")).toBe(plainText);
  });
});
