// What the runs say together: two pictures, and tables for README.md.
import { chart } from "../../src/draw/chart.ts";
import type { Series } from "../../src/draw/figure.ts";
import { GUESSING, lastLoss, seedsOf, spreadOf, type Experiment, type Result, type Spread } from "./results.ts";
import { kinds, type Kind } from "./runs.ts";

const colours = { plain: 1, residual: 0 } as const;

/** Error over depth: dots are means over the seeds, bars reach from the least to the largest. */
export function depthPicture(e: Experiment): string {
  const { depths, seeds, steps, data } = e.settings;
  const { batch } = e.results[0]!;
  const series = (kind: Kind, name: string, style: "dots" | "dashed", value: (r: Result) => number | null): Series => {
    const spreads = depths.map((d) => spreadOf(seedsOf(e, "depth", kind, d).map((r) => 100 * (value(r) ?? NaN))));
    return { name, style, colour: colours[kind], points: spreads.map((s, i) => [depths[i]!, s.mean]), ...(style === "dots" ? { spread: spreads.map((s) => [s.low, s.high]) } : {}) };
  };
  return chart({
    title: "Error over depth, plain and residual",
    facts: `after ${steps} steps of ${batch} images of ${data}; means and ranges of ${inWords(seeds)}`,
    x: { label: "layers", kind: "log", ticks: depths }, y: { label: "error", unit: " %", include: [0, 100] }, height: 320,
    series: [
      series("plain", "plain, training images", "dots", (r) => r.trainError), series("plain", "plain, unseen images", "dashed", (r) => r.testError),
      series("residual", "residual, training images", "dots", (r) => r.trainError), series("residual", "residual, unseen images", "dashed", (r) => r.testError),
    ],
  });
}

/** Loss over steps of the shallowest network and of 56 layers (or the second deepest), as in figure 6 of the paper: bands are seeds. */
export function curvePicture(e: Experiment): string {
  const { depths, seeds, data } = e.settings;
  const shown = [depths[0]!, depths.at(-2)!];
  const series = kinds.flatMap((kind) => shown.map((depth, i): Series => {
    const runs = seedsOf(e, "depth", kind, depth);
    const spreads = runs[0]!.curve.map((_, at) => spreadOf(runs.map((r) => r.curve[at]![1])));
    return {
      name: `${kind}-${depth}`, colour: colours[kind], style: i === 0 ? "dashed" : "line",
      points: spreads.map((s, at) => [runs[0]!.curve[at]![0], s.mean]), spread: spreads.map((s) => [s.low, s.high]),
    };
  }));
  return chart({ title: "Training loss", facts: `${data}; means and ranges of ${inWords(seeds)}`, x: { label: "step", include: [0] }, y: { label: "loss", include: [0] }, series, height: 320 });
}

function inWords(seeds: number): string {
  return seeds === 1 ? "one seed" : `${seeds} seeds`;
}

/** In Markdown. */
export function tables(e: Experiment): string {
  return [depthTable(e), thousandTable(e), deepenTable(e)].join("\n");
}

function depthTable(e: Experiment): string {
  const cells = (depth: number, kind: Kind): string[] => {
    const runs = seedsOf(e, "depth", kind, depth);
    return [percent(spreadOf(runs.map((r) => r.trainError))), percent(spreadOf(runs.map((r) => r.testError))), loss(spreadOf(runs.map(lastLoss)))];
  };
  const head = kinds.flatMap((k) => [`${k}: training error`, "unseen", "loss"]);
  return table(["layers", ...head], e.settings.depths.map((d) => [String(d), ...kinds.flatMap((k) => cells(d, k))]));
}

function thousandTable(e: Experiment): string {
  const { depth, data } = e.settings.thousand;
  const rows = kinds.flatMap((kind) => seedsOf(e, "thousand", kind, depth).map((r) => [
    `${kind}-${depth}, ${data}`, GUESSING.toFixed(2), ...(r.diverged === null ? [lastLoss(r).toFixed(2), percent(spreadOf([r.trainError]))] : [`none: ${r.diverged.split(":")[0]!}`, "–"]),
  ]));
  return table(["network", "loss of guessing", "loss at the end", "training error"], rows);
}

function deepenTable(e: Experiment): string {
  const { from, to } = e.settings.deepen;
  const rows = kinds.flatMap((kind) => to.map((depth) => {
    const runs = seedsOf(e, "deepen", kind, depth);
    const unchanged = runs.filter((r) => r.start!.unchanged).length;
    return [`${kind}-${from} → ${depth}`, `${unchanged} of ${runs.length}`, percent(spreadOf(runs.map((r) => r.start!.trainError))), percent(spreadOf(runs.map((r) => r.trainError))), percent(spreadOf(runs.map((r) => r.testError)))];
  }));
  return table(["deepened", "outputs unchanged to the bit", "training error before", "and after training on", "unseen"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** "12.3 % (11.0–13.5)" */
function percent({ mean, low, high }: Spread): string {
  const text = (v: number): string => (100 * v).toFixed(1);
  if (Number.isNaN(mean)) return "–";
  return low === high ? `${text(mean)} %` : `${text(mean)} % (${text(low)}–${text(high)})`;
}

function loss({ mean, low, high }: Spread): string {
  return low === high ? mean.toFixed(2) : `${mean.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}
