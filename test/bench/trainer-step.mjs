// A training step of a module compiled with --train, for the bench: like torch-step.py.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, threads, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const read = (name) => new Uint8Array(readFileSync(`${folder}/${name}`)); // a copy, aligned
const { createTrainer } = await import(pathToFileURL(`${folder}/resnet20.js`).href);
const trainer = await createTrainer({ weights: read("weights.safetensors"), batch: count, threads });
const image = new Float32Array(read("images.bin").buffer);
const label = new Int32Array(read("labels.bin").buffer);

for await (const line of createInterface({ input: process.stdin })) {
  const [losses, times] = [[], []];
  for (let i = 0; i < Number(line); i++) {
    const start = performance.now();
    losses.push((await trainer.step({ image, label })).loss);
    times.push(performance.now() - start);
  }
  const megabytes = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? process.resourceUsage().maxRSS) / 1024;
  console.log(JSON.stringify({ losses, times, megabytes, version: process.versions.node }));
}
trainer.dispose();
