// A training step in a child process of the bench: what it reads, and how it answers. Each line on stdin is a count of steps; a line of JSON
// answers with their losses, milliseconds, and the most memory held. torch-step.py does the same.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export const folder = process.argv[2];
export const threads = Number(process.argv[3]);
export const count = Number(process.argv[4]); // samples

export const read = (name) => new Uint8Array(readFileSync(`${folder}/${name}`)); // a copy, aligned

export const image = new Float32Array(read("images.bin").buffer).subarray(0, count * 3072);
export const label = new Int32Array(read("labels.bin").buffer).subarray(0, count);

/** The weights by name: shape and numbers. */
export function parameters() {
  const flat = new Float32Array(read("parameters.bin").buffer);
  return new Map(JSON.parse(readFileSync(`${folder}/parameters.json`, "utf8")).map(({ name, shape, size, offset }) => [name, { shape, data: flat.slice(offset, offset + size) }]));
}

/** `step` returns the loss. */
export async function answer(step) {
  for await (const line of createInterface({ input: process.stdin })) {
    const [losses, times] = [[], []];
    for (let i = 0; i < Number(line); i++) {
      const start = performance.now();
      losses.push(await step());
      times.push(performance.now() - start);
    }
    const megabytes = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? process.resourceUsage().maxRSS) / 1024;
    console.log(JSON.stringify({ losses, times, megabytes, version: process.versions.node }));
  }
}
