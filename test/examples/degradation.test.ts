// `npm run degradation`: with hardly any steps it does all that it does with many; what is committed is what it last wrote.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { curvePicture, depthPicture, tables } from "../../examples/degradation/report.ts";
import { GUESSING, lastLoss, seedsOf, spreadOf, type Experiment, type Result } from "../../examples/degradation/results.ts";
import { full, kinds, quick, runsOf, type Kind } from "../../examples/degradation/runs.ts";

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
}, 300_000); // nine processes, each of which compiles

const committed = (name: string): string => readFileSync(join(root, "examples", "degradation", name), "utf8");

describe("what is committed", () => {
  const e = JSON.parse(committed("degradation.json")) as Experiment;
  const error = (kind: Kind, depth: number): number => spreadOf(seedsOf(e, "depth", kind, depth).map((r) => r.trainError)).mean;

  test("is of the full settings, and pictures and tables show it", () => {
    expect(e.settings).toEqual(full);
    expect(e.results.map((r) => r.name)).toEqual(runsOf(full).map((r) => r.name));
    expect(committed("degradation.svg")).toBe(depthPicture(e));
    expect(committed("curves.svg")).toBe(curvePicture(e));
    for (const line of tables(e).split("\n")) expect(committed("README.md")).toContain(line);
  });
  test("depth harms plain networks, not residual ones", () => {
    expect(error("plain", 56)).toBeGreaterThan(error("plain", 20));
    expect(error("residual", 56)).toBeLessThanOrEqual(error("residual", 20));
  });
  test.each([["depth", 110], ["thousand", full.thousand.depth]] as const)("%s: of %i layers the residual networks halve the loss, the plain ones do not", (part, depth) => {
    const [plain, residual] = kinds.map((kind) => seedsOf(e, part, kind, depth).map(lastLoss));
    expect([plain!.length > 0, plain!.every((loss) => loss > GUESSING / 2)]).toEqual([true, true]);
    expect([residual!.length > 0, residual!.every((loss) => loss < GUESSING / 2)]).toEqual([true, true]);
  });
  test.each(full.deepen.to)("a residual network deepened to %i layers is the shallow one, and after training on no worse", (depth) => {
    const runs = seedsOf(e, "deepen", "residual", depth);
    expect(runs.map((r) => r.start!.unchanged)).toEqual(Array(full.seeds).fill(true));
    expect(spreadOf(runs.map((r) => r.trainError)).mean).toBeLessThanOrEqual(error("residual", full.deepen.from));
  });
});
