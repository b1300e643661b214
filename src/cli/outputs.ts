// The outputs of one input, as text: classes with their probabilities where an output is a row of scores, else a few values.
import { table } from "./table.ts";

interface Signature {
  readonly name: string;
  readonly shape: readonly number[];
}

const TOP = 5;
const SHOWN = 8;

export function showOutputs(signatures: readonly Signature[], values: Readonly<Record<string, Float32Array>>, json: boolean): string {
  if (json) {
    // JSON has no NaN and no infinities: they become null.
    return `${JSON.stringify({ outputs: Object.fromEntries(signatures.map((s) => [s.name, { shape: s.shape, values: [...values[s.name]!] }])) }, null, 2)}\n`;
  }
  return signatures.map((s) => `${s.name} [${s.shape.join(", ")}]\n${s.shape.length === 1 && s.shape[0]! > 1 ? classes(values[s.name]!) : summary(values[s.name]!)}`).join("\n");
}

function classes(scores: Float32Array): string {
  const probabilities = areProbabilities(scores) ? [...scores] : softmax(scores);
  const best = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, TOP);
  const right = { align: "right" } as const;
  return table([{ title: "class", ...right }, { title: "score", ...right }, { title: "probability", ...right }], best.map((i) => [String(i), scores[i]!.toPrecision(6), `${(100 * probabilities[i]!).toFixed(2)} %`]));
}

function areProbabilities(scores: Float32Array): boolean {
  return scores.every((s) => s >= 0 && s <= 1) && Math.abs(scores.reduce((a, b) => a + b, 0) - 1) < 1e-4;
}

function softmax(scores: Float32Array): number[] {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = [...scores].map((s) => Math.exp(s - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

function summary(values: Float32Array): string {
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
    sum += v;
  }
  const first = [...values.subarray(0, SHOWN)].map((v) => v.toPrecision(6)).join(", ");
  return `${first}${values.length > SHOWN ? ", …" : ""}\nfrom ${low.toPrecision(6)} to ${high.toPrecision(6)}, mean ${(sum / values.length).toPrecision(6)}\n`;
}
