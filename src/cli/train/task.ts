// What a network is trained for, as far as the command can feed it: one input, and one label for each sample.
import type { ExportCompilation } from "../../compiler/compilation.ts";
import type { Augmentation } from "../../data/augment.ts";
import { failure } from "../exit.ts";
import { onlyInput, outputsOf, type Signature } from "../signature.ts";

export interface Task {
  readonly input: Signature;
  /** The output of the form [classes] that the label is compared with. */
  readonly output: Signature;
  /** What the label is called. */
  readonly label: string;
  readonly augment: readonly Augmentation[];
}

export function taskOf(e: ExportCompilation): Task {
  const train = e.elaborated.train!;
  const input = onlyInput(e, "train");
  const [target] = train.targets;
  if (!target || train.targets.length > 1) throw failure(`${e.name} is trained with ${train.targets.map((t) => t.name).join(", ")}; rnc train feeds one label per sample`, byHand);
  const loss = train.losses.find((l) => l.target === target.name)!;
  if (loss.kind !== "cross_entropy") throw failure(`${e.name} is trained with ${loss.kind}(${loss.output}); the data that rnc train reads have labels, for cross_entropy`, byHand);
  const output = outputsOf(e).find((o) => o.name === loss.output)!;
  if (output.shape.length !== 1) throw failure(`${e.name}: ${output.name} is [${output.shape.join(", ")}]; rnc train feeds one label per sample, for an output of the form [classes]`, byHand);
  return { input, output, label: target.name, augment: train.augment };
}

const byHand = "feed it yourself: rnc compile --train makes a module with createTrainer";
