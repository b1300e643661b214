// A small network and its data, for the tests of `rnc train`.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LogRecord } from "../../src/data/log.ts";
import { bin, folder, rnc, type Result } from "./rnc.ts";

export const SIDE = 6;

/** With all that draws at random or remembers: dropout, batch norm, momentum, augmentation. */
export function program(lines = "", optimizer = "sgd(lr = 0.05, momentum = 0.9, decay = 1e-4)"): string {
  return `model tiny {
  input x: [1, ${SIDE}, ${SIDE}]
  conv(4, 3) -> bn -> relu
  skip { conv(4, 3) -> bn -> relu -> conv(4, 3) -> bn }
  relu -> dropout(0.1) -> flatten -> dense(3)
  output y: [3]
}

train tiny {
  loss      = cross_entropy(y)
  optimizer = ${optimizer}
  schedule  = cosine
  augment   = shift(1) -> hflip
  batch     = 8
  steps     = 40
${lines}}
`;
}

/** Images with one bright row, whose number tells the label; some noise. */
export function rows(count: number, seed: number): string {
  let state = seed;
  const noise = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  return Array.from({ length: count }, (_, i) => {
    const label = i % 3;
    const pixels = Array.from({ length: SIDE * SIDE }, (_, p) => ((Math.floor(p / SIDE) === 2 * label ? 2 : 0) + noise()).toFixed(3));
    return `${pixels.join(",")},${label}\n`;
  }).join("");
}

/** A folder with tiny.rn, learn.csv and unseen.csv. */
export function workplace(text = program()): string {
  const at = folder();
  writeFileSync(join(at, "tiny.rn"), text);
  writeFileSync(join(at, "learn.csv"), rows(53, 1));
  writeFileSync(join(at, "unseen.csv"), rows(21, 2));
  return at;
}

const data = ["tiny.rn", "--data", "csv:learn.csv", "--eval", "csv:unseen.csv", "--mean", "0.8", "--std", "0.7"];

export function train(cwd: string, ...args: string[]): Result {
  return rnc(["train", ...data, ...args], { cwd });
}

export function startTraining(cwd: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [bin, "train", ...data, ...args], { cwd, stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
}

export function logOf(run: string): readonly LogRecord[] {
  return readFileSync(join(run, "log.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as LogRecord);
}

/** The log without what a clock told. */
export function timeless(run: string): readonly LogRecord[] {
  return logOf(run).map(({ imagesPerSecond: _, ...rest }) => rest);
}

export function bytesOf(run: string, name: string): Buffer {
  return readFileSync(join(run, name));
}

/** Waits until the run's log has grown. */
export async function untilItLearns(run: string, child: ChildProcess): Promise<void> {
  const log = join(run, "log.jsonl");
  const size = (): number => (existsSync(log) ? readFileSync(log).length : 0);
  const before = size();
  while (size() === before && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 2));
}

export async function ended(child: ChildProcess): Promise<number | null> {
  return child.exitCode ?? new Promise((resolve) => child.once("exit", resolve));
}
