// `curves.svg` of a training run: the loss, and the error on unseen samples, over the steps.
import type { LogRecord } from "../data/log.ts";
import { figure } from "./chart.ts";
import type { Figure, Panel, Series } from "./figure.ts";
import { decimal } from "./scale.ts";

type Points = Series["points"];

/** The picture as SVG; `title` names the run. */
export function curves(title: string, records: readonly LogRecord[]): string {
  return figure(curvesFigure(title, records));
}

/** The same for any rendering. */
export function curvesFigure(title: string, records: readonly LogRecord[]): Figure {
  const error = errorPanel(records);
  const panels = [lossPanel(records), ...(error.series.length === 0 ? [] : [error])];
  return { title, facts: facts(records), x: { label: "step", include: [0] }, panels };
}

function pick(records: readonly LogRecord[], value: (r: LogRecord) => number | undefined): Points {
  return records.flatMap((r) => {
    const v = value(r);
    return v === undefined ? [] : [[r.step, v] as const];
  });
}

function lossPanel(records: readonly LogRecord[]): Panel {
  const raw = pick(records, (r) => r.loss);
  const unseen = pick(records, (r) => r.evalLoss);
  const series: Series[] = [{ name: "", points: raw, style: "faint", colour: 0 }, { name: "training loss", points: smooth(raw), colour: 0 }];
  if (unseen.length > 0) series.push({ name: "loss on unseen samples", points: unseen, style: "dots", colour: 1 });
  return { y: { label: "loss", kind: "log" }, series, height: 240 };
}

function errorPanel(records: readonly LogRecord[]): Panel {
  const seen = pick(records, (r) => (r.accuracy === undefined ? undefined : 100 * (1 - r.accuracy)));
  const unseen = pick(records, (r) => (r.evalError === undefined ? undefined : 100 * r.evalError));
  const series: Series[] = [];
  if (seen.length > 0) series.push({ name: "", points: seen, style: "faint", colour: 0 }, { name: "training error", points: smooth(seen), colour: 0 });
  if (unseen.length > 0) series.push({ name: "error on unseen samples", points: unseen, style: "dots", colour: 1 });
  return { y: { label: "error", unit: " %", include: [0] }, series, height: 200 };
}

/** "2,000 steps · loss 0.05 · 0.60 % wrong of unseen samples" */
function facts(records: readonly LogRecord[]): string {
  const last = records.at(-1);
  const loss = records.findLast((r) => r.loss !== undefined)?.loss;
  const error = records.findLast((r) => r.evalError !== undefined)?.evalError;
  return [
    `${decimal(last?.step ?? 0, 0)} steps`,
    ...(loss === undefined ? [] : [`loss ${Number.isFinite(loss) ? loss.toPrecision(3) : "not finite"}`]),
    ...(error === undefined ? [] : [`${(100 * error).toFixed(2)} % wrong of unseen samples`]),
  ].join(" · ");
}

/**
 * A running mean whose memory is a fiftieth of the run (at least 5 records): mₖ = a·mₖ₋₁ + (1 − a)·yₖ, divided by what its weights sum
 * to, so that it begins at the first value. Values that are not finite pass as they are and are not remembered.
 */
export function smooth(points: Points, memory = Math.max(5, points.length / 50)): Points {
  const a = 1 - 1 / memory;
  let sum = 0;
  let weight = 0;
  return points.map(([x, y]) => {
    if (!Number.isFinite(y)) return [x, y] as const;
    sum = a * sum + (1 - a) * y;
    weight = a * weight + (1 - a);
    return [x, sum / weight] as const;
  });
}
