// A child process of the bench: loads one engine with one network when asked, answers how long things took. Bundled and run by plain
// Node beside the installed peers, so that neither a TypeScript loader nor the compiler is in its times and its memory.
import { readFileSync } from "node:fs";
import { engines, readNumbers, type Run } from "./engines.ts";
import { recordKernels, takeKernelTimes } from "./kernel-times.ts";
import { pipelines } from "./pipelines.ts";
import type { Answer, Job, PageEngine, Question } from "./protocol.ts";

let run: Run | null = null;

async function start(job: Job): Promise<Answer> {
  const image = readNumbers(job.image);
  if (job.kernels) recordKernels();
  const begin = performance.now();
  run = await engines[job.engine as Exclude<Job["engine"], PageEngine>](job, image);
  const output = (await run()).slice();
  takeKernelTimes();
  return { kind: "started", firstResult: performance.now() - begin, output, pipelines: pipelines() };
}

async function turn(milliseconds: number, runs: number): Promise<Answer> {
  const times: number[] = [];
  const kernels: number[][] = [];
  const end = performance.now() + milliseconds;
  for (let now = performance.now(); now < end || times.length < runs; ) {
    await run!();
    const after = performance.now();
    times.push(after - now);
    const calls = takeKernelTimes();
    if (calls.length > 0) kernels.push(calls);
    now = performance.now();
  }
  return { kind: "times", times, kernels };
}

/** The most that the process ever held, Node included. */
function memory(): Answer {
  let kilobytes: number;
  try {
    kilobytes = Number(/VmHWM:\s*(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]);
  } catch {
    kilobytes = process.resourceUsage().maxRSS;
  }
  return { kind: "memory", megabytes: kilobytes / 1024 };
}

process.on("message", async (question: Question) => {
  let answer: Answer;
  try {
    answer = question.kind === "start" ? await start(question.job) : question.kind === "turn" ? await turn(question.milliseconds, question.runs) : memory();
  } catch (e) {
    answer = { kind: "failed", message: e instanceof Error ? e.message : String(e) };
  }
  process.send!(answer);
});
process.on("disconnect", () => process.exit()); // also where an engine's threads would keep the process
