// Does data fit a model? Law: what does not is an error that names file, record and what was expected.
import { sizeOf, type DataSet, type Normalisation } from "../../data/dataset.ts";
import { failure } from "../exit.ts";

/** Does a sample of the data fit the model's input? A row of numbers fits any input of that many; pixels without a channel axis fit one channel. */
export function fits(sample: readonly number[], input: readonly number[]): boolean {
  const bare = (shape: readonly number[]): string => (shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape).join();
  if (sizeOf(sample) !== sizeOf(input)) return false;
  return sample.length === 1 || input.length === 1 || bare(sample) === bare(input);
}

/** The constants apply per channel: one of each, or one for all. */
export function checkNormalisation(n: Normalisation, channels: number, where: string): Normalisation {
  const spread = (list: readonly number[], what: string): readonly number[] => {
    if (list.length === channels) return list;
    if (list.length === 1) return Array.from({ length: channels }, () => list[0]!);
    throw failure(`${where}: ${list.length} values for ${what}, but the input has ${channels} channel${channels === 1 ? "" : "s"}`);
  };
  if (n.std.some((s) => !(s > 0 && Number.isFinite(s))) || n.mean.some((m) => !Number.isFinite(m))) throw failure(`${where}: every mean must be finite and every std positive`);
  return { mean: spread(n.mean, "mean"), std: spread(n.std, "std") };
}

/** Every label must be one of the model's classes. */
export function checkLabels(data: DataSet, classes: number, output: string): void {
  const wrong = data.labels.findIndex((l) => l < 0 || l >= classes);
  if (wrong >= 0) throw failure(`${data.place(wrong)}: label ${data.labels[wrong]}, but ${output} has ${classes} classes`);
}
