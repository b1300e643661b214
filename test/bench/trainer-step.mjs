// A training step of a module compiled with --train, for the bench.
import { pathToFileURL } from "node:url";
import { answer, count, folder, image, label, read, threads } from "./step-child.mjs";

const { createTrainer } = await import(pathToFileURL(`${folder}/resnet20.js`).href);
const trainer = await createTrainer({ weights: read("weights.safetensors"), batch: count, threads });

await answer(async () => (await trainer.step({ image, label })).loss);
trainer.dispose();
