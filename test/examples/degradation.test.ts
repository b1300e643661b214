// `npm run degradation`: with hardly any steps it does all that it does with many; what is committed is what it last wrote.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { curvePicture, depthPicture, tables } from "../../examples/degradation/report.ts";
import { GUESSING, lastLoss, seedsOf, spreadOf, type Experiment, type Result } from "../../examples/degradation/results.ts";
import { full, kinds, quick, runsOf } from "../../examples/degradation/runs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "rnlang-degradation-"));
afterAll(() => rmSync(work, { recursive: true }));

function run(jobs: number): Experiment {
  execFileSync(process.execPath, ["--import", "tsx", "examples/degradation/run.ts", "--quick", "--work", work, "--jobs", String(jobs)], { cwd: root, stdio: "pipe" });
  return JSON.parse(readFileSync(join(work, "degradation.json"), "utf8")) as Experiment;
}
const timeless = (results: readonly Result[]): unknown => results.map(({ cpuSeconds: _, ...rest }) => rest);

test("every run is made; one that is missing is made again and is the same; deeper residual networks begin as the shallow one", () => {
  const first = run(2);
  expect(first.results.map((r) => r.name)).toEqual(runsOf(quick).map((r) => r.name));
  for (const r of first.results) expect([r.curve.at(-1)![0], r.curve.every(([, loss]) => loss > 0)], r.name).toEqual([r.steps, true]);
  const deepened = first.results.filter((r) => r.part === "deepen");
  expect(deepened.map((r) => [r.kind, r.start!.unchanged])).toEqual([["plain", false], ["residual", true]]);
  rmSync(join(work, `${deepened[1]!.name}.json`));
  expect(timeless(run(1).results)).toEqual(timeless(first.results));
});

const committed = (name: string): string => readFileSync(join(root, "examples", "degradation", name), "utf8");
const e = JSON.parse(committed("degradation.json")) as Experiment;

test("the committed numbers are of the full settings, and pictures and tables show them", () => {
  expect(e.settings).toEqual(full);
  expect(e.results.map((r) => r.name)).toEqual(runsOf(full).map((r) => r.name));
  expect(committed("degradation.svg")).toBe(depthPicture(e));
  expect(committed("curves.svg")).toBe(curvePicture(e));
  for (const line of tables(e).split("\n")) expect(committed("README.md")).toContain(line);
});

const error = (kind: "plain" | "residual", depth: number): number => spreadOf(seedsOf(e, "depth", kind, depth).map((r) => r.trainError)).mean;

test("what they show: depth harms plain networks, not residual ones", () => {
  expect(error("plain", 56)).toBeGreaterThan(error("plain", 20));
  expect(error("residual", 56)).toBeLessThanOrEqual(error("residual", 20));
  for (const part of ["depth", "thousand"] as const) {
    const [plain, residual] = kinds.map((kind) => seedsOf(e, part, kind, part === "depth" ? 110 : full.thousand.depth));
    expect(plain!.every((r) => lastLoss(r) > GUESSING / 2), part).toBe(true);
    expect(residual!.every((r) => lastLoss(r) < GUESSING / 2), part).toBe(true);
  }
});

test("what they show: a deepened residual network is the shallow one and then no worse", () => {
  for (const depth of full.deepen.to) {
    const runs = seedsOf(e, "deepen", "residual", depth);
    expect(runs.every((r) => r.start!.unchanged)).toBe(true);
    expect(spreadOf(runs.map((r) => r.trainError)).mean).toBeLessThanOrEqual(error("residual", full.deepen.from));
  }
});
